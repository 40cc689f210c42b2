package kernel

// RowGrain returns of how many rows a multiple is computed fastest by the matrix kernel, if a row has the given number of outputs: so many fill whole tiles.
func RowGrain(outputs int) int {
	a, b := tileRows, max(outputs, 1)
	for b != 0 {
		a, b = b, a%b
	}
	return tileRows / a
}

// Ready returns how many output rows see nothing of the image but its first rows.
func (w *Window) Ready(rows int) int {
	if rows >= w.H {
		return w.OH
	}
	last := rows - 1 - (w.KH-1)*w.DilationH + w.Top // the last row that a window may begin at, above the image by Top
	if last < 0 {
		return 0
	}
	return min(last/w.StrideH+1, w.OH)
}
