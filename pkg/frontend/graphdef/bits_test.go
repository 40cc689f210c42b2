package graphdef

import (
	"fmt"
	"math"
	"math/bits"
	"testing"

	"github.com/octetlite/octet/pkg/tensor"
)

// integers returns the numbers around which bits change.
func integers[T interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}]() (list []T) {
	for shift := range 63 {
		for _, d := range []int64{-1, 0, 1} {
			x := int64(1)<<shift + d
			if y := T(x); int64(y) == x {
				list = append(list, y, -y, y^0x55)
			}
		}
	}
	return append(list, ^T(0), T(1)<<(bits.Len64(uint64(^T(0)))-1))
}

// bitwise compares the operators on bits with Go's, on pairs of numbers, and with constant masks.
func bitwise[T interface {
	tensor.Element
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}](t *testing.T, d tensor.DType) {
	list := integers[T]()
	var x, y []T
	for _, a := range list {
		for _, b := range list {
			x, y = append(x, a), append(y, b)
		}
	}
	for op, f := range map[string]func(a, b T) T{
		"BitwiseAnd": func(a, b T) T { return a & b },
		"BitwiseOr":  func(a, b T) T { return a | b },
		"BitwiseXor": func(a, b T) T { return a ^ b },
	} {
		got := tensor.View[T](compute(t, of(vector(d, x...), vector(d, y...)), node("y = "+op+"(x0, x1)")))
		for i := range x {
			if want := f(x[i], y[i]); got[i] != want {
				t.Fatalf("%s of %v: %d, %d gives %d, want %d", op, d, x[i], y[i], got[i], want)
			}
		}
	}
	got := tensor.View[T](compute(t, of(vector(d, list...)), node("y = Invert(x0)")))
	for i, a := range list {
		if got[i] != ^a {
			t.Errorf("Invert of %v: %d gives %d, want %d", d, a, got[i], ^a)
		}
	}
}

func TestBits(t *testing.T) {
	bitwise[int8](t, tensor.Int8)
	bitwise[uint8](t, tensor.UInt8)
	bitwise[int16](t, tensor.Int16)
	bitwise[uint16](t, tensor.UInt16)
	bitwise[int32](t, tensor.Int32)
	bitwise[uint32](t, tensor.UInt32)
	bitwise[int64](t, tensor.Int64)
}

func TestMasksAndShiftsByConstants(t *testing.T) {
	list := integers[int32]()
	x := vector(i32, list...)
	for _, m := range []int32{0, 1, 7, 255, 1<<30 - 1, math.MaxInt32, math.MinInt32, -1, -8, -1 << 20, 5, -6} {
		mask := constant("m", tensor.I32(nil, m))
		for _, n := range []string{"y = BitwiseAnd(x0, m)", "y = BitwiseAnd(m, x0)"} {
			got := tensor.View[int32](compute(t, of(x), mask, node(n)))
			for i, a := range list {
				if got[i] != a&m {
					t.Fatalf("%d & %d = %d, want %d", a, m, got[i], a&m)
				}
			}
		}
	}
	for _, by := range []int32{0, 1, 5, 30, 31} {
		shift := constant("m", tensor.I32(nil, by))
		for op, f := range map[string]func(a int32) int32{"LeftShift": func(a int32) int32 { return a << by }, "RightShift": func(a int32) int32 { return a >> by }} {
			got := tensor.View[int32](compute(t, of(x), shift, node("y = "+op+"(x0, m)")))
			for i, a := range list {
				if got[i] != f(a) {
					t.Fatalf("%s: %d by %d = %d, want %d", op, a, by, got[i], f(a))
				}
			}
		}
	}
	got := tensor.View[int32](compute(t, of(vector[int32](i32, 1, -3, 5, 7), vector[int32](i32, 31, 2, -1, 40)), node("y = LeftShift(x0, x1)")))
	if want := []int32{math.MinInt32, -12, 5, math.MinInt32}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("shifts to the left: %v, want %v", got, want)
	}
}
