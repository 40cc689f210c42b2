//go:build amd64 && !purego

package kernel

// addRows adds rows that start step elements apart to sums, and returns to how many of these.
func addRows(sums []float64, x []float32, step, rows int) int {
	n := wholeLanes(len(sums))
	if n > 0 {
		_ = x[(rows-1)*step+n-1]
		addRowsAVX2(&sums[0], &x[0], n, 4*step, rows)
	}
	return n
}
