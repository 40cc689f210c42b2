package quant

import (
	"math"

	"github.com/octetlite/octet/pkg/parallel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Weight returns the int8 type of a constant operand that is quantized symmetrically: with one scale for each index of the axis, or for the whole
// tensor if axis is PerTensorAxis. The data must not be empty.
func Weight(data []float32, shape tensor.Shape, axis int) *Type {
	t := symmetric(largestAlong(data, shape, axis), axis)
	for i, m := range t.Scale {
		lo, hi := widen(-m, m)
		t.Scale[i] = float64((float32(hi) - float32(lo)) / float32(t.Hi-t.Lo))
	}
	return t
}

// HybridWeight returns the int8 type of weights that a float operator reads, as TFLiteConverter chooses it: as Weight, but in float64 all through.
func HybridWeight(data []float32, shape tensor.Shape, axis int) *Type {
	t := symmetric(largestAlong(data, shape, axis), axis)
	t.Rule = Quotient
	for i, m := range t.Scale {
		lo, hi := widen(-m, m)
		t.Scale[i] = (hi - lo) / float64(t.Hi-t.Lo)
	}
	return t
}

// minLargest is what WeightOnly takes the largest magnitude of weights for at least, so that no scale is 0.
const minLargest = 1e-9

// WeightOnly returns the type of weights that are stored in 8 or 4 bits and computed with in float, as AI Edge Quantizer chooses it: 4 bits use
// all 16 integers, 8 bits leave out -128.
func WeightOnly(data []float32, shape tensor.Shape, axis, bits int) *Type {
	t := symmetric(largestAlong(data, shape, axis), axis)
	t.Rule, t.Bits = QuotientEven, bits
	if bits == 4 {
		t.Lo, t.Hi = -8, 7
	}
	for i, m := range t.Scale {
		t.Scale[i] = float64(max(float32(m), minLargest) / float32(t.Hi))
	}
	return t
}

// symmetric is an int8 type around 0 whose scales are still to be computed of what they are called with.
func symmetric(scale []float64, axis int) *Type {
	return &Type{Scale: scale, Axis: axis, Bits: 8, Lo: -127, Hi: 127}
}

// largestAlong returns the largest magnitude of each index of an axis, or of all; a NaN is the largest of all.
func largestAlong(data []float32, shape tensor.Shape, axis int) []float64 {
	if axis == PerTensorAxis {
		return []float64{largest(data)}
	}
	most := make([]float64, shape[axis])
	inner := shape[axis+1:].Elements()
	block := len(most) * inner
	parallel.Do(len(most), max(leastPart*len(most)/max(len(data), 1), 1), func(first, last int) {
		if inner == 1 {
			largestColumns(most, data, first, last)
			return
		}
		for c := first; c < last; c++ {
			for start := c * inner; start < len(data); start += block {
				most[c] = max(most[c], largestOf(data[start:start+inner]))
			}
		}
	})
	return most
}

// leastPart is how many numbers are worth a goroutine: some 20 µs of work.
const leastPart = 1 << 14

// largestColumns is largestAlong for the last axis, for some of its indices.
func largestColumns(most []float64, data []float32, first, last int) {
	bits := make([]uint32, last-first)
	for start := 0; start < len(data); start += len(most) {
		for i, x := range data[start+first : start+last] {
			bits[i] = max(bits[i], magnitude(x))
		}
	}
	for i, b := range bits {
		most[first+i] = float64(math.Float32frombits(b))
	}
}

func largest(data []float32) float64 {
	most := make([]float64, 1+len(data)/leastPart) // more than there are parts
	parallel.Do(len(data), leastPart, func(first, last int) { most[first/leastPart] = largestOf(data[first:last]) })
	m := 0.0
	for _, x := range most {
		m = max(m, x)
	}
	return m
}

// Finite reports whether a constant holds neither NaN nor infinity.
func Finite(data []float32) bool { return largest(data) <= math.MaxFloat32 }

// largestOf returns the largest magnitude; 0 of none. Four at a time do not wait for each other.
func largestOf(data []float32) float64 {
	var a, b, c, d uint32
	for ; len(data) >= 4; data = data[4:] {
		a, b, c, d = max(a, magnitude(data[0])), max(b, magnitude(data[1])), max(c, magnitude(data[2])), max(d, magnitude(data[3]))
	}
	for _, x := range data {
		a = max(a, magnitude(x))
	}
	return float64(math.Float32frombits(max(a, b, c, d)))
}

// magnitude returns the bits of |x|, which are in the order of magnitudes, with NaNs behind infinity.
func magnitude(x float32) uint32 { return math.Float32bits(x) &^ (1 << 31) }
