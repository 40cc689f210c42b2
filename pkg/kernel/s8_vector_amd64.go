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
			s8SumAsm(dst, a, b, aStep, bStep, n, p)
		}
	case s8DifferenceRow:
		if wide {
			s8DifferenceAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8DifferenceAsm(dst, a, b, aStep, bStep, n, p)
		}
	case s8SquaredDifferenceRow:
		if wide {
			s8SquaredDifferenceAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8SquaredDifferenceAsm(dst, a, b, aStep, bStep, n, p)
		}
	case s8ProductRow:
		if wide {
			s8ProductAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8ProductAsm(dst, a, b, aStep, bStep, n, p)
		}
	case s8PreluRow:
		if wide {
			s8PreluAVX512(dst, a, b, aStep, bStep, n, p)
		} else {
			s8PreluAsm(dst, a, b, aStep, bStep, n, p)
		}
	case s8MaximumRow:
		s8MaximumAsm(dst, a, b, aStep, bStep, n, p)
	case s8MinimumRow:
		s8MinimumAsm(dst, a, b, aStep, bStep, n, p)
	}
}

func (t *S8Table) call(dst, src *int8, n int) {
	if useAVX512 && useVBMI {
		s8TableVBMI(dst, src, n, (*byte)(unsafe.Pointer(&t.of)))
	} else {
		s8TableAsm(dst, src, n, (*byte)(unsafe.Pointer(&t.parts)))
	}
}
