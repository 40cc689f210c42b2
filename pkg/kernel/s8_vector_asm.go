//go:build (amd64 || arm64) && !purego

package kernel

// s8Step is the number of elements that a variant computes in a step.
const s8Step = 64

// row computes a run if there is a variant for it, and reports that.
func (v *s8Vector) row(dst, a, b []int8) bool {
	const least = 8 // shorter runs are computed as fast one by one
	if v == nil || !variants() || len(dst) < least {
		return false
	}
	if v.swapped {
		a, b = b, a
	}
	line := min(len(a), len(b))
	if line == 1 || line == len(dst) {
		v.pairs(dst, a, b)
		return true
	}
	v.lines(dst, a, b, line)
	return true
}

// lines computes a run of which one operand repeats a line.
func (v *s8Vector) lines(dst, a, b []int8, line int) {
	// A line is repeated in the cache until its end is that of a step.
	var memory [1 << 11]int8
	n := line
	for n%s8Step != 0 {
		n *= 2
	}
	if n > min(len(memory), len(dst)) {
		n = line
	}
	for n%s8Step == 0 && 2*n <= min(len(memory), len(dst)) {
		n *= 2
	}
	fill := func(x []int8) []int8 {
		if n == line || len(x) > line {
			return x
		}
		for at := copy(memory[:n], x); at < n; {
			at += copy(memory[at:n], memory[:at])
		}
		return memory[:n]
	}
	part := func(x []int8, from, to int) []int8 {
		if len(x) == len(dst) {
			return x[from:to]
		}
		return x[:to-from]
	}
	a, b = fill(a), fill(b)
	for from := 0; from < len(dst); from += n {
		to := min(from+n, len(dst))
		v.pairs(dst[from:to], part(a, from, to), part(b, from, to))
	}
}

// pairs computes a run whose operands are as long as the result or one number.
func (v *s8Vector) pairs(dst, a, b []int8) {
	var x, y, z [s8Step]int8
	pa, pb, aStep, bStep := &x[0], &y[0], s8Step, s8Step
	if len(b) == 1 {
		bStep = 0
		fillZero(y[:], int32(b[0]))
	}
	if len(a) == 1 {
		aStep = 0
		fillZero(x[:], int32(a[0]))
	}
	n := len(dst) &^ (s8Step - 1)
	if n > 0 {
		if aStep > 0 {
			_, pa = a[n-1], &a[0]
		}
		if bStep > 0 {
			_, pb = b[n-1], &b[0]
		}
		v.call(&dst[0], pa, pb, aStep, bStep, n)
	}
	if n < len(dst) {
		if aStep > 0 {
			copy(x[:], a[n:len(dst)])
		}
		if bStep > 0 {
			copy(y[:], b[n:len(dst)])
		}
		v.call(&z[0], &x[0], &y[0], aStep, bStep, s8Step)
		copy(dst[n:], z[:])
	}
}

// vector looks up elements by a variant, and reports whether there is one.
func (t *S8Table) vector(dst, src []int8) bool {
	if !variants() || len(dst) == 0 {
		return false
	}
	n, rest := len(dst)&^(s8Step-1), len(dst)&(s8Step-1)
	if n > 0 {
		_ = src[n-1]
		t.call(&dst[0], &src[0], n)
	}
	if rest > 0 {
		var x [s8Step]int8
		copy(x[:], src[n:len(dst)])
		t.call(&x[0], &x[0], s8Step)
		copy(dst[n:], x[:])
	}
	return true
}

// s8Quantize makes integers of numbers by a variant, and reports whether there is one.
func s8Quantize(dst []int8, src []float32, scale float32, zero int64) bool {
	if !variants() || zero != int64(int8(zero)) || len(dst) == 0 {
		return false
	}
	n, zeros := len(dst)&^(s8Step-1), bothHalves(int32(zero))
	if n > 0 {
		_ = src[n-1]
		s8QuantizeAsm(&dst[0], &src[0], n, scale, zeros)
	}
	if n < len(dst) {
		var x [s8Step]float32
		var y [s8Step]int8
		copy(x[:], src[n:len(dst)])
		s8QuantizeAsm(&y[0], &x[0], s8Step, scale, zeros)
		copy(dst[n:], y[:])
	}
	return true
}

// s8QuantizeBy is s8Quantize with the inverse of the scale, by which numbers are multiplied.
func s8QuantizeBy(dst []int8, src []float32, inverse float32, zero int32) bool {
	if !variants() || len(dst) == 0 {
		return false
	}
	n, zeros := len(dst)&^(s8Step-1), bothHalves(zero)
	if n > 0 {
		_ = src[n-1]
		s8QuantizeByAsm(&dst[0], &src[0], n, inverse, zeros)
	}
	if n < len(dst) {
		var x [s8Step]float32
		var y [s8Step]int8
		copy(x[:], src[n:len(dst)])
		s8QuantizeByAsm(&y[0], &x[0], s8Step, inverse, zeros)
		copy(dst[n:], y[:])
	}
	return true
}

// bothHalves repeats an int8 in both halves of a word.
func bothHalves(v int32) int32 { return v & 0xffff * (1<<16 + 1) }

// s8Dequantize makes numbers of integers by a variant, and reports whether there is one.
func s8Dequantize(dst []float32, src []int8, scale float32, zero int64) bool {
	if !variants() || zero != int64(int8(zero)) || len(dst) == 0 {
		return false
	}
	n := len(dst) &^ (s8Step - 1)
	if n > 0 {
		_ = src[n-1]
		s8DequantizeAsm(&dst[0], &src[0], n, scale, int32(zero))
	}
	if n < len(dst) {
		var x [s8Step]int8
		var y [s8Step]float32
		copy(x[:], src[n:len(dst)])
		s8DequantizeAsm(&y[0], &x[0], s8Step, scale, int32(zero))
		copy(dst[n:], y[:])
	}
	return true
}
