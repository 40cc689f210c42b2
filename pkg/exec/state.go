package exec

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// stateful are the operators on resource variables, which are the session's: what they give is known when they run.
var stateful = []string{"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"}

func isState(n *ir.Node) bool { return slices.Contains(stateful, n.Op) }

// state is what nodes of any graph keep for others. It is forgotten before each run, so that runs do not depend on each other: a variable has no content until something is
// assigned to it, and CALL_ONCE runs its graph again. TFLite's runtimes keep both from run to run, and so does a session that carries.
type state struct {
	names    []op.VarHandle // a handle's content is the position of its variable here
	contents []*tensor.Tensor
	assigned []bool
	called   map[int]bool // graphs that CALL_ONCE ran
}

func (s *state) forget() {
	clear(s.assigned)
	clear(s.called)
}

// handleSize is the size of a handle in bytes.
const handleSize = 4

// variable returns the position of the variable with a handle.
func (s *state) variable(handle *tensor.Tensor) (int, error) {
	if handle == nil || handle.DType != tensor.Resource || len(handle.Data) != handleSize {
		return 0, fmt.Errorf("input 0 is no handle of a variable")
	}
	return int(binary.LittleEndian.Uint32(handle.Data)), nil
}

// find returns the position of the variable with a name.
func (s *state) find(name op.VarHandle) int {
	at := slices.Index(s.names, name)
	if at < 0 {
		at = len(s.names)
		s.names, s.contents, s.assigned = append(s.names, name), append(s.contents, &tensor.Tensor{}), append(s.assigned, false)
	}
	return at
}

// onState runs an operator on variables.
func (s *Session) onState(n *ir.Node, c *op.Call) error {
	if a, ok := n.Attr.(*op.VarHandle); ok {
		if err := s.resize(c.Out[0], ir.Type{DType: tensor.Resource}); err != nil {
			return err
		}
		binary.LittleEndian.PutUint32(c.Out[0].Data, uint32(s.state.find(*a)))
		return nil
	}
	at, err := s.state.variable(c.In[0])
	if err != nil {
		return err
	}
	content := s.state.contents[at : at+1]
	if n.Op == "ASSIGN_VARIABLE" {
		s.state.assigned[at] = true
		return s.copyAll(content, c.In[1:])
	}
	name, want := s.state.names[at].SharedName, n.Outputs[0].Type.DType
	if !s.state.assigned[at] {
		return fmt.Errorf("the variable %q is read before anything was assigned to it", name)
	}
	if have := content[0].DType; have != want {
		return fmt.Errorf("the variable %q holds %v, want %v", name, have, want)
	}
	return s.copyAll(c.Out, content)
}

// once runs the graph of a CALL_ONCE unless that was done in this run, or in an earlier one whose state is kept.
func (s *Session) once(graph int) error {
	if s.state.called[graph] {
		return nil
	}
	if s.state.called == nil {
		s.state.called = map[int]bool{}
	}
	s.state.called[graph] = true
	if _, err := s.graph(graph, nil, nil); err != nil {
		return fmt.Errorf("graph %d: %w", graph, err)
	}
	return nil
}
