package op

import (
	"errors"
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Arith are the attributes of ADD and SUB.
type Arith struct {
	Activation    Activation
	PotScaleInt16 bool
}

// Fused are the attributes of MUL, DIV and L2_NORMALIZATION: an activation.
type Fused struct{ Activation Activation }

// binaries are the operators that compute each element of the result from one element of each operand, which broadcast as in NumPy.
var binaries = []Op{
	binary("ADD", "x + y; integers wrap.", attr[Arith],
		arith(tensor.Float32, kernel.Add[float32]), arith(tensor.Int16, kernel.Add[int16]), arith(tensor.Int32, kernel.Add[int32]), arith(tensor.Int64, kernel.Add[int64])),
	binary("SUB", "x - y; integers wrap.", attr[Arith],
		arith(tensor.Float32, kernel.Sub[float32]), arith(tensor.Int32, kernel.Sub[int32]), arith(tensor.Int64, kernel.Sub[int64])),
	binary("MUL", "x * y; integers wrap.", attr[Fused],
		arith(tensor.Float32, kernel.Mul[float32]), arith(tensor.Int16, kernel.Mul[int16]), arith(tensor.Int32, kernel.Mul[int32]), arith(tensor.Int64, kernel.Mul[int64]),
		arith(tensor.UInt32, kernel.Mul[uint32]), row(tensor.Complex64, kernel.MulComplex64)),
	binary("DIV", "x / y, of integers rounded towards zero.", attr[Fused],
		arith(tensor.Float32, kernel.Div[float32]), divisor[int32](arith(tensor.Int32, kernel.TruncDiv[int32]))),
	binary("FLOOR_DIV", "x / y rounded down.", nil,
		row(tensor.Float32, kernel.F32FloorDiv), divisor[int8](row(tensor.Int8, kernel.FloorDiv[int8])),
		divisor[int16](row(tensor.Int16, kernel.FloorDiv[int16])), divisor[int32](row(tensor.Int32, kernel.FloorDiv[int32]))),
	binary("FLOOR_MOD", "x - y * ⌊x / y⌋.", nil,
		row(tensor.Float32, kernel.F32FloorMod), divisor[int8](row(tensor.Int8, kernel.FloorMod[int8])), divisor[int16](row(tensor.Int16, kernel.FloorMod[int16])),
		divisor[int32](row(tensor.Int32, kernel.FloorMod[int32])), divisor[int64](row(tensor.Int64, kernel.FloorMod[int64]))),
	binary("POW", "x to the power of y.", nil,
		row(tensor.Float32, kernel.F32PowRow), row(tensor.Int32, kernel.Pow[int32])),
	binary("MAXIMUM", "The greater of x and y.", nil,
		row(tensor.Float32, kernel.Maximum[float32]), row(tensor.UInt8, kernel.Maximum[uint8]), row(tensor.Int8, kernel.Maximum[int8]),
		row(tensor.Int16, kernel.Maximum[int16]), row(tensor.Int32, kernel.Maximum[int32]), row(tensor.Int64, kernel.Maximum[int64])),
	binary("MINIMUM", "The lesser of x and y.", nil,
		row(tensor.Float32, kernel.Minimum[float32]), row(tensor.UInt8, kernel.Minimum[uint8]), row(tensor.Int8, kernel.Minimum[int8]),
		row(tensor.Int16, kernel.Minimum[int16]), row(tensor.Int32, kernel.Minimum[int32]), row(tensor.Int64, kernel.Minimum[int64])),
	binary("SQUARED_DIFFERENCE", "(x - y)².", nil,
		row(tensor.Float32, kernel.SquaredDifference[float32]), row(tensor.Int32, kernel.SquaredDifference[int32])),
	binary("ATAN2", "The angle of the point (y, x), where y is the first operand.", nil, row(tensor.Float32, kernel.F32Atan2Row), row(tensor.Float64, kernel.F64Atan2Row)),
	binary("PRELU", "x where it is not negative, else x times the other operand.", nil, row(tensor.Float32, kernel.F32Prelu)),
	binary("BITWISE_XOR", "The exclusive or of the bits of x and y.", nil,
		row(tensor.Int8, kernel.BitwiseXor[int8]), row(tensor.Int16, kernel.BitwiseXor[int16]), row(tensor.Int32, kernel.BitwiseXor[int32]),
		row(tensor.UInt8, kernel.BitwiseXor[uint8]), row(tensor.UInt16, kernel.BitwiseXor[uint16]), row(tensor.UInt32, kernel.BitwiseXor[uint32])),
	binary("RIGHT_SHIFT", "x shifted right by y bits, which is limited to the bits that there are; the sign stays.", nil,
		row(tensor.Int8, kernel.RightShift[int8]), row(tensor.Int16, kernel.RightShift[int16]), row(tensor.Int32, kernel.RightShift[int32]),
		row(tensor.UInt8, kernel.RightShift[uint8]), row(tensor.UInt16, kernel.RightShift[uint16]), row(tensor.UInt32, kernel.RightShift[uint32])),
	{
		Name: "ADD_N", Doc: "The sum of all operands, which have one shape.", In: AtLeast(1), Out: Exactly(1), Infer: inferAddN,
		Eval: variants{sum(tensor.Float32, kernel.Add[float32]), sum(tensor.Int32, kernel.Add[int32])}.eval,
	},
}

func binary(name, doc string, attr func() ir.Attr, v ...variant) Op {
	types, i := variants(v).types(), integers{}
	if s8 := s8Binaries[name]; s8 != nil {
		i.s8 = s8.prepare
	}
	if s16 := s16Binaries[name]; s16 != nil {
		i.s16 = s16.prepare
	}
	return Op{
		Name: name, Doc: doc, In: Exactly(2), Out: Exactly(1), Attr: attr, Prepare: variants(v).or(i), Over: true,
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := readEither(n, in, i.types()...)
			x, shape := o.pair(types)
			switch a := fused(n); {
			case x.DType == tensor.Float32:
				o.activation(a)
			default:
				o.limitsOnly(a)
			}
			return o.one(x.DType, shape)
		},
	}
}

