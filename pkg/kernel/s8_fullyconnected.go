package kernel

import "fmt"

// S8FullyConnectedSpec is the geometry of a fully connected layer of int8 rows, and how its sums become int8.
type S8FullyConnectedSpec struct {
	K, N       int // inputs and outputs
	InZero     int32
	WeightZero int32
	Result     S8Result
}

// S8FullyConnected is a product of int8 rows with int8 weights. It is immutable, and goroutines may share it.
//
// Each sum is Σ (weights[n, k] - WeightZero) · (in[m, k] - InZero) + bias[n] in int32, which wraps. The weights are [N, K].
type S8FullyConnected struct {
	spec  S8FullyConnectedSpec
	right s8Right
}

// NewS8FullyConnected prepares a layer. It keeps neither weights nor bias. A nil bias is zeros.
func NewS8FullyConnected(s S8FullyConnectedSpec, weights []int8, bias []int32) (*S8FullyConnected, error) {
	if s.K < 1 || s.N < 1 || s.N > maxElements/s.K {
		return nil, fmt.Errorf("kernel: %d inputs and %d outputs", s.K, s.N)
	}
	if err := checkS8(weights, s.N*s.K, bias, s.N); err != nil {
		return nil, err
	}
	var err error
	if s.Result, err = s.Result.spread(s.N); err != nil {
		return nil, err
	}
	right := newS8Right(s8FormNow(), s.K, s.N, s8Weights{weights, 1, s.K}, bias, s.InZero, s.WeightZero)
	s.Result.within(right.mostOf)
	return &S8FullyConnected{spec: s, right: right}, nil
}

// Scratch returns how many int64 Run needs of m rows.
func (f *S8FullyConnected) Scratch(m int) int { return f.right.workLen(m) }

// Run multiplies the rows of in, [M, K], into out, [M, N]. It panics if their lengths disagree. scratch has Scratch(M) elements.
func (f *S8FullyConnected) Run(out, in []int8, scratch []int64) {
	s := &f.spec
	m := batches(len(in), s.K, len(out), s.N)
	work := f.right.work(scratch, m)
	f.right.rows(&s8Out{data: out, line: max(m, 1), row: s.N}, in, m, s.K, &work, &s.Result, 0)
}
