package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// s8Unary makes the table of an elementwise operator with an int8 operand and result.
type s8Unary func(o *operands, in, out kernel.S8Affine) *kernel.S8Table

// s8Unaries are the operators that compute on an int8 tensor. TFLite computes the curves in float32, and the others in integers.
var s8Unaries = map[string]s8Unary{
	"TANH":     curve(kernel.F32Tanh),
	"LOGISTIC": curve(kernel.F32Logistic),
	"ELU":      curve(func(x float32) float32 { return one(kernel.F32Elu, x) }),
	"EXP":      curve(kernel.F32Exp),
	"GELU": func(o *operands, in, out kernel.S8Affine) *kernel.S8Table {
		gelu := kernel.F32Gelu
		if o.node.Attr.(*Gelu).Approximate {
			gelu = kernel.F32GeluTanh
		}
		return kernel.NewS8Curve(func(x float32) float32 { return one(gelu, x) }, in, out)
	},
	"LOG":          s8Log,
	"ABS":          s8Abs,
	"SQRT":         s8Sqrt,
	"RSQRT":        s8Rsqrt,
	"RELU":         s8Limit(Relu),
	"RELU6":        s8Limit(Relu6),
	"RELU_N1_TO_1": s8Limit(ReluN1To1),
	"RELU_0_TO_1": func(o *operands, in, out kernel.S8Affine) *kernel.S8Table {
		lo, _ := o.limits8(Relu, out)
		_, hi := o.limits8(ReluN1To1, out)
		return s8Rescaled(in, out, lo, hi)
	},
	"LEAKY_RELU": s8LeakyRelu,
	"HARD_SWISH": s8HardSwish,
}

func curve(f func(float32) float32) s8Unary {
	return func(_ *operands, in, out kernel.S8Affine) *kernel.S8Table { return kernel.NewS8Curve(f, in, out) }
}

// s8Limit is an activation that is a limit.
func s8Limit(a Activation) s8Unary {
	return func(o *operands, in, out kernel.S8Affine) *kernel.S8Table {
		lo, hi := o.limits8(a, out)
		return s8Rescaled(in, out, lo, hi)
	}
}

func s8Rescaled(in, out kernel.S8Affine, lo, hi int32) *kernel.S8Table {
	m := multiplier(float64(in.Scale / out.Scale))
	return kernel.NewS8Table(func(q int32) int32 { return m.Rescale(q-in.Zero) + out.Zero }, lo, hi)
}

// one applies a function of slices to a number.
func one(f func(dst, src []float32), x float32) float32 {
	y := [1]float32{x}
	f(y[:], y[:])
	return y[0]
}

// s8Abs keeps integers as they are where the scales are the same.
func s8Abs(_ *operands, in, out kernel.S8Affine) *kernel.S8Table {
	m := multiplier(float64(in.Scale / out.Scale))
	return kernel.NewS8Table(func(q int32) int32 {
		q = max(q-in.Zero, in.Zero-q)
		if in.Scale != out.Scale {
			q = m.Rescale(q)
		}
		return q + out.Zero
	}, -128, 127)
}

// s8Log gives what is not positive the least result.
func s8Log(_ *operands, in, out kernel.S8Affine) *kernel.S8Table {
	least := float32(-128-out.Zero) * out.Scale
	return kernel.NewS8Curve(func(x float32) float32 {
		if x <= 0 {
			return least
		}
		return kernel.F32Log(x)
	}, in, out)
}

// s8Sqrt rounds towards zero. TFLite's kernel fails where x is negative; here the root is 0.
func s8Sqrt(_ *operands, in, out kernel.S8Affine) *kernel.S8Table {
	return kernel.NewS8Table(func(q int32) int32 {
		x := max(in.Scale*float32(q-in.Zero), 0)
		return int32(min(kernel.F32Sqrt(x)/out.Scale, 1<<9)) + out.Zero
	}, -128, 127)
}

// s8Rsqrt gives 0 the greatest result, as TFLite does, whose kernel fails where x is negative; here it is the same.
func s8Rsqrt(_ *operands, in, out kernel.S8Affine) *kernel.S8Table {
	m, shift := quant.Multiplier(1 / float64(kernel.F32Sqrt(in.Scale)*out.Scale))
	return kernel.NewS8Table(func(q int32) int32 {
		if q <= in.Zero {
			return 127
		}
		return kernel.S8Rsqrt(q-in.Zero, m, shift) + out.Zero
	}, -128, 127)
}

func s8LeakyRelu(o *operands, in, out kernel.S8Affine) *kernel.S8Table {
	alpha, sign := o.node.Attr.(*LeakyRelu).Alpha, int32(1)
	if alpha < 0 {
		alpha, sign = -alpha, -1
	}
	same, slope := multiplier(float64(in.Scale/out.Scale)), multiplier(float64(float32(in.Scale*alpha)/out.Scale))
	return kernel.NewS8Table(func(q int32) int32 {
		if q >= in.Zero {
			return same.Rescale(q-in.Zero) + out.Zero
		}
		return sign*slope.Rescale(q-in.Zero) + out.Zero
	}, -128, 127)
}

// prepare returns the kernel of a node on an int8 operand.
func (u s8Unary) prepare(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, out := o.perTensor(n.Inputs[0]), o.perTensor(n.Outputs[0])
	if o.err != nil {
		return nil, o.err
	}
	table := u(o, x, out)
	return func(c *Call) error {
		table.Apply(i8(c.Out[0]), i8(c.In[0]))
		return nil
	}, o.err
}

// s8HardSwish computes both factors in float32, as TFLite's kernel does, and keeps 16 bits of them.
func s8HardSwish(o *operands, in, out kernel.S8Affine) *kernel.S8Table {
	hires := float32(1.0/128) * in.Scale
	h := kernel.S8HardSwish{In: in, Out: out}
	m, shift := quant.Multiplier(float64(hires / out.Scale))
	h.OutFactor, h.OutShift = upper(m), shift
	if h.OutShift > 0 {
		o.fail("the operand's scale %v is too large for the result's, %v", in.Scale, out.Scale)
	}
	m, shift = quant.Multiplier(float64(hires / float32(3.0/32768)))
	h.ReluishFactor, h.ReluishShift = upper(m), shift
	return h.Table()
}

// upper returns the upper half of a multiplier, rounded.
func upper(m int32) int16 {
	return int16(min((int64(m)+1<<15)>>16, math.MaxInt16))
}
