//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// mapStep is the number of elements that a variant computes in a step.
const mapStep = 8

// f32Row computes a run if there are variants, and reports that.
func f32Row(code rowCode, dst, a, b []float32) bool {
	if !variants() || len(dst) == 0 {
		return false
	}
	f32Lines(code, dst, a, b)
	return true
}

// f32Lines computes a run of numbers, or of results of comparisons.
func f32Lines[R float32 | bool](code rowCode, dst []R, a, b []float32) {
	line := min(len(a), len(b))
	if line == 1 || line == len(dst) {
		f32Pairs(code, dst, a, b)
		return
	}
	// A line is repeated in the cache, so that short ones don't make short loops.
	const short = 128
	var repeated [4 * short]float32
	lines := 1
	if line < short {
		lines = min(len(dst), len(repeated)) / line
		if lines > mapStep {
			lines &^= mapStep - 1
		}
	}
	n := lines * line
	fill := func(x []float32) []float32 {
		if lines == 1 || len(x) > line {
			return x
		}
		for at := copy(repeated[:n], x); at < n; {
			at += copy(repeated[at:n], repeated[:at])
		}
		return repeated[:n]
	}
	part := func(x []float32, from, to int) []float32 {
		if len(x) == len(dst) {
			return x[from:to]
		}
		return x[:to-from]
	}
	longA, longB := len(a) == len(dst), len(b) == len(dst)
	a, b = fill(a), fill(b)
	from := 0
	if n%mapStep == 0 && n <= len(dst) {
		pa, pb := a[:n], b[:n]
		for ; from+n <= len(dst); from += n {
			if longA {
				pa = a[from : from+n]
			} else if longB {
				pb = b[from : from+n]
			}
			rowAsm(code, unsafe.Pointer(&dst[from]), &pa[0], &pb[0], 4*mapStep, 4*mapStep, n)
		}
	}
	for ; from < len(dst); from += n {
		to := min(from+n, len(dst))
		f32Pairs(code, dst[from:to], part(a, from, to), part(b, from, to))
	}
}

// f32Pairs computes a run whose operands are as long as the result or one number.
func f32Pairs[R float32 | bool](code rowCode, dst []R, a, b []float32) {
	const whole = 4 * mapStep
	var x, y [mapStep]float32
	var z [mapStep]R
	pa, pb, aStep, bStep := &x[0], &y[0], whole, whole
	if len(b) == 1 {
		bStep = 0
		repeat(&y, b[0])
	}
	if len(a) == 1 {
		aStep = 0
		repeat(&x, a[0])
	}
	n := len(dst) &^ (mapStep - 1)
	if n > 0 {
		if aStep > 0 {
			_, pa = a[n-1], &a[0]
		}
		if bStep > 0 {
			_, pb = b[n-1], &b[0]
		}
		rowAsm(code, unsafe.Pointer(&dst[0]), pa, pb, aStep, bStep, n)
	}
	if n < len(dst) {
		if aStep > 0 {
			copy(x[:], a[n:len(dst)])
		}
		if bStep > 0 {
			copy(y[:], b[n:len(dst)])
		}
		rowAsm(code, unsafe.Pointer(&z[0]), &x[0], &y[0], aStep, bStep, mapStep)
		copy(dst[n:], z[:])
	}
}

// rowAsm calls the variant of a row for n elements, a multiple of mapStep. dst are numbers, or results of comparisons.
func rowAsm(code rowCode, dst unsafe.Pointer, a, b *float32, aStep, bStep, n int) {
	numbers, results := (*float32)(dst), (*bool)(dst)
	switch code {
	case addRow:
		addAsm(numbers, a, b, aStep, bStep, n)
	case subRow:
		subAsm(numbers, a, b, aStep, bStep, n)
	case mulRow:
		mulAsm(numbers, a, b, aStep, bStep, n)
	case divRow:
		divAsm(numbers, a, b, aStep, bStep, n)
	case maximumRow:
		maximumAsm(numbers, a, b, aStep, bStep, n)
	case minimumRow:
		minimumAsm(numbers, a, b, aStep, bStep, n)
	case preluRow:
		preluAsm(numbers, a, b, aStep, bStep, n)
	case equalRow:
		equalAsm(results, a, b, aStep, bStep, n)
	case notEqualRow:
		notEqualAsm(results, a, b, aStep, bStep, n)
	case lessRow:
		lessAsm(results, a, b, aStep, bStep, n)
	case lessEqualRow:
		lessEqualAsm(results, a, b, aStep, bStep, n)
	}
}

// repeat fills a vector with x.
func repeat[T any](vector *[mapStep]T, x T) {
	for i := range vector {
		vector[i] = x
	}
}
