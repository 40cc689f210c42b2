package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// MirrorPad are the attributes of MIRROR_PAD.
type MirrorPad struct{ Mode MirrorMode }

// pads are the operators that surround a tensor. Input 1 holds two numbers for each dimension: how many elements come before it, and how many after it.
var pads = []Op{
	{
		Name: "PAD", Doc: "Input 0 surrounded by zeros, as many as input 1 says.",
		In: Exactly(2), Out: Exactly(1), Pads: true, Infer: inferPad, Prepare: late(preparePad, 1),
	},
	{
		Name: "PADV2", Doc: "Input 0 surrounded by the number in input 2, as many times as input 1 says.",
		In: Exactly(3), Out: Exactly(1), Infer: inferPad, Prepare: late(preparePad, 1),
	},
	{
		Name: "MIRROR_PAD", Doc: "Input 0 surrounded by its mirror image, as far as input 1 says.",
		In: Exactly(2), Out: Exactly(1), Attr: attr[MirrorPad], Infer: inferMirrorPad, Prepare: late(prepareMirrorPad, 1),
	},
}

// paddings reads operand i, [dims, 2]: what comes before and after each of a number of dimensions.
func (o *operands) paddings(i, dims int) (before, after []int) {
	t := o.tensor(i, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64)
	if !t.Shape.Equal(tensor.Shape{dims, 2}) {
		o.fail("input %d has shape %v, want %v", i, t.Shape, tensor.Shape{dims, 2})
	}
	v := o.content(i, t)
	if o.err != nil {
		return make([]int, dims), make([]int, dims)
	}
	for j := 0; j < len(v); j += 2 {
		if v[j] < 0 || v[j+1] < 0 {
			o.fail("input %d holds a negative padding", i)
		}
		before, after = append(before, v[j]), append(after, v[j+1])
	}
	return before, after
}

func inferPad(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	if value := o.optional(2); value != nil {
		o.same(0, 2)
		o.vector(2, 1)
	}
	before, after := o.paddings(1, len(x.Shape))
	return o.one(x.DType, padded(x.Shape, before, after))
}

func padded(shape tensor.Shape, before, after []int) tensor.Shape {
	out := shape.Clone()
	for i := range out {
		out[i] += before[i] + after[i]
	}
	return out
}

func preparePad(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	x := o.tensor(0)
	before, after := o.paddings(1, len(x.Shape))
	zero := zeroOf(n.Input(0), x.DType)
	return func(c *Call) error {
		x, value := c.In[0], zero
		if len(c.In) > 2 && c.In[2] != nil {
			value = c.In[2].Data
		}
		kernel.Pad(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, before, after, value)
		return nil
	}, o.err
}

// zeroOf returns the bytes of an element of v that stands for 0: the zero point if v is quantized.
func zeroOf(v *ir.Value, d tensor.DType) []byte {
	zero := make([]byte, d.Size())
	if quantized(v) {
		for i := range zero {
			zero[i] = byte(v.Quant.Zero[0] >> (8 * i))
		}
	}
	return zero
}

func inferMirrorPad(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	before, after := o.paddings(1, len(x.Shape))
	if o.err != nil {
		return nil, o.err
	}
	mode := n.Attr.(*MirrorPad).Mode
	if mode != Reflect && mode != Symmetric {
		o.fail("mode %v is not known", mode)
	}
	for i, d := range x.Shape {
		if mode == Reflect {
			d--
		}
		if max(before[i], after[i], 0) > max(d, 0) {
			o.fail("dimension %d of %v can't be mirrored %d and %d times", i, x.Shape, before[i], after[i])
		}
	}
	return o.one(x.DType, padded(x.Shape, before, after))
}

func prepareMirrorPad(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	before, after := o.paddings(1, len(o.tensor(0).Shape))
	symmetric := n.Attr.(*MirrorPad).Mode == Symmetric
	return func(c *Call) error {
		x := c.In[0]
		kernel.MirrorPad(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, before, after, symmetric)
		return nil
	}, o.err
}
