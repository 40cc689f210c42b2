package exec

import (
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// tabulate makes a table of a step of two int8 operands of which one is a function of the other, element by element, as in x · logistic(x): the result has 256 values at most.
// What makes the other operand is spare if nothing else reads that.
func (c *compiler) tabulate(s *step) error {
	if len(s.in) != 2 || !c.pointwise(s) {
		return nil
	}
	for from, root := range s.in {
		other := s.in[1-from]
		maker := c.maker(other)
		if maker == nil || len(maker.in) != 1 || maker.in[0] != root || !c.pointwise(maker) {
			continue
		}
		all := newBytes()
		for i, x := 0, tensor.View[int8](all); i < len(x); i++ {
			x[i] = int8(i - 128)
		}
		made, err := onBytes(maker, all)
		if err != nil {
			return err
		}
		in := [2]*tensor.Tensor{all, made}
		if from == 1 {
			in = [2]*tensor.Tensor{made, all}
		}
		result, err := onBytes(s, in[:]...)
		if err != nil {
			return err
		}
		of := tensor.View[int8](result)
		table := kernel.NewS8Table(func(q int32) int32 { return int32(of[q+128]) }, -128, 127)
		s.kernel = func(c *op.Call) error {
			table.Apply(tensor.View[int8](c.Out[0]), tensor.View[int8](c.In[from]))
			return nil
		}
		maker.spare = maker.spare || c.plan.slots[other].uses == 1
		return nil
	}
	return nil
}

// pointwise reports whether each int8 of a step's one result follows from those at its place in the operands.
func (c *compiler) pointwise(s *step) bool {
	if !s.op.Over || s.kernel == nil || len(s.out) != 1 {
		return false
	}
	out := c.plan.slots[s.out[0]].static
	if out == nil || out.DType != tensor.Int8 {
		return false
	}
	for _, i := range s.in {
		if i < 0 {
			return false
		}
		if t := c.plan.slots[i].static; t == nil || t.DType != tensor.Int8 || !t.Shape.Equal(out.Shape) {
			return false
		}
	}
	return true
}

// maker returns the step that makes the value of a slot, nil if there is none yet.
func (c *compiler) maker(slot int) *step {
	for k := range c.plan.steps {
		s := &c.plan.steps[k]
		if len(s.out) == 1 && s.out[0] == slot {
			return s
		}
	}
	return nil
}

func newBytes() *tensor.Tensor { return tensor.New(tensor.Int8, tensor.Shape{256}) }

// onBytes runs a step on other operands than its own, of 256 elements each.
func onBytes(s *step, in ...*tensor.Tensor) (*tensor.Tensor, error) {
	types := make([]*tensor.Tensor, len(in))
	for i, t := range in {
		types[i] = &tensor.Tensor{DType: t.DType, Shape: t.Shape}
	}
	out := newBytes()
	run, err := s.op.Kernel(s.node, types, []*tensor.Tensor{{DType: out.DType, Shape: out.Shape}})
	if err != nil {
		return nil, err
	}
	return out, run(&op.Call{Node: s.node, In: in, Out: []*tensor.Tensor{out}})
}
