package kernel

import "fmt"

// S8Result says how sums of a layer become int8: each is rescaled by its channel's multiplier, moved by the zero point and limited to [Lo, Hi].
type S8Result struct {
	Zero, Lo, Hi int32
	Scale        []Multiplier // one, or one for each channel
}

// of returns the result of a sum of channel c, where there is one multiplier for each.
func (r *S8Result) of(sum int32, c int) int8 {
	return int8(min(max(r.Scale[c].Rescale(sum)+r.Zero, r.Lo), r.Hi))
}

// spread returns r with a multiplier for each of n channels.
func (r S8Result) spread(n int) (S8Result, error) {
	if r.Lo < -128 || r.Hi > 127 || r.Lo > r.Hi {
		return r, fmt.Errorf("kernel: limits %d … %d of int8", r.Lo, r.Hi)
	}
	switch one := r.Scale; len(one) {
	case n:
	case 1:
		r.Scale = make([]Multiplier, n)
		for i := range r.Scale {
			r.Scale[i] = one[0]
		}
	default:
		return r, fmt.Errorf("kernel: %d multipliers for %d channels", len(one), n)
	}
	return r, nil
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
