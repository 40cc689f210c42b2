package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Concat are the attributes of CONCATENATION.
type Concat struct {
	Axis       int
	Activation Activation
}

// Pack are the attributes of PACK.
type Pack struct{ Count, Axis int }

// concats are the operators that join tensors.
var concats = []Op{
	{
		Name: "CONCATENATION", Doc: "All operands one behind the other along an axis.",
		In: AtLeast(1), Out: Exactly(1), Moves: true, Attr: attr[Concat], Infer: inferConcat, Eval: evalConcat,
	},
	{
		Name: "PACK", Doc: "All operands, which have one shape, one behind the other along a new axis.",
		In: AtLeast(1), Out: Exactly(1), Moves: true, Attr: attr[Pack], Infer: inferPack, Eval: evalPack,
	},
}

// manyParts is the number of tensors up to which they are joined and split without an allocation.
const manyParts = 64

func inferConcat(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	a := n.Attr.(*Concat)
	o := read(n, in)
	first := o.tensor(0)
	axis := o.axis(a.Axis, len(first.Shape))
	if a.Activation != None {
		o.fail("fused activation %v is not supported", a.Activation)
	}
	shape := first.Shape.Clone()
	for i := 1; i < len(in); i++ {
		t := o.tensor(i)
		o.same(0, i)
		if o.err != nil {
			return nil, o.err
		}
		if len(t.Shape) != len(shape) || !slices.Equal(t.Shape[:axis], shape[:axis]) || !slices.Equal(t.Shape[axis+1:], shape[axis+1:]) {
			o.fail("inputs 0 and %d of shapes %v and %v can't be joined along axis %d", i, first.Shape, t.Shape, axis)
			return nil, o.err
		}
		shape[axis] += t.Shape[axis]
	}
	return o.one(first.DType, shape)
}

func evalConcat(c *Call) error {
	shape := c.Out[0].Shape
	axis := c.Node.Attr.(*Concat).Axis
	if axis < 0 {
		axis += len(shape)
	}
	join(c, axis)
	return nil
}

// join concatenates the operands of c, of which each is one run behind the leading dimensions.
func join(c *Call, axis int) {
	var memory [manyParts][]byte
	parts := memory[:0]
	for _, t := range c.In {
		parts = append(parts, t.Data)
	}
	kernel.Concat(c.Out[0].Data, c.Out[0].Shape[:axis].Elements(), parts...)
}

func inferPack(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	a := n.Attr.(*Pack)
	o := read(n, in)
	first := o.tensor(0)
	axis := o.axis(a.Axis, len(first.Shape)+1)
	for i := 1; i < len(in); i++ {
		o.tensor(i)
		o.same(0, i)
		o.sameShape(0, i)
	}
	if a.Count != len(in) {
		o.fail("has %d inputs, its attributes say %d", len(in), a.Count)
	}
	return o.one(first.DType, slices.Insert(first.Shape.Clone(), axis, len(in)))
}

func evalPack(c *Call) error {
	axis := c.Node.Attr.(*Pack).Axis
	if axis < 0 {
		axis += len(c.Out[0].Shape)
	}
	join(c, axis)
	return nil
}
