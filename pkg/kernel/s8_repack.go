package kernel

// repackScratch returns how many bytes repack needs beside the work of a row.
func (r *s8Right) repackScratch() int {
	if r.form.group != 4 {
		return 0
	}
	return r.form.wide * r.form.row(r.k)
}

// repack is pack for an operand without a bias that is packed for one run: in forms that hold four bytes of a column together, it moves and adds up bytes by kernels. A row or a
// column of w has its elements one behind the other; There is a column at least. What the memory holds does not matter.
func (r *s8Right) repack(w s8Weights, inZero, zero int32, work *s8Work, lines []byte) {
	f := r.form
	if f.group != 4 || r.k == 0 {
		r.pack(w, nil, inZero, zero)
		return
	}
	r.zero = zero
	clear(r.start)
	step, bytes := f.row(r.k), view[byte](w.data)
	ones := work.strip[:step]
	for i := range ones {
		ones[i] = 1
	}
	work.terms[0] = 0
	for first := 0; first < r.n; {
		width := f.width(r.n, first)
		n, panel := min(width, r.n-first), r.panels[first*step:][:width*step]
		if step > r.k {
			clear(lines)
		}
		if w.row == 1 {
			copyLines(lines, step, bytes[first*w.column:], w.column, r.k, n)
		} else {
			columns(lines, step, bytes[first:], w.row, n, r.k)
		}
		if n < width {
			clear(panel)
		}
		columns(view[float32](panel), width, view[float32](lines), step/4, step/4, n)
		// The product with a row of ones are the sums of the columns.
		r.tiles(work.sums, work.strip, 1, first, width, work.terms[:1])
		for c, sum := range work.sums[:n] {
			r.start[first+c] = -(inZero + f.offset) * (sum - int32(r.k)*zero)
		}
		first += width
	}
}
