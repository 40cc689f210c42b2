package dataset

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
)

// dtypes are the tensor types of array types.
var dtypes = map[npy.Type]tensor.DType{
	npy.Float16: tensor.Float16, npy.Float32: tensor.Float32, npy.Float64: tensor.Float64,
	npy.Int8: tensor.Int8, npy.Int16: tensor.Int16, npy.Int32: tensor.Int32, npy.Int64: tensor.Int64,
	npy.UInt8: tensor.UInt8, npy.UInt16: tensor.UInt16, npy.UInt32: tensor.UInt32, npy.UInt64: tensor.UInt64,
	npy.Bool: tensor.Bool,
}

// arrayType returns the array type of a short name such as "u8" or "f32".
func arrayType(name string) (npy.Type, bool) {
	for t, d := range dtypes {
		if d.String() == name {
			return t, true
		}
	}
	return "", false
}

// castable refuses element types whose values an input can't take in general: floats for integers, numbers for bools. What remains is
// checked value by value.
func (in Input) castable(t npy.Type) error {
	from, ok := dtypes[t]
	switch {
	case !ok:
		return fmt.Errorf("input %v: want its element type, have %q", in, string(t))
	case from == in.DType:
		return nil
	}
	switch in.DType {
	case tensor.Float32, tensor.Float64:
		return nil
	case tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.UInt8, tensor.UInt16, tensor.UInt32, tensor.UInt64:
		if !from.Float() {
			return nil
		}
	}
	return typeError("input %v: want elements of type %v, have %v", in, in.DType, from)
}

// lossy is the error for a value that the input's type can't hold.
func (in Input) lossy(element int, value any, from tensor.DType) error {
	hint := ""
	if in.DType.Float() {
		hint = fmt.Sprintf("; convert the data, for example by astype(%q) in NumPy", numpyNames[in.DType])
	}
	return typeError("input %v: element %d is %v as %v, which %v can't hold exactly%s", in, element, value, from, in.DType, hint)
}

var numpyNames = map[tensor.DType]string{tensor.Float16: "float16", tensor.Float32: "float32", tensor.Float64: "float64"}

// cast fills a tensor of the input's type from little-endian elements of another type, exactly, or returns a *TypeError.
func (in Input) cast(dst *tensor.Tensor, t npy.Type, data []byte) error {
	if dtypes[t] == dst.DType {
		copy(dst.Data, data)
		if t == npy.Bool {
			for i, b := range dst.Data {
				dst.Data[i] = min(b, 1)
			}
		}
		return nil
	}
	size := t.Size()
	for i := range len(data) / size {
		v := element(t, data[i*size:])
		if !v.put(dst, i) {
			var value any = v.i
			switch {
			case v.float:
				value = v.f
			case v.large:
				value = uint64(v.i)
			}
			return in.lossy(i, value, dtypes[t])
		}
	}
	return nil
}

// number is an element's value: an integer, a float, or a uint64 above the range of int64, as its bits.
type number struct {
	i            int64
	f            float64
	float, large bool
}

func element(t npy.Type, b []byte) number {
	le := binary.LittleEndian
	switch t {
	case npy.Int8:
		return number{i: int64(int8(b[0]))}
	case npy.Int16:
		return number{i: int64(int16(le.Uint16(b)))}
	case npy.Int32:
		return number{i: int64(int32(le.Uint32(b)))}
	case npy.UInt8:
		return number{i: int64(b[0])}
	case npy.UInt16:
		return number{i: int64(le.Uint16(b))}
	case npy.UInt32:
		return number{i: int64(le.Uint32(b))}
	case npy.UInt64:
		v := int64(le.Uint64(b))
		return number{i: v, large: v < 0}
	case npy.Bool:
		return number{i: int64(min(b[0], 1))}
	case npy.Float16:
		return number{f: half(le.Uint16(b)), float: true}
	case npy.Float32:
		return number{f: float64(math.Float32frombits(le.Uint32(b))), float: true}
	case npy.Float64:
		return number{f: math.Float64frombits(le.Uint64(b)), float: true}
	default: // npy.Int64
		return number{i: int64(le.Uint64(b))}
	}
}

