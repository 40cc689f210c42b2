package exec

import (
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
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
	case *op.CallOnce:
		return []int{a.Init}
	}
	return nil
}

func isControl(n *ir.Node) bool { return callees(n) != nil }

// loop holds the variables of a WHILE: two sets, of which one is read while the other is written.
type loop struct {
	vars, next   []*tensor.Tensor
	known, after []knownRange // of the variables, and of what they are next, where somebody sees them
}

// knownRange is the range of a tensor of float32, if it is known.
type knownRange struct {
	kernel.F32Range
	ok    bool
	stays bool // the tensor is counted by somebody else, who knows how often it is seen
}

// callers returns how often the nodes of some graphs name each graph of a model.
func callers(m *ir.Model, graphs []int) []int {
	count := make([]int, len(m.Graphs))
	for _, i := range graphs {
		for _, n := range m.Graphs[i].Nodes {
			for _, callee := range callees(n) {
				count[callee]++
			}
		}
	}
	return count
}

// control plans WHILE, IF and CALL_ONCE and compiles the graphs that they run, after checking that these have matching inputs and outputs. Results are dynamic, unless their types follow from
// those of the operands.
func (c *compiler) control(s *step) error {
	m := c.program.model
	check := func(graph, in, out int) error {
		if g := m.Graphs[graph]; len(g.Inputs) != in || len(g.Outputs) != out {
			return fmt.Errorf("graph %d takes %d values and gives %d, want %d and %d", graph, len(g.Inputs), len(g.Outputs), in, out)
		}
		return nil
	}
	operands := s.in
	switch a := s.node.Attr.(type) {
	case *op.CallOnce:
		if err := check(a.Init, 0, len(m.Graphs[a.Init].Outputs)); err != nil {
			return err
		}
	case *op.While:
		n := len(s.in)
		if len(s.out) != n {
			return fmt.Errorf("has %d inputs and %d outputs", n, len(s.out))
		}
		if err := errors.Join(check(a.Cond, n, 1), check(a.Body, n, n)); err != nil {
			return err
		}
	case *op.If:
		if len(s.in) == 0 {
			return errors.New("has no condition")
		}
		operands = s.in[1:]
		if err := errors.Join(check(a.Then, len(operands), len(s.out)), check(a.Else, len(operands), len(s.out))); err != nil {
			return err
		}
	}
	results, err := c.called(s.node, operands)
	if err != nil {
		return err
	}
	for j, t := range results {
		sl := &c.plan.slots[s.out[j]]
		sl.static, sl.place, sl.sole = t, planned, true
	}
	c.plan.steps = append(c.plan.steps, *s)
	return nil
}

