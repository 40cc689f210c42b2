//go:build amd64 && !purego

package kernel

import (
	"math"
	"sync"
)

// A multiply-add that reads a denormal number takes such a processor some hundred cycles, and in a product of matrices all columns read it. Where the
// left operand holds some, it is multiplied by 2^24, which makes normal numbers of them, and the right one is divided by it. As long as both are exact, the terms are
// the same numbers, and with them the sums, bit for bit.

const (
	// liftUses is the least number of terms for each element of the left operand: a look at all elements takes as long as two terms of each.
	liftUses = 64
	// liftRows is the least number of the result's rows: to divide the right operand takes as long as some rows.
	liftRows = 8

	liftDown    = 1.0 / (1 << 24)
	leastNormal = 1 << 23                     // the bits of the least normal number
	divisible   = leastNormal + 24<<23        // those of the least one that can be divided
	multiplied  = math.MaxFloat32 / (2 << 24) // numbers below can be multiplied
)

// lifting is memory for what was multiplied, and for a panel that was divided.
type lifting struct{ left, right []float32 }

var liftings = sync.Pool{New: func() any { return new(lifting) }}

// divides reports whether all elements can be divided.
func divides(x []float32) bool {
	return useAVX2 && len(x) >= minMaxLeast && leastAsm(&x[0], len(x)) >= divisible
}

// lifts reports whether a product of so many rows and columns, whose left operand has no gaps and no overlaps, may be worth it.
func lifts(rows, columns int) bool { return useAVX2 && rows >= liftRows && columns >= liftUses }

// lift has the product read no denormal number from the left operand, if it is worth it.
func (p *gemm) lift(rows int) {
	in := p.in
	if p.rows == nil && rows > 0 {
		in = in[:(rows-1)*p.row+p.right.k]
	}
	if !useAVX2 || !p.right.divides || p.groups > 1 || rows < liftRows || len(in) < minMaxLeast || rows*p.right.k*p.right.n < liftUses*len(in) {
		return
	}
	if leastAsm(&in[0], len(in)) >= leastNormal {
		return
	}
	if lo, hi, nan := minMaxAsm(&in[0], len(in)); nan != 0 || lo < -multiplied || hi > multiplied {
		return
	}
	p.lifted = liftings.Get().(*lifting)
	p.lifted.left = grown(p.lifted.left, len(in))
	p.lifted.right = grown(p.lifted.right, maxPanel*p.right.k)
	liftAsm(&p.lifted.left[0], &in[0], len(in))
	p.in = p.lifted.left
}

// divide returns the panel that starts at a column, divided.
func (l *lifting) divide(right *panels, first int) []float32 {
	panel := right.panel(first)
	factor := [1]float32{liftDown}
	Mul(l.right[:len(panel)], panel, factor[:])
	return l.right[:len(panel)]
}

// unlift gives the memory back. in is what lift found.
func (p *gemm) unlift(in []float32) {
	if p.lifted != nil {
		liftings.Put(p.lifted)
		p.in, p.lifted = in, nil
	}
}

// grown returns memory of n elements, x's if that is enough.
func grown(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}