// put stores v as element i and reports whether that was exact. A NaN stays one.
func (v number) put(dst *tensor.Tensor, i int) bool {
	switch dst.DType {
	case tensor.Float32:
		f := v.widened()
		tensor.View[float32](dst)[i] = float32(f)
		return v.exact(float64(float32(f)))
	case tensor.Float64:
		tensor.View[float64](dst)[i] = v.widened()
		return v.exact(v.widened())
	case tensor.Int8:
		return hold(tensor.View[int8](dst), i, v)
	case tensor.Int16:
		return hold(tensor.View[int16](dst), i, v)
	case tensor.Int32:
		return hold(tensor.View[int32](dst), i, v)
	case tensor.Int64:
		return hold(tensor.View[int64](dst), i, v)
	case tensor.UInt8:
		return hold(tensor.View[uint8](dst), i, v)
	case tensor.UInt16:
		return hold(tensor.View[uint16](dst), i, v)
	case tensor.UInt32:
		return hold(tensor.View[uint32](dst), i, v)
	case tensor.UInt64:
		return hold(tensor.View[uint64](dst), i, v)
	}
	return false
}

func hold[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](dst []T, i int, v number) bool {
	dst[i] = T(v.i)
	return !v.float && !v.large && int64(dst[i]) == v.i && (dst[i] < 0) == (v.i < 0)
}

// widened returns v as the nearest float64.
func (v number) widened() float64 {
	switch {
	case v.float:
		return v.f
	case v.large:
		return float64(uint64(v.i))
	}
	return float64(v.i)
}

// exact reports whether f is v.
func (v number) exact(f float64) bool {
	const two63 = 1 << 63
	switch {
	case v.float:
		return f == v.f || f != f && v.f != v.f
	case v.large:
		return f < 2*two63 && uint64(f) == uint64(v.i)
	}
	return f >= -two63 && f < two63 && int64(f) == v.i
}

// half returns the value of an IEEE half-precision number.
func half(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exp, frac := int(h>>10&0x1f), float64(h&0x3ff)
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 0x1f:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

func finite(v float64) bool { return v-v == 0 }

// check names the first value of a tensor that is NaN or infinite.
func check(in Input, t *tensor.Tensor) error {
	found := func(i int, v float64) error {
		name := "a NaN"
		if v == v {
			name = "an infinity"
		}
		return bad("input %v: element %d is %s", in, i, name)
	}
	switch t.DType {
	case tensor.Float32:
		if allFinite(t.Data) {
			return nil
		}
		for i, v := range tensor.View[float32](t) {
			if v-v != 0 {
				return found(i, float64(v))
			}
		}
	case tensor.Float64:
		for i, v := range tensor.View[float64](t) {
			if v-v != 0 {
				return found(i, v)
			}
		}
	case tensor.Float16:
		for i, v := range tensor.View[uint16](t) {
			if v&0x7c00 == 0x7c00 {
				return found(i, half(v))
			}
		}
	}
	return nil
}

// allFinite reports whether no float32 is NaN or infinite: whether no exponent is all ones, which 1 at its end would carry into the sign. It looks at two at a time.
func allFinite(data []byte) bool {
	const exponents, ones, signs = 0x7f8000007f800000, 0x0080000000800000, 0x8000000080000000
	le := binary.LittleEndian
	var carry uint64
	for ; len(data) >= 32; data = data[32:] {
		carry |= le.Uint64(data)&exponents + ones
		carry |= le.Uint64(data[8:])&exponents + ones
		carry |= le.Uint64(data[16:])&exponents + ones
		carry |= le.Uint64(data[24:])&exponents + ones
	}
	for ; len(data) >= 4; data = data[4:] {
		carry |= uint64(le.Uint32(data))&exponents + ones
	}
	return carry&signs == 0
}
