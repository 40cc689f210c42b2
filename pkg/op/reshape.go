package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Reshape are the attributes of RESHAPE: the new shape where no operand gives it.
type Reshape struct{ NewShape []int }

// Squeeze are the attributes of SQUEEZE.
type Squeeze struct{ Dims []int }

// reshapes are the operators that give the same elements another shape.
var reshapes = []Op{
	{
		Name: "RESHAPE", Doc: "The elements of input 0 in the shape of input 1, or of an attribute; one dimension may be -1, which is what the others leave.",
		In: Between(1, 2), Out: Exactly(1), Attr: attr[Reshape], Infer: inferReshape, Eval: copyFirst, Moves: true, Same: true,
	},
	{
		Name: "SQUEEZE", Doc: "Input 0 without the listed dimensions, which are 1; without all dimensions that are 1 if none is listed.",
		In: Exactly(1), Out: Exactly(1), Attr: attr[Squeeze], Infer: inferSqueeze, Eval: copyFirst, Moves: true, Same: true,
	},
	{
		Name: "EXPAND_DIMS", Doc: "Input 0 with a dimension of 1 inserted at the position in input 1.",
		In: Exactly(2), Out: Exactly(1), Infer: inferExpandDims, Eval: copyFirst, Moves: true, Same: true,
	},
	{
		Name: "BITCAST", Doc: "The bytes of input 0 read as another element type; a difference in size is made up by the last dimension.",
		In: Exactly(1), Out: Exactly(1), Infer: inferBitcast, Eval: copyFirst, Same: true,
	},
}

// copyFirst is the kernel of operators whose result is input 0, byte for byte.
func copyFirst(c *Call) error {
	copy(c.Out[0].Data, c.In[0].Data)
	return nil
}

func inferReshape(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	var want []int
	if s := o.optional(1, tensor.Int32, tensor.Int64); s != nil && len(s.Shape) == 1 {
		want = slices.Clone(o.ints(1))
	} else {
		want = slices.Clone(n.Attr.(*Reshape).NewShape)
		if len(want) == 1 && want[0] == 0 {
			want = nil // an old converter's way to write the shape of a scalar
		}
	}
	if o.err != nil {
		return nil, o.err
	}
	open, rest := -1, tensor.Shape(nil)
	for i, d := range want {
		switch {
		case d == -1 && open < 0:
			open = i
		case d < 0:
			o.fail("shape %v has the dimension %d", want, d)
		default:
			rest = append(rest, d)
		}
	}
	total, known := x.Elements(), rest.Elements()
	if open >= 0 {
		want[open] = 0
		if known > 0 {
			want[open] = total / known
		}
	}
	if got := tensor.Shape(want); got.Elements() != total {
		o.fail("%v elements of shape %v do not fit into %v", total, x.Shape, got)
	}
	return o.one(x.DType, want)
}

func inferSqueeze(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	drop := make([]bool, len(x.Shape))
	dims := n.Attr.(*Squeeze).Dims
	for _, d := range dims {
		a := o.axis(d, len(x.Shape))
		if o.err != nil {
			return nil, o.err
		}
		if x.Shape[a] != 1 {
			o.fail("dimension %d of %v is not 1", a, x.Shape)
		}
		drop[a] = true
	}
	shape := tensor.Shape{}
	for i, d := range x.Shape {
		if !drop[i] && (d != 1 || len(dims) > 0) {
			shape = append(shape, d)
		}
	}
	return o.one(x.DType, shape)
}

func inferExpandDims(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	at := o.axis(o.int(1), len(x.Shape)+1)
	return o.one(x.DType, slices.Insert(x.Shape.Clone(), at, 1))
}

func inferBitcast(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	d := o.declared(0)
	if o.err != nil {
		return nil, o.err
	}
	shape, from, to := x.Shape.Clone(), x.DType.Size(), d.Size()
	last := len(shape) - 1
	switch {
	case from > to:
		shape = append(shape, from/to)
	case from < to && (last < 0 || shape[last] != to/from):
		o.fail("%v%v can't be read as %v: the last dimension must be %d", x.DType, x.Shape, d, to/from)
	case from < to:
		shape = shape[:last]
	}
	return o.one(d, shape)
}
