package quant

import (
	"math"

	"github.com/octetlite/octet/pkg/parallel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Quantize returns the integers of a float32 constant, in the element type that t's Bits ask for. What lies outside the stored integers is clipped. A NaN
// becomes 0.
//
// The rule Reciprocal rounds halves away from zero, as TFLiteConverter computes it, in three ways: per-axis int8 and all int32 are multiplied by the float32 reciprocal of the float32 scale; a symmetric
// per-tensor int8 takes its scale from the content again, unless that is far from t's; any other int8 is divided by the scale in float64.
func (t *Type) Quantize(c *tensor.Tensor) *tensor.Tensor {
	data := tensor.View[float32](c)
	switch {
	case t.Rule == Quotient, t.Rule == QuotientEven:
		return t.quotients(data, c.Shape)
	case t.Bits == 32:
		out := tensor.New(tensor.Int32, c.Shape)
		byReciprocal(tensor.View[int32](out), data, t.reciprocals(), t.inner(c.Shape), math.MaxInt32)
		return out
	case t.Bits == 64:
		out := tensor.New(tensor.Int64, c.Shape)
		byReciprocal(tensor.View[int64](out), data, t.reciprocals(), t.inner(c.Shape), maxInt64)
		return out
	case t.Bits == 16:
		out := tensor.New(tensor.Int16, c.Shape)
		byReciprocal(tensor.View[int16](out), data, t.reciprocals(), t.inner(c.Shape), math.MaxInt16)
		return out
	case t.PerAxis(), t.Rule == Largest:
		out := tensor.New(tensor.Int8, c.Shape)
		byReciprocal(tensor.View[int8](out), data, t.reciprocals(), t.inner(c.Shape), math.MaxInt8)
		if t.Balanced {
			t.balance(tensor.View[int8](out), data, c.Shape)
		}
		return out
	case t.Symmetric():
		most := float32(largest(data))
		own, reciprocal := float32(1), float32(0)
		if most != 0 {
			own, reciprocal = most/127, 127/most
		}
		if math.Abs(float64(own)-t.Scale[0]) <= 1e-3 {
			out := tensor.New(tensor.Int8, c.Shape)
			byReciprocal(tensor.View[int8](out), data, []float32{reciprocal}, 1, math.MaxInt8)
			return out
		}
	}
	out := tensor.New(tensor.Int8, c.Shape)
	q := tensor.View[int8](out)
	for i, x := range data {
		q[i] = int8(clip(float64(x)/t.Scale[0]+float64(t.Zero), float64(t.Lo), float64(t.Hi)))
	}
	return out
}

// quotients divides each element by its scale, in the way that the rule says. Integers of 4 bits are stored two to a byte, the first in the low bits; in 8 bits there is only a
// block of them at a time.
func (t *Type) quotients(data []float32, shape tensor.Shape) *tensor.Tensor {
	const block = 1 << 12 // even
	if t.Bits != 4 || t.Balanced {
		out := tensor.New(tensor.Int8, shape)
		q := tensor.View[int8](out)
		t.divide(q, data, 0, shape)
		if t.Balanced {
			t.balance(q, data, shape)
		}
		if t.Bits != 4 {
			return out
		}
		halves := tensor.New(tensor.Int4, shape)
		pack(halves.Data, q)
		return halves
	}
	out := tensor.New(tensor.Int4, shape)
	q := make([]int8, min(len(data), block))
	for start := 0; start < len(data); start += block {
		part := q[:min(len(data)-start, block)]
		t.divide(part, data[start:], start, shape)
		pack(out.Data[start/2:], part)
	}
	return out
}

// pack stores integers of 4 bits.
func pack(out []byte, q []int8) {
	for i, x := range q {
		out[i/2] |= byte(x) & 15 << (i % 2 * 4)
	}
}

// divide makes the integers of the first elements of data, which begins at an index of a tensor of that shape.
func (t *Type) divide(q []int8, data []float32, start int, shape tensor.Shape) {
	inner := t.inner(shape)
	parallel.Do(len(q), leastPart, func(first, last int) {
		for i := first; i < last; i++ {
			q[i] = int8(t.quotient(data[i], t.Scale[(start+i)/inner%len(t.Scale)]))
		}
	})
}

// inner is the number of elements that share an index of the axis in one run.
func (t *Type) inner(shape tensor.Shape) int {
	if !t.PerAxis() || t.Axis >= len(shape) {
		return 1
	}
	return shape[t.Axis+1:].Elements()
}

func (t *Type) reciprocals() []float32 {
	r := make([]float32, len(t.Scale))
	for i, s := range t.Scale {
		switch f := float32(s); {
		case f == 0:
		case t.Rule == Largest:
			r[i] = float32(maxInt8 / float64(float32(s*maxInt8)))
		default:
			r[i] = float32(1 / float64(f))
		}
	}
	return r
}

const (
	maxInt8  = math.MaxInt8
	maxInt64 = 1<<63 - 1<<10 // the largest float64 that an int64 holds
)

// byReciprocal multiplies elements by the reciprocal of their scale, of which each is that of inner elements in a row, by turns, and rounds.
func byReciprocal[T int8 | int16 | int32 | int64](q []T, data, reciprocal []float32, inner int, limit float64) {
	if len(reciprocal) == 1 {
		parallel.Do(len(data), leastPart, func(first, last int) { scaled(q[first:last], data[first:last], reciprocal[0], limit) })
		return
	}
	if inner == 1 {
		columns := len(reciprocal)
		for i := len(data) / columns * columns; i < len(data); i++ { // fewer elements than scales
			q[i] = T(rounded(float32(data[i]*reciprocal[i%columns]), limit))
		}
		parallel.Do(len(data)/columns, max(leastPart/columns, 1), func(first, last int) {
			for start := first * columns; start < last*columns; start += columns {
				row := q[start : start+columns]
				for i, x := range data[start : start+columns] {
					row[i] = T(rounded(float32(x*reciprocal[i]), limit))
				}
			}
		})
		return
	}
	parallel.Do(len(data)/max(inner, 1), max(leastPart/max(inner, 1), 1), func(first, last int) {
		for run := first; run < last; run++ {
			start := run * inner
			scaled(q[start:start+inner], data[start:start+inner], reciprocal[run%len(reciprocal)], limit)
		}
	})
}

// scaled is byReciprocal for elements of one scale.
func scaled[T int8 | int16 | int32 | int64](q []T, data []float32, reciprocal float32, limit float64) {
	q = q[:len(data)]
	for i, x := range data {
		q[i] = T(rounded(float32(x*reciprocal), limit))
	}
}

// rounded is clip for a product in float32 and ends that are integers: halves away from zero, which adding them and cutting off does, since such a product and a half have an exact
// sum in float64 where it has a fraction.
func rounded(product float32, limit float64) int64 {
	x := float64(product)
	switch {
	case x > limit:
		x = limit
	case x < -limit:
		x = -limit
	case x != x:
		return 0
	}
	return int64(x + math.Copysign(0.5, x))
}

// clip rounds x and limits it to [lo, hi]; a NaN becomes 0, since converting one to an integer is the platform's choice.
func clip(x, lo, hi float64) float64 { return limit(math.Round(x), lo, hi) }

func limit(x, lo, hi float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return min(max(x, lo), hi)
}
