package kernel

// S8BatchMatMul is a product of stacks of int8 matrices. It is immutable, and goroutines may share it.
//
// Each sum is Σ (x[…, m, k] - XZero) · (y[…, k, n] - YZero) in int32, which wraps; Result has one multiplier.
type S8BatchMatMul struct {
	stacks       *F32BatchMatMul // which matrices are multiplied
	right        s8Right         // without memory
	xZero, yZero int32
	result       S8Result
}

// NewS8BatchMatMul prepares a product.
func NewS8BatchMatMul(s F32BatchMatMulSpec, xZero, yZero int32, result S8Result) (*S8BatchMatMul, error) {
	stacks, err := NewF32BatchMatMul(s)
	if err != nil {
		return nil, err
	}
	if result, err = result.spread(s.N); err != nil {
		return nil, err
	}
	result.within(func(int) int64 { return int64(s.K) * 255 * 255 })
	right := s8Right{k: s.K, n: s.N, form: s8FormNow()}
	return &S8BatchMatMul{stacks, right, xZero, yZero, result}, nil
}

// Scratch returns how many int64 Run needs.
func (b *S8BatchMatMul) Scratch() int {
	s := &b.stacks.spec
	n := s8RightLen(b.right.form, s.K, s.N) + b.right.workLen(s.M) + (b.right.repackScratch()+7)/8
	if s.AdjX {
		n += (s.M*s.K + 7) / 8
	}
	return n
}

// Run multiplies. It panics if out, x or y is not as long as the geometry says. scratch has Scratch() elements.
func (b *S8BatchMatMul) Run(out, x, y []int8, scratch []int64) {
	s := &b.stacks.spec
	mustLen("product", len(out), b.stacks.count*s.M*s.N)
	mustLen("left operand", len(x), elements(s.X)*s.M*s.K)
	mustLen("right operand", len(y), elements(s.Y)*s.K*s.N)
	row, column := s.N, 1
	if s.AdjY {
		row, column = 1, s.K
	}
	n := s8RightLen(b.right.form, s.K, s.N)
	right := emptyS8Right(b.right.form, scratch[:n], s.K, s.N)
	work, rest := right.work(scratch[n:], s.M), scratch[n+right.workLen(s.M):]
	lines, rest := view[byte](rest)[:right.repackScratch()], rest[(right.repackScratch()+7)/8:]
	if len(out) == 0 {
		return
	}
	for i := range b.stacks.count {
		xi, yi := b.stacks.x[i], b.stacks.y[i]
		if i == 0 || yi != b.stacks.y[i-1] {
			right.repack(s8Weights{y[yi*s.K*s.N:][:s.K*s.N], row, column}, b.xZero, b.yZero, &work, lines)
		}
		left := x[xi*s.M*s.K:][:s.M*s.K]
		if s.AdjX && len(left) > 0 {
			turned := view[int8](rest)[:len(left)]
			columns(view[byte](turned), s.K, view[byte](left), s.M, s.M, s.K)
			left = turned
		}
		to := s8Out{data: out[i*s.M*s.N:][:s.M*s.N], line: max(s.M, 1), row: s.N}
		right.rows(&to, left, s.M, s.K, &work, &b.result, 0)
	}
}
