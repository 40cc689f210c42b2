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
	lanes        *s8Lanes     // the multipliers or factors as variants load them
}

// of returns the result of a sum of channel c, where there is one multiplier or factor for each.
func (r *S8Result) of(sum int32, c int) int8 {
	if r.Factor != nil {
		v := math.Round(float64(sum)*r.Factor[c]) + float64(r.Zero)
		return int8(min(max(v, float64(r.Lo)), float64(r.Hi)))
	}
	return int8(min(max(r.Scale[c].Rescale(sum)+r.Zero, r.Lo), r.Hi))
}

// rows stores what rows of n sums become, those of channels from first on; a row of sums is sumsRow behind the one before, one of the results outRow.
// r has been spread.
func (r *S8Result) rows(out []int8, outRow int, sums []int32, sumsRow, rows, first, n int) {
	if rows == 0 || n == 0 {
		return
	}
	out, sums = out[:(rows-1)*outRow+n], sums[:(rows-1)*sumsRow+n]
	if r.lanes.rows(r, out, outRow, sums, sumsRow, rows, first, n) {
		return
	}
	for i := range rows {
		to := out[i*outRow:][:n]
		for j, sum := range sums[i*sumsRow:][:n] {
			to[j] = r.of(sum, first+j)
		}
	}
}

// within says how far from zero the sums of each channel are at most, which lets variants compute with fewer bits. r has been spread.
func (r *S8Result) within(most func(c int) int64) {
	if r.lanes != nil {
		r.lanes.within(most)
	}
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
	r.lanes = newS8Lanes(&r)
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
