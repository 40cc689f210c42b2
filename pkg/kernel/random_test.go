package kernel

import (
	"math"
	"slices"
	"testing"
)

// TestPhilox takes the vectors of the authors' library, Random123.
func TestPhilox(t *testing.T) {
	ones := uint32(math.MaxUint32)
	for _, c := range []struct {
		p    Philox
		want [4]uint32
	}{
		{Philox{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{Philox{[2]uint32{ones, ones}, [4]uint32{ones, ones, ones, ones}}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{
			Philox{[2]uint32{0xa4093822, 0x299f31d0}, [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		p := c.p
		if got := p.Next(); got != c.want {
			t.Errorf("%x gives %x, want %x", c.p, got, c.want)
		}
	}
	p := Philox{Count: [4]uint32{ones, 7}}
	if p.Next(); p.Count != [4]uint32{0, 8} {
		t.Errorf("the next count is %x", p.Count)
	}
}

// TestStreams takes the numbers that LiteRT 2.3 draws from seeds 1 and 2.
func TestStreams(t *testing.T) {
	p := NewPhilox(1, 2)
	x := make([]float32, 5)
	F32Uniform(x, p)
	if want := []float32{0.40639675, 0.8575996, 0.05539584, 0.08587229, 0.4121536}; !slices.Equal(x, want) {
		t.Errorf("uniform: %v, want %v", x, want)
	}
	F32Normal(x, p)
	for i, want := range []float32{-1.0467793, 0.8397046, 1.2358364, 2.0637853, 0.3037427} {
		if math.Abs(float64(x[i]-want)) > 1e-6 {
			t.Errorf("normal: %v at %d, want %v", x[i], i, want)
		}
	}
	classes := make([]int32, 8)
	Multinomial(classes, []float32{0, 1, 2, 1, 1, 1}, 3, 4, p)
	if want := []int32{1, 2, 1, 1, 2, 2, 1, 1}; !slices.Equal(classes, want) {
		t.Errorf("classes: %v, want %v", classes, want)
	}
}

func TestDistributions(t *testing.T) {
	const n = 1 << 16
	moments := func(x []float32) (mean, variance float64) {
		for _, v := range x {
			mean += float64(v) / n
			variance += float64(v) * float64(v) / n
		}
		return mean, variance - mean*mean
	}
	x := make([]float32, n)
	F32Uniform(x, NewPhilox(1, 2))
	if m, v := moments(x); math.Abs(m-0.5) > 0.005 || math.Abs(v-1.0/12) > 0.002 {
		t.Errorf("uniform: mean %v, variance %v", m, v)
	}
	F32Normal(x, NewPhilox(3, 4))
	if m, v := moments(x); math.Abs(m) > 0.02 || math.Abs(v-1) > 0.03 {
		t.Errorf("normal: mean %v, variance %v", m, v)
	}
	classes := make([]int32, 2*n)
	third := F32Log(1.0 / 3)
	Multinomial(classes, []float32{0, third, float32(math.Inf(-1)), third, 0, 0}, 3, n, NewPhilox(5, 6))
	var count [2][3]float64
	for i, c := range classes {
		count[i/n][c] += 1.0 / n
	}
	for row, want := range [2][3]float64{{0.75, 0.25, 0}, {1.0 / 7, 3.0 / 7, 3.0 / 7}} {
		for i, w := range want {
			if math.Abs(count[row][i]-w) > 0.01 {
				t.Errorf("row %d: class %d comes with %v, want %v", row, i, count[row][i], w)
			}
		}
	}
}
