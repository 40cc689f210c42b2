package kernel

import (
	"math"
	"math/bits"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFloatToInt(t *testing.T) {
	src := []float32{1.9, -1.9, 0.5, 3e9, -3e9, 1e20, -1e20, inf, -inf, nan, 2147483520, 2147483648, -2147483648}
	i32 := make([]int32, len(src))
	FloatToInt(i32, src)
	want := []int32{1, -1, 0, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32, math.MaxInt32, 2147483520, math.MaxInt32, math.MinInt32}
	if diff := cmp.Diff(want, i32); diff != "" {
		t.Error(diff)
	}
	u8 := make([]uint8, 6)
	FloatToInt(u8, []float32{-0.9, -1, 255.9, 256, 127.5, nan})
	if diff := cmp.Diff([]uint8{0, 0, 255, 255, 127, 255}, u8); diff != "" {
		t.Error(diff)
	}
	i64 := make([]int64, 5)
	FloatToInt(i64, []float64{9.3e18, -9.3e18, 9223372036854774784, -9223372036854775808, 1e10})
	if diff := cmp.Diff([]int64{math.MaxInt64, math.MinInt64, 9223372036854774784, math.MinInt64, 1e10}, i64); diff != "" {
		t.Error(diff)
	}
	u64 := make([]uint64, 3)
	FloatToInt(u64, []float64{1.9e19, 9.3e18, -1})
	if diff := cmp.Diff([]uint64{math.MaxUint64, 9300000000000000000, 0}, u64); diff != "" {
		t.Error(diff)
	}
}

func TestConvert(t *testing.T) {
	i8 := make([]int8, 3)
	Convert(i8, []int32{300, -129, 5})
	if diff := cmp.Diff([]int8{44, 127, 5}, i8); diff != "" {
		t.Error(diff)
	}
	f := make([]float32, 2)
	Convert(f, []int64{1<<53 + 1<<29 + 1, 16777217})
	if diff := cmp.Diff([]float32{1<<53 + 1<<30, 16777216}, f); diff != "" {
		t.Error(diff)
	}
	b := make([]bool, 4)
	ToBool(b, []float32{0, float32(math.Copysign(0, -1)), 0.1, nan})
	if diff := cmp.Diff([]bool{false, false, true, true}, b); diff != "" {
		t.Error(diff)
	}
	n := make([]int16, 4)
	FromBool(n, b)
	if diff := cmp.Diff([]int16{0, 0, 1, 1}, n); diff != "" {
		t.Error(diff)
	}
}

// TestHalves goes through all numbers of 16 bits and the midpoints between neighbours.
func TestHalves(t *testing.T) {
	for _, c := range []struct {
		name     string
		widen    func([]float32, []uint16)
		narrow   func([]uint16, []float32)
		fraction int // bits of the fraction
		infinity uint16
	}{
		{"half", F16ToF32, F32ToF16, 10, 0x7c00},
		{"bfloat16", BF16ToF32, F32ToBF16, 7, 0x7f80},
	} {
		wide := func(h uint16) float32 {
			var x [1]float32
			c.widen(x[:], []uint16{h})
			return x[0]
		}
		narrow := func(x float32) uint16 {
			var h [1]uint16
			c.narrow(h[:], []float32{x})
			return h[0]
		}
		for i := range 1 << 16 {
			h := uint16(i)
			x := wide(h)
			magnitude := h &^ 0x8000
			if magnitude > c.infinity {
				if got := narrow(x); x == x || got&^0x8000 <= c.infinity || got&0x8000 != h&0x8000 {
					t.Fatalf("%s: NaN %#x becomes %v and %#x", c.name, h, x, got)
				}
				continue
			}
			// The value, from the definition of the format.
			exp := int(magnitude >> c.fraction)
			frac := float64(magnitude & (1<<c.fraction - 1))
			bias := 1<<(14-c.fraction) - 1
			want := math.Ldexp(frac, 1-bias-c.fraction)
			if exp > 0 {
				want = math.Ldexp(frac+float64(int(1)<<c.fraction), exp-bias-c.fraction)
			}
			if magnitude == c.infinity {
				want = math.Inf(1)
			}
			if h&0x8000 != 0 {
				want = -want
			}
			if float64(x) != want || math.Signbit(float64(x)) != (h&0x8000 != 0) {
				t.Fatalf("%s %#x is %v, want %v", c.name, h, x, want)
			}
			if got := narrow(x); got != h {
				t.Fatalf("%s: %v becomes %#x, want %#x", c.name, x, got, h)
			}
			if magnitude == c.infinity {
				continue
			}
			// The midpoint to the next number goes to the even one of both, its neighbours to the nearer.
			next := h + 1
			middle := float32((float64(x) + float64(wide(next))) / 2)
			if magnitude+1 == c.infinity {
				middle = float32(math.Ldexp(float64(x), 1) - float64((float64(x)+float64(wide(h-1)))/2))
			}
			even := h
			if bits.TrailingZeros16(h) == 0 {
				even = next
			}
			away := math.Nextafter32(middle, 2*middle)
			if got := narrow(middle); got != even {
				t.Fatalf("%s: the middle %v above %#x becomes %#x, want %#x", c.name, middle, h, got, even)
			}
			if got := narrow(away); got != next {
				t.Fatalf("%s: %v above the middle becomes %#x, want %#x", c.name, away, got, next)
			}
			if got := narrow(math.Nextafter32(middle, 0)); got != h {
				t.Fatalf("%s: below the middle becomes %#x, want %#x", c.name, got, h)
			}
		}
		if narrow(inf) != c.infinity || narrow(-math.MaxFloat32) != 0x8000|c.infinity {
			t.Errorf("%s: infinity is %#x", c.name, narrow(inf))
		}
	}
}
