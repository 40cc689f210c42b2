package quant

import (
	"math"

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

// largestAlong returns the largest magnitude of each index of an axis, or of all.
func largestAlong(data []float32, shape tensor.Shape, axis int) []float64 {
	if axis == PerTensorAxis {
		return []float64{largest(data)}
	}
	most := make([]float64, shape[axis])
	inner := shape[axis+1:].Elements()
	for i, x := range data {
		c := i / inner % len(most)
		most[c] = max(most[c], math.Abs(float64(x)))
	}
	return most
}

func largest(data []float32) float64 {
	m := 0.0
	for _, x := range data {
		m = max(m, math.Abs(float64(x)))
	}
	return m
}
