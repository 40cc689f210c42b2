//go:build (amd64 || arm64) && !purego

package kernel

// f32Test compares a run if there are variants, and reports that.
func f32Test(code rowCode, dst []bool, a, b []float32) bool {
	if !variants() || len(dst) == 0 {
		return false
	}
	f32Lines(code, dst, a, b)
	return true
}

// vectorChoice takes the first elements of a run and returns how many. An operand has as many elements as dst, or one.
func vectorChoice(dst []uint32, cond []bool, a, b []uint32) int {
	n := len(dst) &^ (mapStep - 1)
	if !variants() || n == 0 {
		return 0
	}
	var x, y [mapStep]uint32
	pa, pb, aStep, bStep := &a[0], &b[0], 4*mapStep, 4*mapStep
	if len(a) == 1 {
		repeat(&x, a[0])
		pa, aStep = &x[0], 0
	}
	if len(b) == 1 {
		repeat(&y, b[0])
		pb, bStep = &y[0], 0
	}
	chooseAsm(&dst[0], &cond[0], pa, pb, aStep, bStep, n)
	return n
}