// called compiles the graphs that a node runs on the given slots. If the types of its results follow, it returns them.
func (c *compiler) called(n *ir.Node, operands []int) ([]*tensor.Tensor, error) {
	before := slices.Clone(c.program.plans)
	if results := c.settled(n, operands); results != nil {
		return results, nil
	}
	copy(c.program.plans, before)
	free := *c
	free.free = true
	for _, g := range callees(n) {
		if c.program.plans[g] == nil {
			if err := free.graphPlan(g, nil); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// settled compiles the graphs that a node runs for the types of its operands, and returns the types of its results: nil if some are not known, or change from one iteration to the next.
// So it does if a graph does not fit these types, which is no fault until it runs.
func (c *compiler) settled(n *ir.Node, operands []int) []*tensor.Tensor {
	var shapes []tensor.Shape
	var types []*tensor.Tensor
	for _, i := range operands {
		if i < 0 || c.plan.slots[i].static == nil {
			return nil
		}
		t := c.plan.slots[i].static
		shapes, types = append(shapes, append(tensor.Shape{}, t.Shape...)), append(types, &tensor.Tensor{DType: t.DType, Shape: t.Shape})
	}
	own := *c
	own.free = false
	for _, g := range callees(n) {
		for j, v := range c.program.model.Graphs[g].Inputs {
			if v.Type.DType != types[j].DType {
				return nil
			}
		}
		if c.callers[g] > 1 || own.graphPlan(g, shapes) != nil {
			return nil
		}
	}
	switch a := n.Attr.(type) {
	case *op.While:
		if given := c.program.plans[a.Body].results(); sameTypes(given, types) {
			return types
		}
	case *op.If:
		if given := c.program.plans[a.Then].results(); sameTypes(given, c.program.plans[a.Else].results()) {
			return given
		}
	}
	return nil
}

// results returns the types of a graph's results, with nil for those that are not known.
func (p *plan) results() []*tensor.Tensor {
	types := make([]*tensor.Tensor, len(p.output))
	for j, i := range p.output {
		if t := p.slots[i].static; t != nil {
			types[j] = &tensor.Tensor{DType: t.DType, Shape: t.Shape}
		}
	}
	return types
}

// sameTypes reports whether all types are known and the same.
func sameTypes(a, b []*tensor.Tensor) bool {
	return slices.EqualFunc(a, b, func(x, y *tensor.Tensor) bool {
		return x != nil && y != nil && x.DType == y.DType && x.Shape.Equal(y.Shape)
	})
}

func (s *Session) control(f *frame, st *step, c *op.Call, k int) error {
	for j, t := range c.In {
		if t == nil {
			return fmt.Errorf("input %d is absent", j)
		}
	}
	switch a := st.node.Attr.(type) {
	case *op.CallOnce:
		return s.once(a.Init)
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
		out, err := s.graph(branch, c.In[1:], nil)
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
		l.known, l.after = make([]knownRange, len(c.In)), make([]knownRange, len(c.In))
		f.loops[k] = l
	}
	if err := s.copyAll(l.vars, c.In); err != nil {
		return err
	}
	clear(l.known)
	body := s.frames[a.Body].plan
	for n := range maxIterations {
		if s.recorder != nil || s.observer != nil {
			l.measure()
			for j := range l.known {
				l.known[j].stays = s.recorder != nil && l.known[j].ok && body.makers[j] == j
			}
		}
		out, err := s.graph(a.Cond, l.vars, l.known)
		if err != nil {
			return fmt.Errorf("condition, graph %d: %w", a.Cond, err)
		}
		yes, err := truth(out[0])
		if err != nil {
			return fmt.Errorf("condition, graph %d: %w", a.Cond, err)
		}
		if !yes {
			s.countStaying(l, s.frames[a.Cond].plan, n+1)
			s.countStaying(l, body, n)
			return s.copyAll(c.Out, l.vars)
		}
		if out, err = s.graph(a.Body, l.vars, l.known); err != nil {
			return fmt.Errorf("body, graph %d: %w", a.Body, err)
		}
		if err := s.copyAll(l.next, out); err != nil {
			return err
		}
		s.frames[a.Body].outputRanges(l.after, l.known)
		l.vars, l.next, l.known, l.after = l.next, l.vars, l.after, l.known
	}
	return fmt.Errorf("did not end after %d iterations", maxIterations)
}

// countStaying counts the variables that are the same in all iterations, in a graph that ran so many times.
func (s *Session) countStaying(l *loop, p *plan, times int) {
	for j, t := range l.vars {
		sl := &p.slots[p.inputs[j]]
		if !l.known[j].stays || !s.sees(sl) {
			continue
		}
		if tally := s.tally(sl); tally != nil {
			s.counter.AddTimes(tally, tensor.View[float32](t), l.known[j].F32Range, times)
		}
	}
}

// measure finds the ranges of variables that are not known, for both graphs of the loop.
func (l *loop) measure() {
	for j, t := range l.vars {
		if t.DType == tensor.Float32 && !l.known[j].ok {
			l.known[j] = knownRange{F32Range: kernel.F32MinMax(tensor.View[float32](t)), ok: true}
		}
	}
}

// outputRanges stores what is known of the ranges of the graph's results, whose inputs had the given ranges.
func (f *frame) outputRanges(results, inputs []knownRange) {
	for j, from := range f.plan.makers {
		results[j] = knownRange{}
		switch t := f.tensors[f.plan.output[j]]; {
		case from < 0 || t.DType != tensor.Float32:
		case from < len(inputs):
			results[j] = inputs[from]
		default:
			r, ok := f.calls[from-len(inputs)].Seen.Range(len(t.Data) / 4)
			results[j] = knownRange{F32Range: r, ok: ok}
		}
	}
}

// copyAll copies contents; the memory of the two lists must not overlap.
func (s *Session) copyAll(to, from []*tensor.Tensor) error {
	for i, t := range from {
		if to[i].DType == t.DType && len(to[i].Data) == len(t.Data) && t.Data != nil { // as in all iterations but the first of most loops
			to[i].Shape = t.Shape
		} else if err := s.resize(to[i], ir.Type{DType: t.DType, Shape: t.Shape}); err != nil {
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
