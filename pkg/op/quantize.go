package op

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// FakeQuant are the attributes of FAKE_QUANT.
type FakeQuant struct {
	Min, Max    float32
	NumBits     int
	NarrowRange bool
}

// quantizations are the operators between real numbers and what stands for them. Scales and zero points are those of the node's values.
var quantizations = []Op{
	{
		Name: "DEQUANTIZE", Doc: "The real numbers for which the elements of input 0 stand.",
		In: Exactly(1), Out: Exactly(1), Infer: inferDequantize, Eval: evalDequantize,
	},
	{
		Name: "QUANTIZE", Doc: "The integers that stand for the real numbers of input 0, or for those that its integers stand for.",
		In: Exactly(1), Out: Exactly(1), Infer: inferQuantize, Prepare: prepareQuantize,
	},
	{
		Name: "FAKE_QUANT", Doc: "Input 0 rounded to the real numbers that the integers of a number of bits stand for over a range, which is moved so that 0 is one of them.",
		In: Exactly(1), Out: Exactly(1), Attr: attr[FakeQuant], Infer: inferFakeQuant,
		Eval: func(c *Call) error {
			a := c.Node.Attr.(*FakeQuant)
			kernel.F32FakeQuant(f32(c.Out[0]), f32(c.In[0]), a.Min, a.Max, a.NumBits, a.NarrowRange)
			return nil
		},
	},
}

// stored returns operand i, which must be of one of the types; its integers may stand for real numbers.
func (o *operands) stored(i int, types ...tensor.DType) *tensor.Tensor {
	t := o.given(i)
	if t == nil {
		return o.tensor(i)
	}
	if !slices.Contains(types, t.DType) {
		o.fail("input %d is %v, want %s", i, t.DType, oneOf(types))
	}
	return t
}

// affine demands that v has quantization parameters that fit a shape.
func (o *operands) affine(v *ir.Value, shape tensor.Shape) *quant.Params {
	switch p := v.Quant; {
	case p == nil || len(p.Scale) == 0 || len(p.Zero) != len(p.Scale):
		o.fail("%q has no quantization parameters", v.Name)
	case p.PerAxis() && (p.Axis < 0 || p.Axis >= len(shape) || shape[p.Axis] != len(p.Scale)):
		o.fail("%q has %d scales along dimension %d of %v", v.Name, len(p.Scale), p.Axis, shape)
	default:
		return p
	}
	return &quant.Params{Scale: []float32{1}, Zero: []int64{0}}
}

// inner is the number of elements that share an index of the quantized dimension in one run.
func inner(p *quant.Params, shape tensor.Shape) int {
	if !p.PerAxis() {
		return 1
	}
	return shape[p.Axis+1:].Elements()
}

func inferDequantize(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.stored(0, tensor.Float16, tensor.BFloat16, tensor.Int4, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.Int32)
	if o.err == nil && !x.DType.Float() {
		o.affine(n.Inputs[0], x.Shape)
	}
	return o.one(tensor.Float32, x.Shape)
}

func evalDequantize(c *Call) error {
	out, x, p := f32(c.Out[0]), c.In[0], c.Node.Inputs[0].Quant
	switch x.DType {
	case tensor.Float16:
		kernel.F16ToF32(out, tensor.View[uint16](x))
	case tensor.BFloat16:
		kernel.BF16ToF32(out, tensor.View[uint16](x))
	case tensor.Int4:
		wide := scratch[int8](c, tensor.Int8, len(out))
		kernel.Int4ToInt8(wide, x.Data, 0)
		kernel.Dequantize(out, wide, p.Scale, p.Zero, inner(p, x.Shape))
	case tensor.Int8:
		kernel.Dequantize(out, tensor.View[int8](x), p.Scale, p.Zero, inner(p, x.Shape))
	case tensor.UInt8:
		kernel.Dequantize(out, tensor.View[uint8](x), p.Scale, p.Zero, inner(p, x.Shape))
	case tensor.Int16:
		kernel.Dequantize(out, tensor.View[int16](x), p.Scale, p.Zero, inner(p, x.Shape))
	case tensor.Int32:
		kernel.Dequantize(out, tensor.View[int32](x), p.Scale, p.Zero, inner(p, x.Shape))
	}
	return nil
}

