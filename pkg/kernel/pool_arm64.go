//go:build arm64 && !purego

package kernel

// run4 computes groups of 4 blocks of 8 channels of some outputs.
func (m poolMode) run4(groups int, in, out *float32, r *poolRun) {
	w := r.window
	for i := range r.n {
		in, out := behind(in, i*r.in), behind(out, i*r.next)
		switch m {
		case poolSum:
			poolSum4Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds)
		case poolSquares:
			poolSquares4Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds)
		case poolMax:
			poolMax4Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds)
		}
	}
}

// run1 computes blocks of 8 channels of some outputs.
func (m poolMode) run1(groups int, in, out *float32, r *poolRun) {
	w := r.window
	for i := range r.n {
		in, out := behind(in, i*r.in), behind(out, i*r.next)
		switch m {
		case poolSum:
			poolSum1Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds)
		case poolSquares:
			poolSquares1Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds)
		case poolMax:
			poolMax1Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds)
		}
	}
}
