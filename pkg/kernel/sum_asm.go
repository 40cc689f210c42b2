//go:build (amd64 || arm64) && !purego

package kernel

// wholeLanes returns how many of n elements variants add up.
func wholeLanes(n int) int {
	if !variants() {
		return 0
	}
	return n &^ 7
}

// add takes the first elements of x into the sums and returns how many.
func (s *lanes) add(x []float32) int {
	n := wholeLanes(len(x))
	if n > 0 {
		sumAsm(&x[0], n, (*[8]float64)(s))
	}
	return n
}

// addSquares takes the squares of the first elements of x into the sums and returns how many.
func (s *lanes) addSquares(x []float32) int {
	n := wholeLanes(len(x))
	if n > 0 {
		sumSquaresAsm(&x[0], n, (*[8]float64)(s))
	}
	return n
}

// addRows adds rows that start step elements apart to sums, and returns to how many of these.
func addRows(sums []float64, x []float32, step, rows int) int {
	n := wholeLanes(len(sums))
	if n > 0 {
		_ = x[(rows-1)*step+n-1]
		addRowsAsm(&sums[0], &x[0], n, 4*step, rows)
	}
	return n
}

// sumLines stores the sums of lines of n elements, each as F32Sum adds up.
func sumLines(sums []float64, x []float32, n int) {
	if !variants() || n == 0 || len(sums) == 0 {
		sumLinesGeneric(sums, x, n)
		return
	}
	_ = x[n*len(sums)-1]
	sumLinesAsm(&sums[0], &x[0], n, len(sums))
}
