package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFMA is fma32 by exact arithmetic, for finite arguments.
func exactFMA(x, y, z float32) float32 {
	// 2·149 bits below one, 2·128 above.
	b := func(v float32) *big.Float { return new(big.Float).SetPrec(1024).SetFloat64(float64(v)) }
	p := b(x)
	s, _ := p.Add(p.Mul(p, b(y)), b(z)).Float32()
	if s == 0 && p.Sign() == 0 { // an exact zero: its sign is that of the float64 sum
		return float32(float64(float64(x)*float64(y)) + float64(z))
	}
	return s
}

func sameFloat(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func FuzzFMA(f *testing.F) {
	f.Add(uint32(0x3f800001), uint32(0x3f800001), uint32(0x33800000))
	f.Add(uint32(0x00000001), uint32(0x3f000000), uint32(0x00000001))
	f.Add(uint32(0x7f7fffff), uint32(0x3f800001), uint32(0xff7fffff))
	f.Fuzz(func(t *testing.T, xb, yb, zb uint32) {
		x, y, z := math.Float32frombits(xb), math.Float32frombits(yb), math.Float32frombits(zb)
		if v := x*0 + y*0 + z*0; v != 0 {
			return
		}
		if got, want := fma32(x, y, z), exactFMA(x, y, z); !sameFloat(got, want) {
			t.Errorf("fma32(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
	})
}

func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	// Few significant bits and close exponents, so that sums often lie in the middle between two float32 or close to it.
	draw := func(spread int) float32 {
		m := uint32(1)<<23 | r.Uint32N(4)<<21 | r.Uint32N(4)
		if r.IntN(2) == 0 {
			m = 1<<23 | r.Uint32N(1<<23)
		}
		return math.Float32frombits(r.Uint32N(2)<<31 | uint32(127+r.IntN(2*spread+1)-spread)<<23 | m&(1<<23-1))
	}
	for range 300_000 {
		for _, spread := range []int{0, 13, 26, 60, 120} {
			x, y, z := draw(spread), draw(spread), draw(spread)
			if spread == 120 { // into the subnormal numbers
				z *= 0x1p-100
				y *= 0x1p-90
			}
			if got, want := fma32(x, y, z), exactFMA(x, y, z); !sameFloat(got, want) {
				t.Fatalf("fma32(%x, %x, %x) = %x, want %x", x, y, z, got, want)
			}
		}
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ x, y, z, want float32 }{
		{inf, 1, 0, inf}, {inf, 0, 1, nan}, {inf, 1, -inf, nan}, {1, 1, -inf, -inf}, {nan, 0, 0, nan}, {0, 0, nan, nan},
		{math.MaxFloat32, 2, 0, inf}, {math.MaxFloat32, 2, -math.MaxFloat32, math.MaxFloat32}, {-2, math.MaxFloat32, -inf, -inf},
	} {
		if got := fma32(c.x, c.y, c.z); !sameFloat(got, c.want) {
			t.Errorf("fma32(%g, %g, %g) = %g, want %g", c.x, c.y, c.z, got, c.want)
		}
	}
}

func BenchmarkFMA(b *testing.B) {
	s := float32(0)
	for b.Loop() {
		s = fma32(1.0001, 0.9999, s) * 0.5
	}
	_ = s
}
