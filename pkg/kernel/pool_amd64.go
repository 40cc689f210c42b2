//go:build amd64 && !purego

package kernel

// fold takes x into acc.
func fold(acc, x []float32, mode poolMode) {
	n := len(acc) &^ 7
	if !useAVX2 || n == 0 {
		foldGeneric(acc, x, mode)
		return
	}
	x = x[:len(acc)]
	switch mode {
	case poolSum:
		foldSumAVX2(&acc[0], &x[0], n)
	case poolSquares:
		foldSquaresAVX2(&acc[0], &x[0], n)
	case poolMax:
		foldMaxAVX2(&acc[0], &x[0], n)
	}
	foldGeneric(acc[n:], x[n:], mode)
}
