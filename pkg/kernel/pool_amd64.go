//go:build amd64 && !purego

package kernel

// run4 computes groups of 4 blocks of 8 channels of some outputs.
func (m poolMode) run4(groups int, in, out *float32, r *poolRun) {
	w := r.window
	switch m {
	case poolSum:
		poolSum4Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds, r.n, 4*r.in, 4*r.next)
	case poolSquares:
		poolSquares4Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds, r.n, 4*r.in, 4*r.next)
	case poolMax:
		poolMax4Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds, r.n, 4*r.in, 4*r.next)
	}
}

// run1 computes blocks of 8 channels of some outputs.
func (m poolMode) run1(groups int, in, out *float32, r *poolRun) {
	w := r.window
	switch m {
	case poolSum:
		poolSum1Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds, r.n, 4*r.in, 4*r.next)
	case poolSquares:
		poolSquares1Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds, r.n, 4*r.in, 4*r.next)
	case poolMax:
		poolMax1Asm(groups, in, w.rows, w.cols, 4*w.rowStep, 4*w.colStep, out, r.bounds, r.n, 4*r.in, 4*r.next)
	}
}
