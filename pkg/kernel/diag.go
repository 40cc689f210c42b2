package kernel

// MatrixDiag stores matrices of zeros with the rows of src, of n elements each, on their diagonals.
func MatrixDiag(dst, src []byte, size, n int) {
	clear(dst)
	if n == 0 {
		return
	}
	setDiag(dst, src, size, n, n, n)
}

// MatrixSetDiag copies matrices of rows x cols and replaces their diagonals by the rows of diag, of min(rows, cols) elements each.
func MatrixSetDiag(dst, src []byte, size, rows, cols int, diag []byte) {
	copy(dst, src)
	if n := min(rows, cols); n > 0 {
		setDiag(dst, diag, size, n, rows, cols)
	}
}

func setDiag(dst, diag []byte, size, n, rows, cols int) {
	var s strided
	s.axis(len(diag)/size/n, rows*cols, n)
	s.axis(n, cols+1, 1)
	s.copy(dst, diag, size, 0, 0)
}
