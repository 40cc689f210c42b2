package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// foldFloat64 returns the arithmetic on float64 that is exact, or rounded once.
func foldFloat64(name string) rows[float64] {
	r := foldNumbers[float64](name)
	switch name {
	case "DIV":
		r.two = kernel.Div[float64]
	case "FLOOR_DIV":
		r.two = repeating(func(x, y float64) float64 { return math.Floor(x / y) })
	case "FLOOR_MOD":
		r.two = repeating(func(x, y float64) float64 {
			m := math.Mod(x, y)
			if m != 0 && (m < 0) != (y < 0) {
				m += y
			}
			return m
		})
	case "POW":
		r.two = repeating(power)
	case "SQUARE":
		r.one = kernel.Square[float64]
	case "FLOOR":
		r.one = mapping(math.Floor)
	case "CEIL":
		r.one = mapping(math.Ceil)
	case "ROUND":
		r.one = mapping(math.RoundToEven)
	case "SQRT":
		r.one = mapping(math.Sqrt)
	case "RSQRT":
		r.one = mapping(func(x float64) float64 { return 1 / math.Sqrt(x) })
	}
	return r
}

// power is x to the power of y: by products where y is a small integer, else to 24 bits.
func power(x, y float64) float64 {
	if y != math.Trunc(y) || math.Abs(y) > 64 {
		return float64(kernel.F32Pow(float32(x), float32(y)))
	}
	p := 1.0
	for range int(math.Abs(y)) {
		p = float64(p * x)
	}
	if y < 0 {
		return 1 / p
	}
	return p
}

func mapping(f func(float64) float64) func(dst, a []float64) {
	return func(dst, a []float64) {
		for i, x := range a {
			dst[i] = f(x)
		}
	}
}

// repeating makes a kernel.Row of a function.
func repeating(f func(x, y float64) float64) kernel.Row[float64, float64] {
	return func(dst, a, b []float64) {
		for i := range dst {
			dst[i] = f(a[i%len(a)], b[i%len(b)])
		}
	}
}

// convert is castTo for constants of any real type as well.
func (c *Context) convert(v *ir.Value, d tensor.DType) *ir.Value {
	from := v.Type.DType
	switch {
	case from == d:
		return v
	case from == tensor.Complex64:
		return c.convert(c.part("REAL", v), d)
	case d == tensor.Complex64:
		return c.castTo(c.convert(v, f32), d)
	case v.Const == nil:
		return c.castTo(v, d)
	}
	c.charge(v.Const.Elements())
	switch {
	case from == tensor.BFloat16:
		out := tensor.New(f32, v.Type.Shape)
		kernel.BF16ToF32(tensor.View[float32](out), tensor.View[uint16](v.Const))
		return c.convert(c.Const(c.name("f32"), out), d)
	case d == tensor.BFloat16:
		wide := c.convert(v, f32)
		out := tensor.New(d, v.Type.Shape)
		kernel.F32ToBF16(tensor.View[uint16](out), tensor.View[float32](wide.Const))
		return c.Const(c.name("bf16"), out)
	case from == tensor.UInt64 && d == tensor.Bool:
		return c.apply("NOT_EQUAL", v, c.number(v, 0))
	case from == tensor.UInt64 && d.Float():
		out := tensor.New(tensor.Float64, v.Type.Shape)
		kernel.Convert(tensor.View[float64](out), tensor.View[uint64](v.Const))
		return c.convert(c.Const(c.name("f64"), out), d)
	case from == tensor.UInt64: // the low bits
		return c.convert(c.relabel(v, i64), d)
	case d == tensor.UInt64:
		return c.relabel(c.convert(v, i64), d)
	}
	return c.castTo(v, d)
}

// relabel reads the elements of v as another type of the same size.
func (c *Context) relabel(v *ir.Value, d tensor.DType) *ir.Value {
	from := v.Type.DType
	if from == d {
		return v
	}
	if from.Size() != d.Size() {
		build.Refuse("the elements of %v can't be read as %v", from, d)
	}
	if t := v.Const; t != nil {
		return c.Const(c.name("bits"), &tensor.Tensor{DType: d, Shape: t.Shape, Data: t.Data})
	}
	return c.reread(v, d)
}

// reread reads the bytes of v as another element type, as BITCAST does.
func (c *Context) reread(v *ir.Value, d tensor.DType) *ir.Value {
	return c.EmitAs("BITCAST", nil, []ir.Type{{DType: d, Unranked: true}}, v)[0]
}
