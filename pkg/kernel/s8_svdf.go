package kernel

import (
	"fmt"
	"math"
)

// S8SVDFSpec is the geometry of an SVDF layer on int8 rows and how its numbers stand for real ones.
type S8SVDFSpec struct {
	Inputs, Units, Rank, Memory int
	InZero, OutZero             int32
	State, Out                  Multiplier // from the product with the feature weights to what is remembered, and from that with the time weights to the result
}

// S8SVDF is an SVDF layer on int8 rows, which remembers int16 numbers around 0, as TFLite's reference kernel computes it: F32SVDF with sums in int32, which wrap around. The result is limited to
// int8 and not activated: where the activation is RELU, its zero point is to be -128. It is immutable, and goroutines may share it.
type S8SVDF struct {
	spec    S8SVDFSpec
	feature []int8
	time    []int16
	bias    []int32
}

// NewS8SVDF prepares a layer from weights [Units*Rank, Inputs], time weights [Units*Rank, Memory] and a bias [Units] or nil, which it keeps.
func NewS8SVDF(s S8SVDFSpec, feature []int8, time []int16, bias []int32) (*S8SVDF, error) {
	n := s.Units * s.Rank
	if s.Memory < 1 || len(feature) != n*s.Inputs || len(time) != n*s.Memory || bias != nil && len(bias) != s.Units {
		return nil, fmt.Errorf("kernel: an int8 SVDF of %d inputs, %d units, rank %d and %d steps of memory has %d weights, %d time weights and a bias of %d",
			s.Inputs, s.Units, s.Rank, s.Memory, len(feature), len(time), len(bias))
	}
	return &S8SVDF{s, feature, time, bias}, nil
}

// Run takes one step: in is [batch, Inputs], out [batch, Units]. state, [batch, Units*Rank, Memory], is what the layer remembers, before and after, the newest last.
func (v *S8SVDF) Run(out, in []int8, state []int16) {
	s := &v.spec
	for i := range out {
		row, unit := i/s.Units, i%s.Units
		x := in[row*s.Inputs : (row+1)*s.Inputs]
		var sum int32
		if v.bias != nil {
			sum = v.bias[unit]
		}
		for r := range s.Rank {
			filter := unit*s.Rank + r
			var dot int32
			for k, w := range v.feature[filter*s.Inputs : (filter+1)*s.Inputs] {
				dot += int32(w) * (int32(x[k]) - s.InZero)
			}
			memory := state[(row*s.Units*s.Rank+filter)*s.Memory:][:s.Memory]
			copy(memory, memory[1:])
			memory[s.Memory-1] = int16(min(max(s.State.Rescale(dot), math.MinInt16), math.MaxInt16))
			for k, w := range v.time[filter*s.Memory : (filter+1)*s.Memory] {
				sum += int32(w) * int32(memory[k])
			}
		}
		out[i] = int8(min(max(int64(s.Out.Rescale(sum))+int64(s.OutZero), math.MinInt8), math.MaxInt8))
	}
}
