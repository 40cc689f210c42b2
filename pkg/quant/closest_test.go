package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/tensor"
)

// missing sums, for each channel along axis 0 of rows, the squares of what the integers lack, and in steps the errors themselves, of elements that are not cut off: others are not to make up for those.
func missing(t *Type, q []int8, data []float32, rows int) (squares, sums []float64) {
	squares, sums = make([]float64, rows), make([]float64, rows)
	n := len(data) / rows
	for i, x := range data {
		s := t.Scale[i/n%len(t.Scale)]
		d := float64(q[i])*s - float64(x)
		squares[i/n] += d * d
		if steps := float64(x / float32(s)); steps >= float64(t.Lo)-0.5 && steps <= float64(t.Hi)+0.5 {
			sums[i/n] += d / s
		}
	}
	return squares, sums
}

// unpack returns integers, those of 4 bits among them.
func unpack(c *tensor.Tensor) []int8 {
	if c.DType == tensor.Int8 {
		return tensor.View[int8](c)
	}
	q := make([]int8, c.Elements())
	for i := range q {
		q[i] = int8(c.Data[i/2]<<(4-i%2*4)) >> 4
	}
	return q
}

// The sixteenth integer is used where the largest weight is negative, and a rare one is cut off where that serves many.
func TestClosest(t *testing.T) {
	many := make([]float32, 400)
	for i := range many {
		many[i] = float32(i%8) - 3.5
	}
	many[7] = 20
	for _, c := range []struct {
		name     string
		data     []float32
		bits     int
		lo, hi   float64
		integers []int8 // the first ones
	}{
		{"sixteen steps", []float32{-8, 7, 3, -2}, 4, 1, 1, []int8{-8, 7, 3, -2}},
		{"nothing to gain", []float32{7, -7, 3, 1}, 4, 1, 1, []int8{7, -7, 3, 1}},
		{"zeros", []float32{0, 0, 0, 0}, 4, 1e-10, 1e-9, []int8{0, 0, 0, 0}},
		{"a rare one", many, 4, 0.9, 2, nil},
		{"8 bits", []float32{127, -127, 64, 1}, 8, 1, 1, []int8{127, -127, 64, 1}},
	} {
		shape := tensor.Shape{1, len(c.data)}
		typ := WeightOnly(c.data, shape, 0, c.bits).Closest(c.data, shape)
		if s := typ.Scale[0]; s < c.lo || s > c.hi || s != float64(float32(s)) {
			t.Errorf("%s: scale %v, want %v to %v", c.name, s, c.lo, c.hi)
		}
		got := unpack(typ.Quantize(tensor.F32(shape, c.data...)))
		for i, want := range c.integers {
			if got[i] != want {
				t.Errorf("%s: integers %v, want %v", c.name, got, c.integers)
				break
			}
		}
	}
}

// Other scales never lack more, of any channel, under either rule; balancing moves an integer by one at most, and leaves a channel's sum no greater: rounded integers have the
// least squares of errors there are, and it lessens those together with that of the sum.
func TestClosestLacksLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const rows = 3
		n := rapid.IntRange(1, 24).Draw(t, "n")
		data := rapid.SliceOfN(rapid.Float32Range(-100, 100), rows*n, rows*n).Draw(t, "data")
		shape := tensor.Shape{rows, n}
		hybrid := HybridWeight(data, shape, 0)
		for _, typ := range []*Type{WeightOnly(data, shape, 0, 4), WeightOnly(data, shape, 0, 8), hybrid} {
			integers := func(typ *Type) []int8 { return unpack(typ.Quantize(tensor.F32(shape, data...))) }
			closest := typ.Closest(data, shape)
			before, _ := missing(typ, integers(typ), data, rows)
			rounded := integers(closest)
			after, sums := missing(closest, rounded, data, rows)
			for i := range before {
				if after[i] > before[i]*(1+1e-9) {
					t.Fatalf("%d bits: channel %d lacks %v, with its own scale %v", typ.Bits, i, after[i], before[i])
				}
			}
			balanced := *closest
			balanced.Balanced = true
			q := integers(&balanced)
			_, left := missing(closest, q, data, rows)
			for i := range q {
				if d := int(q[i]) - int(rounded[i]); d < -1 || d > 1 {
					t.Fatalf("%d bits: integer %d is %d, rounded %d", typ.Bits, i, q[i], rounded[i])
				}
			}
			for i := range left {
				if math.Abs(left[i]) > math.Abs(sums[i])+1e-2 { // for rounding of what is next to a half
					t.Fatalf("%d bits: the errors of channel %d add up to %v steps, to %v before", typ.Bits, i, left[i], sums[i])
				}
			}
		}
	})
}

// Of many weights that all are rounded down the errors add up to much, and to next to nothing when they are balanced: of channels of depthwise weights as of others, of kernels of 3 by 3 too.
func TestBalance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		shape tensor.Shape
		axis  int
	}{{tensor.Shape{2, 64}, 0}, {tensor.Shape{2, 3, 3, 16}, 0}, {tensor.Shape{1, 5, 5, 2}, 3}, {tensor.Shape{64, 2}, 1}} {
		data := make([]float32, c.shape.Elements())
		for i := range data {
			data[i] = float32(rng.IntN(12)-6) + 0.4
		}
		typ := WeightOnly(data, c.shape, c.axis, 4)
		for i := range typ.Scale {
			typ.Scale[i] = 1
		}
		sum := func(typ *Type, channel, kernel int) float64 {
			total := 0.0
			q := unpack(typ.Quantize(tensor.F32(c.shape, data...)))
			inner := typ.inner(c.shape)
			for i := range q {
				if i/inner%len(typ.Scale) == channel && (kernel < 0 || i%c.shape[3] == kernel) {
					total += float64(q[i]) - float64(data[i])
				}
			}
			return total
		}
		balanced := *typ
		balanced.Balanced = true
		for i := range typ.Scale {
			if before, after := sum(typ, i, -1), sum(&balanced, i, -1); math.Abs(before) < 9 || math.Abs(after) > 1.5 {
				t.Errorf("%v: the errors of channel %d add up to %v, to %v before", c.shape, i, after, before)
			}
			if len(c.shape) < 4 || c.axis != 0 {
				continue
			}
			for k := range c.shape[3] {
				if after := sum(&balanced, i, k); math.Abs(after) > 1.7 {
					t.Errorf("%v: the errors of kernel %d of channel %d add up to %v", c.shape, k, i, after)
				}
			}
		}
	}
}
