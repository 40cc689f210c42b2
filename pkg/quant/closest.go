package quant

import (
	"math"

	"github.com/octetlite/octet/pkg/tensor"
)

// Closest tries scales from t's own downwards in steps of 1/32 of it, and leaves out those below a third.
const (
	scaleSteps = 32
	leastSteps = 11
	refinings  = 3
)

// Closest returns t with other scales, of which the integers come closer to a constant: for each channel the scale with the least square error of those between a third of t's own and this, in steps of
// 1/32, and of what least squares make of it then. Large elements are clipped where that serves the others. By rules that multiply by a reciprocal the error is
// that of quotients.
func (t *Type) Closest(data []float32, shape tensor.Shape) *Type {
	c := t.Clone()
	var channel []float32
	for i, s := range t.Scale {
		channel = t.channel(channel[:0], i, data, shape)
		c.Scale[i] = t.ClosestScale(channel, s, func(s float64) float64 { return float64(float32(s)) })
	}
	return c
}

// channel appends the elements that have scale i.
func (t *Type) channel(out []float32, i int, data []float32, shape tensor.Shape) []float32 {
	if len(t.Scale) == 1 {
		return append(out, data...)
	}
	inner := t.inner(shape)
	for start := i * inner; start < len(data); start += len(t.Scale) * inner {
		out = append(out, data[start:start+inner]...)
	}
	return out
}

// ClosestScale is Closest for elements of one scale; round makes of a scale one that can be stored.
func (t *Type) ClosestScale(data []float32, scale float64, round func(float64) float64) float64 {
	best, least := scale, t.squareError(data, scale, math.Inf(1))
	try := func(s float64) bool {
		if s = round(s); s <= 0 || s == best {
			return false
		}
		e := t.squareError(data, s, least)
		if e >= least {
			return false
		}
		best, least = s, e
		return true
	}
	for n := scaleSteps - 1; n >= leastSteps; n-- {
		try(scale * float64(n) / scaleSteps)
	}
	for range refinings {
		if !try(t.leastSquares(data, best)) {
			break
		}
	}
	return best
}

// squareError sums the squares of what integers lack, in the order of the elements, or returns a sum that is not below the limit.
func (t *Type) squareError(data []float32, scale, limit float64) float64 {
	const block = 256
	sum := 0.0
	for start := 0; start < len(data) && sum < limit; start += block {
		for _, x := range data[start:min(start+block, len(data))] {
			d := float64(x) - float64(t.quotient(x, scale)*scale)
			sum += float64(d * d)
		}
	}
	return sum
}

// leastSquares returns the scale by which the integers of another scale stand for the elements with the least square error; 0 if all are 0.
func (t *Type) leastSquares(data []float32, scale float64) float64 {
	product, square := 0.0, 0.0
	for _, x := range data {
		q := t.quotient(x, scale)
		product += float64(q * float64(x))
		square += float64(q * q)
	}
	if square == 0 {
		return 0
	}
	return product / square
}

// quotient is the integer of an element, by division.
func (t *Type) quotient(x float32, scale float64) float64 {
	if t.Rule == QuotientEven {
		return limit(math.RoundToEven(float64(x/float32(scale))), float64(t.Lo), float64(t.Hi))
	}
	return clip(float64(x)/scale, float64(t.Lo), float64(t.Hi))
}
