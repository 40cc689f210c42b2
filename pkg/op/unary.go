package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Gelu are the attributes of GELU.
type Gelu struct{ Approximate bool }

// LeakyRelu are the attributes of LEAKY_RELU.
type LeakyRelu struct{ Alpha float32 }

// unaries are the operators that compute each element of the result from one element.
var unaries = []Op{
	unary("ABS", "|x|; the least integer is its own.", nil, each(tensor.Float32, kernel.Abs[float32]), each(tensor.Int16, kernel.Abs[int16]),
		each(tensor.Int32, kernel.Abs[int32])),
	unary("NEG", "-x; the least integer is its own.", nil, each(tensor.Float32, kernel.Neg[float32]), each(tensor.Int8, kernel.Neg[int8]),
		each(tensor.Int16, kernel.Neg[int16]), each(tensor.Int32, kernel.Neg[int32]), each(tensor.Int64, kernel.Neg[int64])),
	unary("SIGN", "-1, 0 or 1, as x is negative, zero or positive.", nil, each(tensor.Float32, kernel.Sign[float32]),
		each(tensor.Float64, kernel.Sign[float64]), each(tensor.Int32, kernel.Sign[int32])),
	unary("SQUARE", "x².", nil, each(tensor.Float32, kernel.Square[float32])),
	unary("FLOOR", "x rounded down.", nil, each(tensor.Float32, kernel.F32Floor)),
	unary("CEIL", "x rounded up.", nil, each(tensor.Float32, kernel.F32Ceil)),
	unary("ROUND", "x rounded to the nearest integer, halves to the even one.", nil, each(tensor.Float32, kernel.F32Round)),
	unary("SQRT", "√x.", nil, each(tensor.Float32, kernel.F32MapSqrt)),
	unary("RSQRT", "1/√x.", nil, each(tensor.Float32, kernel.F32MapRsqrt)),
	unary("EXP", "e to the power of x.", nil, each(tensor.Float32, kernel.F32MapExp)),
	unary("LOG", "The natural logarithm of x.", nil, each(tensor.Float32, kernel.F32MapLog)),
	unary("SIN", "The sine of x.", nil, mapped(kernel.F32Sin)),
	unary("COS", "The cosine of x.", nil, mapped(kernel.F32Cos)),
	joint(unary("TANH", "The hyperbolic tangent of x.", nil, each(tensor.Float32, kernel.F32MapTanh)), kernel.JointTanh),
	paired(joint(unary("LOGISTIC", "1 / (1 + e^-x).", nil, each(tensor.Float32, kernel.F32MapLogistic)), kernel.JointLogistic), pairSwish, kernel.JointSwish),
	unary("RELU", "The greater of x and 0.", nil, clamped(Relu)),
	unary("RELU6", "x limited to [0, 6].", nil, clamped(Relu6)),
	unary("RELU_N1_TO_1", "x limited to [-1, 1].", nil, clamped(ReluN1To1)),
	unary("RELU_0_TO_1", "x limited to [0, 1].", nil, each(tensor.Float32, func(dst, src []float32) { kernel.Clamp(dst, src, 0, 1) })),
	joint(unary("ELU", "x where it is positive, else e^x - 1.", nil, each(tensor.Float32, kernel.F32Elu)), kernel.JointElu),
	joint(unary("HARD_SWISH", "x times x + 3 limited to [0, 6], over 6.", nil, each(tensor.Float32, kernel.F32HardSwish)), kernel.JointHardSwish),
	unary("LEAKY_RELU", "x where it is positive, else alpha times x.", attr[LeakyRelu], variant{tensor.Float32, func(c *Call) error {
		c.inRuns(1, func(dst, src []float32) { kernel.F32LeakyRelu(dst, src, c.Node.Attr.(*LeakyRelu).Alpha) })
		return nil
	}}),
	gelu(unary("GELU", "x times the normal distribution's share below x, or its approximation by a hyperbolic tangent.", attr[Gelu],
		variant{tensor.Float32, func(c *Call) error {
			gelu := kernel.F32Gelu
			if c.Node.Attr.(*Gelu).Approximate {
				gelu = kernel.F32GeluTanh
			}
			c.inRuns(1, gelu)
			return nil
		}})),
	unary("LOGICAL_NOT", "Not x.", nil, each(tensor.Bool, kernel.Not)),
}

func unary(name, doc string, attr func() ir.Attr, v ...variant) Op {
	types, i := variants(v).types(), integers{}
	if s8 := s8Unaries[name]; s8 != nil {
		i.s8 = s8.prepare
	}
	if s16 := s16Unaries[name]; s16 != nil {
		i.s16 = s16.prepare
	}
	return Op{
		Name: name, Doc: doc, In: Exactly(1), Out: Exactly(1), Attr: attr, Prepare: variants(v).or(i), Over: true,
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := readEither(n, in, i.types()...)
			x := o.tensor(0, types...)
			return o.one(x.DType, x.Shape)
		},
	}
}

func paired(o Op, pair func(first, second *ir.Node) PairKernel, of *kernel.F32Functions) Op {
	o.Pair, o.PairJoint = pair, of
	return o
}

// joint gives an operator that computes a function in runs what counts that with its argument.
func joint(o Op, of *kernel.F32Functions) Op {
	o.Joint = func(*ir.Node) *kernel.F32Functions { return of }
	return o
}

// gelu is joint for both forms of GELU.
func gelu(o Op) Op {
	o.Joint = func(n *ir.Node) *kernel.F32Functions {
		if n.Attr.(*Gelu).Approximate {
			return kernel.JointGeluTanh
		}
		return kernel.JointGelu
	}
	return o
}

// each is the variant of a kernel over the elements of input 0.
func each[T tensor.Element](d tensor.DType, f func(dst, src []T)) variant {
	return variant{d, func(c *Call) error {
		if float, ok := any(f).(func(dst, src []float32)); ok {
			c.inRuns(1, float)
		} else {
			f(tensor.View[T](c.Out[0]), tensor.View[T](c.In[0]))
		}
		return nil
	}}
}

// inRuns computes a float32 result from input 0 of as many elements by f, which takes whole rows of n elements: all at once or, where the result is to be seen, so
// many of them that they stay in the first-level cache. With n of 1 the operand is counted with the result, where that is wanted.
func (c *Call) inRuns(n int, f func(dst, src []float32)) {
	dst, src := f32(c.Out[0]), f32(c.In[0])
	if !c.Seen.On() {
		f(dst, src)
		return
	}
	run := max(kernel.JointRun/n, 1) * n
	for at := 0; at < len(dst); at += run {
		end := min(at+run, len(dst))
		c.Joint.Argument(src[at:end])
		f(dst[at:end], src[at:end])
		c.Joint.Results(&c.Seen, dst[at:end], nil, nil)
	}
}

// mapped is the variant of a function of one float32.
func mapped(f func(float32) float32) variant {
	return each(tensor.Float32, func(dst, src []float32) { kernel.F32Map(dst, src, f) })
}

// clamped is the variant of an activation that is a limit.
func clamped(a Activation) variant {
	lo, hi, _ := a.limits()
	return each(tensor.Float32, func(dst, src []float32) { kernel.Clamp(dst, src, float32(lo), float32(hi)) })
}
