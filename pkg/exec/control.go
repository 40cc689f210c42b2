package exec

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// maxIterations bounds a WHILE, so that a condition that never fails ends in an error.
const maxIterations = 1 << 24

// callees returns the graphs that a node runs.
func callees(n *ir.Node) []int {
	switch a := n.Attr.(type) {
	case *op.While:
		return []int{a.Cond, a.Body}
	case *op.If:
		return []int{a.Then, a.Else}
	}
	return nil
}

func isControl(n *ir.Node) bool { return callees(n) != nil }

// loop holds the variables of a WHILE: two sets, of which one is read while the other is written.
type loop struct{ vars, next []*tensor.Tensor }

// control plans WHILE and IF, whose results are dynamic; it checks that the graphs that they run have matching inputs and outputs.
func (c *compiler) control(s *step) error {
	m := c.program.model
	check := func(graph, in, out int) error {
		if g := m.Graphs[graph]; len(g.Inputs) != in || len(g.Outputs) != out {
			return fmt.Errorf("graph %d takes %d values and gives %d, want %d and %d", graph, len(g.Inputs), len(g.Outputs), in, out)
		}
		return nil
	}
	c.plan.steps = append(c.plan.steps, *s)
	switch a := s.node.Attr.(type) {
	case *op.While:
		n := len(s.in)
		if len(s.out) != n {
			return fmt.Errorf("has %d inputs and %d outputs", n, len(s.out))
		}
		return errors.Join(check(a.Cond, n, 1), check(a.Body, n, n))
	case *op.If:
		if len(s.in) == 0 {
			return errors.New("has no condition")
		}
		return errors.Join(check(a.Then, len(s.in)-1, len(s.out)), check(a.Else, len(s.in)-1, len(s.out)))
	}
	return nil
}

func (s *Session) control(f *frame, st *step, c *op.Call, k int) error {
	for j, t := range c.In {
		if t == nil {
			return fmt.Errorf("input %d is absent", j)
		}
	}
	switch a := st.node.Attr.(type) {
	case *op.While:
		return s.while(f, a, c, k)
	case *op.If:
		yes, err := truth(c.In[0])
		if err != nil {
			return err
		}
		branch := a.Else
		if yes {
			branch = a.Then
		}
		out, err := s.graph(branch, c.In[1:])
		if err != nil {
			return fmt.Errorf("graph %d: %w", branch, err)
		}
		return s.copyAll(c.Out, out)
	}
	return nil
}

func (s *Session) while(f *frame, a *op.While, c *op.Call, k int) error {
	l := f.loops[k]
	if l == nil {
		l = &loop{}
		for range c.In {
			l.vars = append(l.vars, &tensor.Tensor{})
			l.next = append(l.next, &tensor.Tensor{})
		}
		f.loops[k] = l
	}
	if err := s.copyAll(l.vars, c.In); err != nil {
		return err
	}
	for range maxIterations {
		out, err := s.graph(a.Cond, l.vars)
		if err != nil {
			return fmt.Errorf("condition, graph %d: %w", a.Cond, err)
		}
		yes, err := truth(out[0])
		if err != nil {
			return fmt.Errorf("condition, graph %d: %w", a.Cond, err)
		}
		if !yes {
			return s.copyAll(c.Out, l.vars)
		}
		if out, err = s.graph(a.Body, l.vars); err != nil {
			return fmt.Errorf("body, graph %d: %w", a.Body, err)
		}
		if err := s.copyAll(l.next, out); err != nil {
			return err
		}
		l.vars, l.next = l.next, l.vars
	}
	return fmt.Errorf("did not end after %d iterations", maxIterations)
}

// copyAll copies contents; the memory of the two lists must not overlap.
func (s *Session) copyAll(to, from []*tensor.Tensor) error {
	for i, t := range from {
		if err := s.resize(to[i], ir.Type{DType: t.DType, Shape: t.Shape}); err != nil {
			return err
		}
		copy(to[i].Data, t.Data)
	}
	return nil
}

func truth(t *tensor.Tensor) (bool, error) {
	if t.DType != tensor.Bool || len(t.Data) != 1 {
		return false, fmt.Errorf("condition is %v%v, want one bool", t.DType, t.Shape)
	}
	return t.Data[0] != 0, nil
}
