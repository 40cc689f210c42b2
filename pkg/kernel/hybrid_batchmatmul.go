package kernel

// HybridBatchMatMul is a product of stacks of float and of int8 matrices of zero point 0. It is immutable, and goroutines may share it.
//
// out[…, m, n] is what HybridFullyConnected makes of the rows of x and the columns of y.
type HybridBatchMatMul struct {
	stacks     *F32BatchMatMul // which matrices are multiplied
	right      []hybridRight   // those of y
	asymmetric bool
}

// NewHybridBatchMatMul prepares a product with y. There is one scale, or one for each of its N columns. It does not keep y.
func NewHybridBatchMatMul(s F32BatchMatMulSpec, y []int8, scale []float32, asymmetric bool) (*HybridBatchMatMul, error) {
	stacks, err := NewF32BatchMatMul(s)
	if err != nil {
		return nil, err
	}
	if err := checkLen("right operand", len(y), elements(s.Y)*s.K*s.N); err != nil {
		return nil, err
	}
	b := &HybridBatchMatMul{stacks: stacks, asymmetric: asymmetric, right: make([]hybridRight, elements(s.Y))}
	row, column := s.N, 1
	if s.AdjY {
		row, column = 1, s.K
	}
	for i := range b.right {
		if b.right[i], err = newHybridRight(s.K, s.N, y[i*s.K*s.N:][:s.K*s.N], row, column, scale); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Scratch returns how many float32 Run needs.
func (b *HybridBatchMatMul) Scratch() int {
	s, n := &b.stacks.spec, 0
	if len(b.right) > 0 {
		n = b.right[0].scratch()
	}
	if s.AdjX {
		n += s.M * s.K
	}
	return n
}

// Run multiplies. It panics if out or x is not as long as the geometry says. scratch has Scratch() elements.
func (b *HybridBatchMatMul) Run(out, x, scratch []float32) {
	s := &b.stacks.spec
	mustLen("product", len(out), b.stacks.count*s.M*s.N)
	mustLen("left operand", len(x), elements(s.X)*s.M*s.K)
	var turned []float32
	if s.AdjX {
		turned, scratch = scratch[:s.M*s.K], scratch[s.M*s.K:]
	}
	clear(out)
	for i := range b.stacks.count {
		left := x[b.stacks.x[i]*s.M*s.K:][:s.M*s.K]
		if s.AdjX {
			columns(turned, s.K, left, s.M, s.M, s.K)
			left = turned
		}
		b.right[b.stacks.y[i]].multiply(out[i*s.M*s.N:][:s.M*s.N], left, s.M, b.asymmetric, scratch)
	}
}
