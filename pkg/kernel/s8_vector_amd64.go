//go:build amd64 && !purego

package kernel

import "unsafe"

// call computes a multiple of s8Step elements.
func (v *s8Vector) call(dst, a, b *int8, aStep, bStep, n int) {
	p := (*byte)(unsafe.Pointer(&v.parameters))
	wide := useAVX512
	switch v.code {
	case s8SumRow:
		if wide {
			s8SumAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8SumAVX2(dst, a, b, aStep, bStep, n, p)
		}
	case s8DifferenceRow:
		if wide {
			s8DifferenceAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8DifferenceAVX2(dst, a, b, aStep, bStep, n, p)
		}
	case s8ProductRow:
		if wide {
			s8ProductAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8ProductAVX2(dst, a, b, aStep, bStep, n, p)
		}
	case s8PreluRow:
		if wide {
			s8PreluAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8PreluAVX2(dst, a, b, aStep, bStep, n, p)
		}
	case s8MaximumRow:
		s8MaximumAVX2(dst, a, b, aStep, bStep, n, p)
	case s8MinimumRow:
		s8MinimumAVX2(dst, a, b, aStep, bStep, n, p)
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

func (t *S8Table) call(dst, src *int8, n int) {
	if useAVX512 && useVBMI {
		s8TableVBMI(dst, src, n, (*byte)(unsafe.Pointer(&t.of)))
	} else {
		s8TableAVX2(dst, src, n, (*byte)(unsafe.Pointer(&t.parts)))
	}
}

// s8Quantize makes integers of numbers by a variant, and reports whether there is one.
func s8Quantize(dst []int8, src []float32, scale float32, zero int64) bool {
	if !variants() || zero != int64(int8(zero)) || len(dst) == 0 {
		return false
	}
	n, zeros := len(dst)&^(s8Step-1), int32(zero)&0xffff*(1<<16+1)
	if n > 0 {
		_ = src[n-1]
		s8QuantizeAVX2(&dst[0], &src[0], n, scale, zeros)
	}
	if n < len(dst) {
		var x [s8Step]float32
		var y [s8Step]int8
		copy(x[:], src[n:len(dst)])
		s8QuantizeAVX2(&y[0], &x[0], s8Step, scale, zeros)
		copy(dst[n:], y[:])
	}
	return true
}

// s8Dequantize makes numbers of integers by a variant, and reports whether there is one.
func s8Dequantize(dst []float32, src []int8, scale float32, zero int64) bool {
	if !variants() || zero != int64(int8(zero)) || len(dst) == 0 {
		return false
	}
	n := len(dst) &^ (s8Step - 1)
	if n > 0 {
		_ = src[n-1]
		s8DequantizeAVX2(&dst[0], &src[0], n, scale, int32(zero))
	}
	if n < len(dst) {
		var x [s8Step]int8
		var y [s8Step]float32
		copy(x[:], src[n:len(dst)])
		s8DequantizeAVX2(&y[0], &x[0], s8Step, scale, int32(zero))
		copy(dst[n:], y[:])
	}
	return true
}
