package kernel

import "fmt"

// rowProduct is a product of rows of floats with a matrix, of floats or of integers: what the layers that take sequences are made of.
type rowProduct interface {
	// rows multiplies the rows of in into out. Sums start from a bias, or with resume from what out holds. scratch has at least rowScratch() elements.
	rows(out, in []float32, resume bool, scratch []float32)
	rowScratch() int
}

// rowScratch returns how many float32 any of the products needs; there may be nil ones.
func rowScratch(products ...rowProduct) (n int) {
	for _, p := range products {
		if p != nil {
			n = max(n, p.rowScratch())
		}
	}
	return n
}

func (f *F32FullyConnected) rows(out, in []float32, resume bool, _ []float32) {
	f.run(out, in, f.right, resume, nil)
}

func (f *F32FullyConnected) rowScratch() int { return 0 }

// f32Rows is the product with matrices of n columns of k weights, side by side. A nil bias, or one of them, is zeros.
func f32Rows(n, k int, weights, bias [][]float32) (rowProduct, error) {
	all, offsets, err := sideBySide(n, k, weights, bias)
	if err != nil {
		return nil, err
	}
	return NewF32FullyConnected(F32FullyConnectedSpec{K: k, N: n * len(weights)}, all, offsets)
}

// sideBySide joins layers with the same input into one.
func sideBySide[T float32 | int8](n, k int, weights [][]T, bias [][]float32) (all []T, offsets []float32, err error) {
	for i, w := range weights {
		if len(w) != n*k {
			return nil, nil, fmt.Errorf("kernel: matrix %d has %d elements, want %d x %d", i, len(w), n, k)
		}
		all = append(all, w...)
		if bias == nil || bias[i] == nil {
			offsets = append(offsets, make([]float32, n)...)
		} else {
			offsets = append(offsets, bias[i]...)
		}
	}
	return all, offsets, nil
}