func inferQuantize(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.stored(0, tensor.Float32, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.Int32)
	d := o.declared(0, tensor.Int8, tensor.UInt8, tensor.Int16)
	if o.err != nil {
		return nil, o.err
	}
	to := o.affine(n.Outputs[0], x.Shape)
	if x.DType != tensor.Float32 {
		if from := o.affine(n.Inputs[0], x.Shape); from.PerAxis() || to.PerAxis() {
			o.fail("can't go from integers to integers with a scale for each index of a dimension")
		}
	}
	return o.one(d, x.Shape)
}

func prepareQuantize(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	switch in[0].DType {
	case tensor.Float32:
		return evalQuantize, nil
	case tensor.Int8:
		return requantize[int8](n), nil
	case tensor.UInt8:
		return requantize[uint8](n), nil
	case tensor.Int16:
		return requantize[int16](n), nil
	}
	return requantize[int32](n), nil
}

func evalQuantize(c *Call) error {
	x, out, p := f32(c.In[0]), c.Out[0], c.Node.Outputs[0].Quant
	switch out.DType {
	case tensor.Int8:
		kernel.Quantize(tensor.View[int8](out), x, p.Scale, p.Zero, inner(p, out.Shape))
	case tensor.UInt8:
		kernel.Quantize(tensor.View[uint8](out), x, p.Scale, p.Zero, inner(p, out.Shape))
	case tensor.Int16:
		kernel.Quantize(tensor.View[int16](out), x, p.Scale, p.Zero, inner(p, out.Shape))
	}
	return nil
}

// requantize is the kernel that goes from integers to integers of other parameters.
func requantize[T interface {
	tensor.Element
	kernel.Integer
}](n *ir.Node) Kernel {
	from, to := n.Inputs[0].Quant, n.Outputs[0].Quant
	scale := multiplier(float64(from.Scale[0]) / float64(to.Scale[0]))
	zero, toZero := int32(from.Zero[0]), int32(to.Zero[0])
	if d := n.Outputs[0].Type.DType; n.Inputs[0].Type.DType.Size() == 1 && d.Size() == 1 {
		table := kernel.NewS8Table(func(q int32) int32 { // of bytes, with or without a sign
			x, signed, unsigned := [1]T{T(q)}, [1]int8{}, [1]uint8{}
			if d == tensor.Int8 {
				kernel.Requantize(signed[:], x[:], zero, toZero, scale)
				return int32(signed[0])
			}
			kernel.Requantize(unsigned[:], x[:], zero, toZero, scale)
			return int32(int8(unsigned[0]))
		}, math.MinInt8, math.MaxInt8)
		return func(c *Call) error {
			table.Apply(i8(c.Out[0]), i8(c.In[0]))
			return nil
		}
	}
	return func(c *Call) error {
		x, out := tensor.View[T](c.In[0]), c.Out[0]
		switch out.DType {
		case tensor.Int8:
			kernel.Requantize(tensor.View[int8](out), x, zero, toZero, scale)
		case tensor.UInt8:
			kernel.Requantize(tensor.View[uint8](out), x, zero, toZero, scale)
		case tensor.Int16:
			kernel.Requantize(tensor.View[int16](out), x, zero, toZero, scale)
		}
		return nil
	}
}

func inferFakeQuant(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	a := n.Attr.(*FakeQuant)
	o := read(n, in)
	x := o.tensor(0, tensor.Float32)
	if a.NumBits < 2 || a.NumBits > 16 || !(a.Min < a.Max) {
		o.fail("%d bits do not hold the range from %v to %v", a.NumBits, a.Min, a.Max)
	}
	return o.one(x.DType, x.Shape)
}
