package kernel

// S16BatchMatMul is a product of stacks of int16 matrices of zero point 0. It is immutable, and goroutines may share it.
//
// Each sum is Σ x[…, m, k] · y[…, k, n]; Result has one factor.
type S16BatchMatMul struct {
	stacks *F32BatchMatMul // which matrices are multiplied
	result S16Result
}

// NewS16BatchMatMul prepares a product.
func NewS16BatchMatMul(s F32BatchMatMulSpec, result S16Result) (*S16BatchMatMul, error) {
	stacks, err := NewF32BatchMatMul(s)
	if err != nil {
		return nil, err
	}
	result, err = result.spread(s.N)
	return &S16BatchMatMul{stacks, result}, err
}

// Scratch returns how many int16 Run needs.
func (b *S16BatchMatMul) Scratch() int {
	s := &b.stacks.spec
	n := s.K * s.N
	if s.AdjX {
		n += s.M * s.K
	}
	return n
}

// Run multiplies. It panics if out, x or y is not as long as the geometry says. scratch has Scratch() elements.
func (b *S16BatchMatMul) Run(out, x, y, scratch []int16) {
	s := &b.stacks.spec
	mustLen("product", len(out), b.stacks.count*s.M*s.N)
	mustLen("left operand", len(x), elements(s.X)*s.M*s.K)
	mustLen("right operand", len(y), elements(s.Y)*s.K*s.N)
	memory, turned := scratch[:s.K*s.N], scratch[s.K*s.N:]
	var right s16Right[int16]
	for i := range b.stacks.count {
		xi, yi := b.stacks.x[i], b.stacks.y[i]
		switch columns := y[yi*s.K*s.N:][:s.K*s.N]; {
		case s.AdjY:
			right = s16Right[int16]{k: s.K, n: s.N, w: columns}
		case i == 0 || yi != b.stacks.y[i-1]:
			right = s16Columns(memory, s.K, s.N, columns, s.N, 1, nil)
		}
		left := x[xi*s.M*s.K:][:s.M*s.K]
		if s.AdjX {
			left = s16Columns(turned, s.K, s.M, left, s.M, 1, nil).w
		}
		right.run(out[i*s.M*s.N:][:s.M*s.N], left, s.M, s.K, s.N, &b.result, 0)
	}
}
