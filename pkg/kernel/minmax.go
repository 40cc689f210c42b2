package kernel

import "math"

// F32Range is what F32MinMax finds: the least and the greatest number, never a negative zero, and how many elements were NaN or infinite.
// Without a number Min is +Inf and Max is -Inf.
type F32Range struct {
	Min, Max float32
	NaN, Inf int
}

// emptyRange is the range of nothing.
var emptyRange = F32Range{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}

// merge makes r the range of both.
func (r *F32Range) merge(o F32Range) {
	if o.Min < r.Min { // an end is no NaN and no negative zero, with which min takes longer
		r.Min = o.Min
	}
	if o.Max > r.Max {
		r.Max = o.Max
	}
	r.NaN += o.NaN
	r.Inf += o.Inf
}

// F32MinMax returns the range of x. NaNs take no part in Min and Max, infinities do.
func F32MinMax(x []float32) F32Range {
	lo, hi, nan := f32MinMax(x)
	// The sum makes a zero of either sign positive.
	r := F32Range{Min: lo + 0, Max: hi + 0}
	if nan {
		r.NaN = count(x, func(v float32) bool { return v != v })
	}
	if lo < -math.MaxFloat32 || hi > math.MaxFloat32 {
		r.Inf = count(x, func(v float32) bool { return math.IsInf(float64(v), 0) })
	}
	return r
}

// f32MinMaxGeneric returns the extrema, zeros of either sign being equal, and whether there is a NaN. It defines what all variants compute.
func f32MinMaxGeneric(x []float32) (lo, hi float32, nan bool) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range x {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
		nan = nan || v != v
	}
	return lo, hi, nan
}

func count(x []float32, is func(float32) bool) (n int) {
	for _, v := range x {
		if is(v) {
			n++
		}
	}
	return n
}
