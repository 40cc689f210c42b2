package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// selects are the operators that choose between two tensors.
var selects = []Op{
	{
		Name: "SELECT", Doc: "Input 1 where input 0 is true, else input 2; input 0 may be one truth value, or one for each index of the first dimension.",
		In: Exactly(3), Out: Exactly(1), Infer: inferSelect, Eval: evalSelect,
	},
	{
		Name: "SELECT_V2", Doc: "Input 1 where input 0 is true, else input 2; all three broadcast.",
		In: Exactly(3), Out: Exactly(1), Infer: inferSelectV2,
		Eval: func(c *Call) error {
			choose(c, c.In[0].Shape)
			return nil
		},
	},
}

func inferSelect(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	cond, x := o.tensor(0, tensor.Bool), o.tensor(1)
	o.tensor(2)
	o.same(1, 2)
	o.sameShape(1, 2)
	lead := len(cond.Shape) == 1 && len(x.Shape) > 0 && cond.Shape[0] == x.Shape[0]
	if cond.Shape.Elements() != 1 && !lead && !cond.Shape.Equal(x.Shape) {
		o.fail("condition of shape %v does not fit shape %v", cond.Shape, x.Shape)
	}
	return o.one(x.DType, x.Shape)
}

func evalSelect(c *Call) error {
	cond, x := c.In[0], c.In[1]
	var shape [kernel.MaxRank]int
	switch {
	case len(cond.Data) == 1:
		choose(c, nil)
	case len(cond.Shape) == 1 && len(x.Shape) > 1:
		for i := range x.Shape {
			shape[i] = 1
		}
		shape[0] = cond.Shape[0]
		choose(c, shape[:len(x.Shape)])
	default:
		choose(c, cond.Shape)
	}
	return nil
}

// choose selects by a condition that is read in the given shape.
func choose(c *Call, condShape []int) {
	x, y := c.In[1], c.In[2]
	kernel.Select(c.Out[0].Data, x.DType.Size(), tensor.View[bool](c.In[0]), condShape, x.Data, x.Shape, y.Data, y.Shape)
}

func inferSelectV2(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	cond, x, y := o.tensor(0, tensor.Bool), o.tensor(1), o.tensor(2)
	o.same(1, 2)
	shape, err := tensor.Broadcast(x.Shape, y.Shape)
	if err == nil {
		shape, err = tensor.Broadcast(cond.Shape, shape)
	}
	if err != nil {
		o.fail("%w", err)
	}
	return o.one(x.DType, shape)
}
