package kernel

import (
	"fmt"
	"math"
)

// S16Scale is a factor of sums of products of int16 in fixed point, of which 15 bits count: see NewS16Scale.
type S16Scale struct {
	m, half int64
	right   uint8
}

// NewS16Scale returns the factor m * 2^(shift-31), m rounded to a multiple of 2^16 less than 2^31, with a shift of 14 at most; below -31 it is 0.
func NewS16Scale(m int32, shift int) S16Scale {
	if shift < -31 {
		return S16Scale{}
	}
	right := uint8(15 - shift)
	return S16Scale{m: min((int64(m)+1<<15)>>16, math.MaxInt16), right: right, half: 1 << right >> 1}
}

// Rescale returns x times the factor, rounded to the nearest, halves upwards. What passes the range of int32 wraps.
func (s *S16Scale) Rescale(x int64) int32 { return int32((x*s.m + s.half) >> (s.right & 63)) }

// S16Result says how sums of a layer become int16: each is rescaled and limited to [Lo, Hi]. One of Scale, Narrow and Factor is given, with one element or one for each
// channel.
type S16Result struct {
	Lo, Hi int32
	Int32  bool         // sums are int32, which wrap: what they are beside a bias of that type. Else they are int64
	Scale  []S16Scale   // of int64 sums
	Narrow []Multiplier // of int32 sums
	Factor []float64    // of either: products with these are rounded, halves away from zero
}

// of returns the result of a sum of channel c, where there is one factor for each.
func (r *S16Result) of(sum int64, c int) int16 {
	if r.Int32 {
		sum = int64(int32(sum))
	}
	switch {
	case r.Factor != nil:
		return int16(min(max(math.Round(float64(sum)*r.Factor[c]), float64(r.Lo)), float64(r.Hi)))
	case r.Int32:
		return int16(min(max(r.Narrow[c].Rescale(int32(sum)), r.Lo), r.Hi))
	}
	return int16(min(max(r.Scale[c].Rescale(sum), r.Lo), r.Hi))
}

// store stores the results of the sums of all channels from first on.
func (r *S16Result) store(out []int16, sums []int64, first int) {
	for i, v := range sums[:len(out)] {
		out[i] = r.of(v, first+i)
	}
}

// spread returns r with a factor for each of n channels.
func (r S16Result) spread(n int) (S16Result, error) {
	if r.Lo < math.MinInt16 || r.Hi > math.MaxInt16 || r.Lo > r.Hi {
		return r, fmt.Errorf("kernel: limits %d … %d of int16", r.Lo, r.Hi)
	}
	r.Scale, r.Narrow, r.Factor = repeated(r.Scale, n), repeated(r.Narrow, n), repeated(r.Factor, n)
	scales := len(r.Scale)
	if r.Int32 {
		scales = len(r.Narrow)
	}
	if len(r.Factor) != n && scales != n {
		return r, fmt.Errorf("kernel: %d factors of int64 sums, %d of int32 ones and %d others for %d channels", len(r.Scale), len(r.Narrow), len(r.Factor), n)
	}
	return r, nil
}
