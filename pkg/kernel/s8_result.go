package kernel

import (
	"fmt"
	"math"
	"slices"
)

// S8Result says how sums of a layer become int8: each is rescaled by its channel's multiplier, moved by the zero point and limited to [Lo, Hi].
type S8Result struct {
	Zero, Lo, Hi int32
	Scale        []Multiplier // one, or one for each channel
	Factor       []float64    // the same instead of Scale: products with these are rounded, halves away from zero
}

// of returns the result of a sum of channel c, where there is one multiplier or factor for each.
func (r *S8Result) of(sum int32, c int) int8 {
	if r.Factor != nil {
		v := math.Round(float64(sum)*r.Factor[c]) + float64(r.Zero)
		return int8(min(max(v, float64(r.Lo)), float64(r.Hi)))
	}
	return int8(min(max(r.Scale[c].Rescale(sum)+r.Zero, r.Lo), r.Hi))
}

// spread returns r with a multiplier or factor for each of n channels.
func (r S8Result) spread(n int) (S8Result, error) {
	if r.Lo < -128 || r.Hi > 127 || r.Lo > r.Hi {
		return r, fmt.Errorf("kernel: limits %d … %d of int8", r.Lo, r.Hi)
	}
	if r.Factor != nil {
		r.Factor = repeated(r.Factor, n)
	} else {
		r.Scale = repeated(r.Scale, n)
	}
	if len(r.Factor)+len(r.Scale) != n {
		return r, fmt.Errorf("kernel: %d multipliers and %d factors for %d channels", len(r.Scale), len(r.Factor), n)
	}
	return r, nil
}

// repeated returns x, or n times its only element.
func repeated[T any](x []T, n int) []T {
	if len(x) == 1 {
		return slices.Repeat(x, n)
	}
	return x
}

// checkS8 reports weights or a bias of the wrong length.
func checkS8(weights []int8, want int, bias []int32, channels int) error {
	if err := checkLen("weights", len(weights), want); err != nil {
		return err
	}
	if bias == nil {
		return nil
	}
	return checkLen("bias", len(bias), channels)
}