// pair reads two operands of one type that broadcast, and returns the first and the shape of the result.
func (o *operands) pair(types []tensor.DType) (*tensor.Tensor, tensor.Shape) {
	x, y := o.tensor(0, types...), o.tensor(1, types...)
	o.same(0, 1)
	shape, err := tensor.Broadcast(x.Shape, y.Shape)
	if err != nil {
		o.fail("%w", err)
	}
	return x, shape
}

// fused returns the activation among the attributes of an elementwise node.
func fused(n *ir.Node) Activation {
	switch a := n.Attr.(type) {
	case *Arith:
		return a.Activation
	case *Fused:
		return a.Activation
	}
	return None
}

// row is the variant of a kernel without an activation.
func row[T tensor.Element](d tensor.DType, f kernel.Row[T, T]) variant {
	if f, ok := any(f).(kernel.Row[float32, float32]); ok {
		return floats(f)
	}
	return variant{d, func(c *Call) error {
		a, b := c.In[0], c.In[1]
		kernel.Binary(tensor.View[T](c.Out[0]), tensor.View[T](a), a.Shape, tensor.View[T](b), b.Shape, f)
		return nil
	}}
}

// arith is the variant of a kernel with a fused activation.
func arith[T interface {
	tensor.Element
	kernel.Number
}](d tensor.DType, f kernel.Row[T, T]) variant {
	if f, ok := any(f).(kernel.Row[float32, float32]); ok {
		return floats(f)
	}
	return variant{d, func(c *Call) error {
		a, b := c.In[0], c.In[1]
		out, x, y := tensor.View[T](c.Out[0]), tensor.View[T](a), tensor.View[T](b)
		act := fused(c.Node)
		lo, hi, ok := act.limits()
		switch {
		case !ok:
			kernel.Binary(out, x, a.Shape, y, b.Shape, f)
		case math.IsInf(hi, 1):
			kernel.BinaryClamp(out, x, a.Shape, y, b.Shape, f, 0, greatest[T]())
		default:
			kernel.BinaryClamp(out, x, a.Shape, y, b.Shape, f, T(lo), T(hi))
		}
		return nil
	}}
}

// floats is the variant of a kernel on float32 with a fused activation.
func floats(f kernel.Row[float32, float32]) variant {
	return variant{tensor.Float32, func(c *Call) error {
		a, b := c.In[0], c.In[1]
		act, seen := fused(c.Node), &c.Seen
		if !act.isLimit() {
			seen = nil
		}
		kernel.F32BinaryScan(f32(c.Out[0]), f32(a), a.Shape, f32(b), b.Shape, f, act.clamp(), seen)
		act.finish(f32(c.Out[0]))
		return nil
	}}
}

// greatest returns the greatest value of an integer type, infinity of a float type.
func greatest[T kernel.Number]() T {
	x := T(1)
	for x*2+1 > x {
		x = x*2 + 1
	}
	return x
}

var errZeroDivisor = errors.New("integer division by zero")

// divisor makes a variant fail where an integer divisor is zero, as TFLite's does.
func divisor[T interface {
	tensor.Element
	comparable
}](v variant) variant {
	return variant{v.dtype, func(c *Call) error {
		var zero T
		if slices.Contains(tensor.View[T](c.In[1]), zero) {
			return errZeroDivisor
		}
		return v.kernel(c)
	}}
}

func inferAddN(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0, tensor.Float32, tensor.Int32)
	for i := range in {
		o.tensor(i, tensor.Float32, tensor.Int32)
		o.same(0, i)
		o.sameShape(0, i)
	}
	return o.one(x.DType, x.Shape)
}

// sum is the variant of ADD_N that adds by the given row, from the first operand to the last.
func sum[T tensor.Element](d tensor.DType, add kernel.Row[T, T]) variant {
	return variant{d, func(c *Call) error {
		out := tensor.View[T](c.Out[0])
		copy(out, tensor.View[T](c.In[0]))
		for _, t := range c.In[1:] {
			add(out, out, tensor.View[T](t))
		}
		return nil
	}}
}
