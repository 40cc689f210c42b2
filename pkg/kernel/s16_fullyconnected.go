package kernel

import "fmt"

// S16FullyConnectedSpec is the geometry of a fully connected layer of int16 rows, and how its sums become int16.
type S16FullyConnectedSpec struct {
	K, N       int // inputs and outputs
	WeightZero int32
	Result     S16Result
}

// S16FullyConnected is a product of int16 rows, of zero point 0, with int8 or int16 weights. It is immutable, and goroutines may share it.
//
// Each sum is Σ (weights[n, k] - WeightZero) · in[m, k] + bias[n]. The weights are [N, K].
type S16FullyConnected struct {
	spec  S16FullyConnectedSpec
	right s16Product
}

// s16Product is the right operand of a fully connected layer: int8 weights, or int16 ones, as which those with a zero point are held, too.
type s16Product interface {
	run(out, x []int16, m, row, outRow int, res *S16Result, first int)
}

// NewS16FullyConnected prepares a layer. It keeps neither weights nor bias. A nil bias is zeros.
func NewS16FullyConnected[W int8 | int16](s S16FullyConnectedSpec, weights []W, bias []int64) (*S16FullyConnected, error) {
	if s.K < 1 || s.N < 1 || s.N > maxElements/s.K {
		return nil, fmt.Errorf("kernel: %d inputs and %d outputs", s.K, s.N)
	}
	if err := checkS16(weights, s.N*s.K, bias, s.N); err != nil {
		return nil, err
	}
	var err error
	if s.Result, err = s.Result.spread(s.N); err != nil {
		return nil, err
	}
	f := &S16FullyConnected{spec: s}
	if s.WeightZero == 0 {
		right := s16Columns(make([]W, len(weights)), s.K, s.N, weights, 1, s.K, wideBias(bias, s.N))
		f.right = &right
		return f, nil
	}
	moved := make([]int16, len(weights))
	for i, w := range weights {
		moved[i] = int16(int32(w) - s.WeightZero)
	}
	right := s16Right[int16]{k: s.K, n: s.N, w: moved, bias: wideBias(bias, s.N)}
	f.right = &right
	return f, nil
}

// Run multiplies the rows of in, [M, K], into out, [M, N]. It panics if their lengths disagree.
func (f *S16FullyConnected) Run(out, in []int16) {
	s := &f.spec
	m := batches(len(in), s.K, len(out), s.N)
	for i := 0; i < m; i += s16Tile {
		f.right.run(out[i*s.N:], in[i*s.K:], min(s16Tile, m-i), s.K, s.N, &s.Result, 0)
	}
}
