package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Cast are the attributes of CAST; TFLite's runtime looks at the tensors' types instead.
type Cast struct{ In, Out tensor.DType }

// castTypes are the element types between which CAST converts.
var castTypes = []tensor.DType{
	tensor.Float32, tensor.Float16, tensor.Float64, tensor.Bool, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.UInt16, tensor.Int32, tensor.UInt32, tensor.Int64,
}

var casts = []Op{{
	Name: "CAST", Doc: "The elements of input 0 as another type: floats are rounded towards zero and limited to the range of integers, wide integers wrap. Of complex numbers the real part is taken. Quantized integers are taken as they are stored.",
	In: Exactly(1), Out: Exactly(1), Attr: attr[Cast], Infer: inferCast, Eval: evalCast,
}}

// castComplex are castTypes and complex numbers, which get no imaginary part, and lose theirs.
var castComplex = append(slices.Clone(castTypes), tensor.Complex64)

func inferCast(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.stored(0, castComplex...)
	return o.one(o.declared(0, castComplex...), x.Shape)
}

// evalCast goes by way of float32 where convert knows one of the types not.
func evalCast(c *Call) error {
	x, out := c.In[0], c.Out[0]
	if x.DType == out.DType {
		return copyFirst(c)
	}
	direct := func(d tensor.DType) bool { return d != tensor.Float16 && d != tensor.Complex64 }
	if direct(x.DType) && direct(out.DType) {
		convert(out, x)
		return nil
	}
	memory := c.Scratch(x.Elements())
	wide := &tensor.Tensor{DType: tensor.Float32, Shape: x.Shape, Data: tensor.Bytes(memory)}
	switch x.DType {
	case tensor.Float16:
		kernel.F16ToF32(memory, tensor.View[uint16](x))
	case tensor.Complex64:
		kernel.Real(memory, tensor.View[complex64](x))
	default:
		convert(wide, x)
	}
	switch out.DType {
	case tensor.Float16:
		kernel.F32ToF16(tensor.View[uint16](out), memory)
	case tensor.Complex64:
		kernel.ToComplex(tensor.View[complex64](out), memory)
	default:
		convert(out, wide)
	}
	return nil
}

// convert converts between all types but float16.
func convert(out, x *tensor.Tensor) {
	switch x.DType {
	case tensor.Float32:
		fromFloat(out, tensor.View[float32](x))
	case tensor.Float64:
		fromFloat(out, tensor.View[float64](x))
	case tensor.Bool:
		fromBool(out, tensor.View[bool](x))
	case tensor.Int8:
		fromInt(out, tensor.View[int8](x))
	case tensor.UInt8:
		fromInt(out, tensor.View[uint8](x))
	case tensor.Int16:
		fromInt(out, tensor.View[int16](x))
	case tensor.UInt16:
		fromInt(out, tensor.View[uint16](x))
	case tensor.Int32:
		fromInt(out, tensor.View[int32](x))
	case tensor.UInt32:
		fromInt(out, tensor.View[uint32](x))
	case tensor.Int64:
		fromInt(out, tensor.View[int64](x))
	}
}

func fromFloat[S kernel.Float](out *tensor.Tensor, x []S) {
	switch out.DType {
	case tensor.Float32:
		kernel.Convert(tensor.View[float32](out), x)
	case tensor.Float64:
		kernel.Convert(tensor.View[float64](out), x)
	case tensor.Bool:
		kernel.ToBool(tensor.View[bool](out), x)
	case tensor.Int8:
		kernel.FloatToInt(tensor.View[int8](out), x)
	case tensor.UInt8:
		kernel.FloatToInt(tensor.View[uint8](out), x)
	case tensor.Int16:
		kernel.FloatToInt(tensor.View[int16](out), x)
	case tensor.UInt16:
		kernel.FloatToInt(tensor.View[uint16](out), x)
	case tensor.Int32:
		kernel.FloatToInt(tensor.View[int32](out), x)
	case tensor.UInt32:
		kernel.FloatToInt(tensor.View[uint32](out), x)
	case tensor.Int64:
		kernel.FloatToInt(tensor.View[int64](out), x)
	}
}

func fromInt[S kernel.Integer](out *tensor.Tensor, x []S) {
	switch out.DType {
	case tensor.Float32:
		kernel.Convert(tensor.View[float32](out), x)
	case tensor.Float64:
		kernel.Convert(tensor.View[float64](out), x)
	case tensor.Bool:
		kernel.ToBool(tensor.View[bool](out), x)
	case tensor.Int8, tensor.UInt8:
		kernel.Convert(tensor.View[uint8](out), x)
	case tensor.Int16, tensor.UInt16:
		kernel.Convert(tensor.View[uint16](out), x)
	case tensor.Int32, tensor.UInt32:
		kernel.Convert(tensor.View[uint32](out), x)
	case tensor.Int64:
		kernel.Convert(tensor.View[int64](out), x)
	}
}

func fromBool(out *tensor.Tensor, x []bool) {
	switch out.DType {
	case tensor.Float32:
		kernel.FromBool(tensor.View[float32](out), x)
	case tensor.Float64:
		kernel.FromBool(tensor.View[float64](out), x)
	case tensor.Int8, tensor.UInt8:
		kernel.FromBool(tensor.View[uint8](out), x)
	case tensor.Int16, tensor.UInt16:
		kernel.FromBool(tensor.View[uint16](out), x)
	case tensor.Int32, tensor.UInt32:
		kernel.FromBool(tensor.View[uint32](out), x)
	case tensor.Int64:
		kernel.FromBool(tensor.View[int64](out), x)
	}
}
