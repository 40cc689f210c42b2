package kernel

import (
	"fmt"
	"slices"
)

// F32BatchMatMulSpec is the geometry of a product of stacks of matrices.
type F32BatchMatMulSpec struct {
	M, K, N    int
	AdjX, AdjY bool  // the operand's matrices are given transposed: [K, M], [N, K]
	X, Y       []int // the stacks' shapes, broadcast against each other. At most MaxRank dimensions
}

// F32BatchMatMul is a product of stacks of matrices. It is immutable, and goroutines may share it.
//
// out[…, m, n] = Σ x[…, m, k] · y[…, k, n], k ascending.
type F32BatchMatMul struct {
	spec  F32BatchMatMulSpec
	count int
	x, y  []int // which matrices each product takes
}

// NewF32BatchMatMul prepares a product.
func NewF32BatchMatMul(s F32BatchMatMulSpec) (*F32BatchMatMul, error) {
	if s.M < 0 || s.K < 0 || s.N < 0 {
		return nil, fmt.Errorf("kernel: matrices %d×%d and %d×%d", s.M, s.K, s.K, s.N)
	}
	shape := make([]int, max(len(s.X), len(s.Y)))
	count := 1
	at := func(s []int, i int) int { // the dimension of s that stands below shape's i
		if i -= len(shape) - len(s); i >= 0 {
			return s[i]
		}
		return 1
	}
	for i := range shape {
		x, y := at(s.X, i), at(s.Y, i)
		if x != y && x != 1 && y != 1 || x < 0 || y < 0 {
			return nil, fmt.Errorf("kernel: stacks %v and %v of matrices don't broadcast", s.X, s.Y)
		}
		shape[i] = max(x, y)
		if x == 0 || y == 0 {
			shape[i] = 0
		}
		count *= shape[i]
	}
	b := &F32BatchMatMul{spec: s, count: count}
	// index returns the number of the matrix in a stack that product i takes.
	index := func(s []int, i int) int {
		n, stride := 0, 1
		for d, size := range slices.Backward(shape) {
			if at(s, d) > 1 {
				n += i % size * stride
				stride *= at(s, d)
			}
			i /= size
		}
		return n
	}
	for i := range count {
		b.x, b.y = append(b.x, index(s.X, i)), append(b.y, index(s.Y, i))
	}
	return b, nil
}

// Scratch returns how many float32 Run needs.
func (b *F32BatchMatMul) Scratch() int {
	n := panelsLen(b.spec.K, b.spec.N)
	if b.spec.AdjX {
		n += b.spec.M * b.spec.K
	}
	return n
}

// Run multiplies. It panics if out, x or y is not as long as the geometry says. scratch has Scratch() elements.
func (b *F32BatchMatMul) Run(out, x, y, scratch []float32) { b.RunScan(out, x, y, scratch, nil) }

// RunScan is Run; scan sees the result.
func (b *F32BatchMatMul) RunScan(out, x, y, scratch []float32, scan *F32Scan) {
	s := &b.spec
	mustLen("product", len(out), b.count*s.M*s.N)
	mustLen("left operand", len(x), elements(s.X)*s.M*s.K)
	mustLen("right operand", len(y), elements(s.Y)*s.K*s.N)
	row, column := s.N, 1
	if s.AdjY {
		row, column = 1, s.K
	}
	memory, turned := scratch[:panelsLen(s.K, s.N)], scratch[panelsLen(s.K, s.N):]
	g := gemm{row: s.K, outRow: s.N, right: emptyPanels(memory, s.K, s.N, nil), bounds: F32Clamp{}.bounds(), scan: scan}
	for i := range b.count {
		if i == 0 || b.y[i] != b.y[i-1] {
			g.right.fill(0, s.K, y[b.y[i]*s.K*s.N:][:s.K*s.N], row, column)
			g.right.divides = lifts(s.M, s.N) && divides(g.right.data)
		}
		g.in = x[b.x[i]*s.M*s.K:][:s.M*s.K]
		if s.AdjX {
			if i == 0 || b.x[i] != b.x[i-1] {
				columns(turned, s.K, g.in, s.M, s.M, s.K)
			}
			g.in = turned
		}
		g.out = out[i*s.M*s.N:][:s.M*s.N]
		g.run(s.M)
	}
}
