package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// s16Unary makes the kernel of an elementwise operator with an int16 operand and result, both of zero point 0.
type s16Unary func(o *operands, in, out float32) func(dst, src []int16)

// s16Unaries are the operators that compute on an int16 tensor. TFLite computes the elements of tables in float32, and the others in integers.
var s16Unaries = map[string]s16Unary{
	"TANH":     s16Sigmoid((*kernel.S16Sigmoid).Tanh, 1),
	"LOGISTIC": s16Sigmoid((*kernel.S16Sigmoid).Logistic, 0),
	"EXP":      s16Curve(kernel.CurveExp),
	"GELU": func(o *operands, in, out float32) func(dst, src []int16) {
		if o.node.Attr.(*Gelu).Approximate {
			return s16Curve(kernel.CurveGeluTanh)(o, in, out)
		}
		return s16Curve(kernel.CurveGelu)(o, in, out)
	},
	"LOG": func(o *operands, in, out float32) func(dst, src []int16) {
		return s16Curve(func(x float32) float32 {
			if x <= 0 {
				return math.MinInt16 * out
			}
			return kernel.CurveLog(x)
		})(o, in, out)
	},
	// TFLite's kernel fails where x is negative; here the result is the greatest, as it is for 0.
	"RSQRT": func(o *operands, in, out float32) func(dst, src []int16) {
		return s16Curve(func(x float32) float32 {
			if x <= 0 {
				return math.MaxInt16 * out
			}
			return 1 / kernel.F32Sqrt(x)
		})(o, in, out)
	},
	"ABS": func(_ *operands, in, out float32) func(dst, src []int16) {
		var scale *kernel.Multiplier
		if in != out {
			m := multiplier(float64(in / out))
			scale = &m
		}
		return func(dst, src []int16) { kernel.S16Abs(dst, src, scale) }
	},
	"RELU":  s16Limit(Relu),
	"RELU6": s16Limit(Relu6),
	"LEAKY_RELU": func(o *operands, in, out float32) func(dst, src []int16) {
		alpha := o.node.Attr.(*LeakyRelu).Alpha
		r := &kernel.S16Rescale{Opposite: alpha < 0, Other: multiplier(float64(in / out)), Lo: math.MinInt16, Hi: math.MaxInt16}
		r.Negative = multiplier(math.Abs(float64(float32(in*alpha) / out)))
		return r.Apply
	},
}

// s16Curve is a function of real numbers.
func s16Curve(f func(float32) float32) s16Unary {
	return func(_ *operands, in, out float32) func(dst, src []int16) { return kernel.NewS16Table(f, in, out).Apply }
}

// s16Limit is an activation that is a limit.
func s16Limit(a Activation) s16Unary {
	return func(o *operands, in, out float32) func(dst, src []int16) {
		m := multiplier(float64(in / out))
		r := &kernel.S16Rescale{Negative: m, Other: m}
		r.Lo, r.Hi = o.limits16(a, kernel.S8Affine{Scale: out})
		return r.Apply
	}
}

// s16Sigmoid is LOGISTIC or TANH, whose results have scale 1/32768. Scales of 2^-12 and, up to powers-1, of twice that and so on are taken for exact.
func s16Sigmoid(run func(s *kernel.S16Sigmoid, dst, src []int16), twice int) s16Unary {
	return func(o *operands, in, _ float32) func(dst, src []int16) {
		o.fixed(o.node.Outputs[0], 1.0/32768, 0)
		s := &kernel.S16Sigmoid{}
		if e, ok := powerOfTwo(in); ok && e >= -12 && e <= twice-12 {
			s.Multiplier = 3 << (e + 12)
		} else {
			m := float64(in) * 3 * 4096
			for ; m <= 32767.0/2 && s.Shift <= 30; s.Shift++ {
				m *= 2
			}
			s.Multiplier = int32(min(m, math.MaxInt32))
		}
		return func(dst, src []int16) { run(s, dst, src) }
	}
}

// prepare returns the kernel of a node on an int16 operand.
func (u s16Unary) prepare(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, out := o.perTensor(n.Inputs[0]), o.perTensor(n.Outputs[0])
	if o.err != nil {
		return nil, o.err
	}
	run := u(o, x.Scale, out.Scale)
	return func(c *Call) error {
		run(i16(c.Out[0]), i16(c.In[0]))
		return nil
	}, o.err
}

// s16Softmax prepares a softmax, whose results have scale 1/32768.
func s16Softmax(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	const unit = 10.0 / 65535 // in which the tables' operands are
	o := readReal(n, in)
	scale := multiplier(float64(o.perTensor(n.Inputs[0]).Scale*n.Attr.(*Softmax).Beta) / unit)
	o.fixed(n.Outputs[0], 1.0/32768, 0)
	return func(c *Call) error {
		kernel.S16Softmax(i16(c.Out[0]), i16(c.In[0]), lastDim(c.In[0]), scale)
		return nil
	}, o.err
}
