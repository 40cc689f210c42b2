package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Unpack are the attributes of UNPACK.
type Unpack struct{ Count, Axis int }

// Split are the attributes of SPLIT and SPLIT_V.
type Split struct{ Count int }

// splits are the operators that cut a tensor along an axis.
var splits = []Op{
	{
		Name: "SPLIT", Doc: "Input 1 cut into equal parts along the axis in input 0.",
		In: Exactly(2), Out: AtLeast(1), Cuts: true, Attr: attr[Split], Infer: inferSplit, Prepare: late(prepareSplit(0, 1), 0),
	},
	{
		Name: "SPLIT_V", Doc: "Input 0 cut into parts of the sizes in input 1 along the axis in input 2; one size may be -1, which is what the others leave.",
		In: Exactly(3), Out: AtLeast(1), Cuts: true, Attr: attr[Split], Infer: inferSplitV, Prepare: late(prepareSplit(2, 0), 2),
	},
	{
		Name: "UNPACK", Doc: "The slices of input 0 along an axis, without that axis.",
		In: Exactly(1), Out: AtLeast(1), Cuts: true, Attr: attr[Unpack], Infer: inferUnpack, Eval: evalUnpack,
	},
}

func (o *operands) count(what int) {
	if n := len(o.node.Outputs); what != n {
		o.fail("has %d outputs, its attributes say %d", n, what)
	}
}

func inferSplit(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(1)
	axis := o.axis(o.int(0), len(x.Shape))
	count := n.Attr.(*Split).Count
	o.count(count)
	if o.err != nil {
		return nil, o.err
	}
	if x.Shape[axis]%count != 0 {
		o.fail("axis %d of %v can't be cut into %d equal parts", axis, x.Shape, count)
	}
	sizes := make([]int, count)
	for i := range sizes {
		sizes[i] = x.Shape[axis] / count
	}
	return o.parts(x, axis, sizes)
}

func inferSplitV(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	sizes := slices.Clone(o.ints(1))
	axis := o.axis(o.int(2), len(x.Shape))
	o.count(n.Attr.(*Split).Count)
	if o.err != nil {
		return nil, o.err
	}
	o.count(len(sizes))
	open, rest := -1, x.Shape[axis]
	for i, s := range sizes {
		switch {
		case s == -1 && open < 0:
			open = i
		case s < 0:
			o.fail("sizes %v hold %d", sizes, s)
		default:
			rest -= s
		}
	}
	if rest < 0 || rest > 0 && open < 0 {
		o.fail("sizes %v do not add up to axis %d of %v", sizes, axis, x.Shape)
	}
	if open >= 0 {
		sizes[open] = rest
	}
	return o.parts(x, axis, sizes)
}

// parts returns the types of slices of x with the given sizes along an axis.
func (o *operands) parts(x *tensor.Tensor, axis int, sizes []int) ([]ir.Type, error) {
	types := make([]ir.Type, len(sizes))
	for i, s := range sizes {
		shape := x.Shape.Clone()
		shape[axis] = s
		types[i] = ir.Type{DType: x.DType, Shape: shape}
	}
	return o.results(types...)
}

// prepareSplit returns the kernel's maker for operators with the axis and the data at the given inputs.
func prepareSplit(axisInput, data int) prepare {
	return func(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
		o := read(n, in)
		axis := o.axis(o.int(axisInput), len(o.tensor(data).Shape))
		return func(c *Call) error {
			cut(c, data, axis)
			return nil
		}, o.err
	}
}

// cut splits operand i into the results, of which each is one run behind the leading dimensions.
func cut(c *Call, i, axis int) {
	var memory [manyParts][]byte
	parts := memory[:0]
	for _, t := range c.Out {
		parts = append(parts, t.Data)
	}
	x := c.In[i]
	kernel.Split(x.Data, x.Shape[:axis].Elements(), parts...)
}

func inferUnpack(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	a := n.Attr.(*Unpack)
	o := read(n, in)
	x := o.tensor(0)
	axis := o.axis(a.Axis, len(x.Shape))
	o.count(a.Count)
	if o.err != nil {
		return nil, o.err
	}
	if x.Shape[axis] != a.Count {
		o.fail("axis %d of %v has not %d slices", axis, x.Shape, a.Count)
	}
	types := make([]ir.Type, a.Count)
	for i := range types {
		types[i] = ir.Type{DType: x.DType, Shape: slices.Delete(x.Shape.Clone(), axis, axis+1)}
	}
	return o.results(types...)
}

func evalUnpack(c *Call) error {
	axis := c.Node.Attr.(*Unpack).Axis
	if axis < 0 {
		axis += len(c.In[0].Shape)
	}
	cut(c, 0, axis)
	return nil
}
