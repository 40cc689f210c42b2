//go:build arm64 && !purego

package kernel

import "unsafe"

// call computes a multiple of s8Step elements.
func (v *s8Vector) call(dst, a, b *int8, aStep, bStep, n int) {
	p := (*byte)(unsafe.Pointer(&v.parameters))
	switch v.code {
	case s8SumRow:
		s8SumAsm(dst, a, b, aStep, bStep, n, p)
	case s8DifferenceRow:
		s8DifferenceAsm(dst, a, b, aStep, bStep, n, p)
	case s8SquaredDifferenceRow:
		s8SquaredDifferenceAsm(dst, a, b, aStep, bStep, n, p)
	case s8ProductRow:
		s8ProductAsm(dst, a, b, aStep, bStep, n, p)
	case s8PreluRow:
		s8PreluAsm(dst, a, b, aStep, bStep, n, p)
	case s8MaximumRow:
		s8MaximumAsm(dst, a, b, aStep, bStep, n, p)
	case s8MinimumRow:
		s8MinimumAsm(dst, a, b, aStep, bStep, n, p)
	}
}

func (t *S8Table) call(dst, src *int8, n int) {
	s8TableAsm(dst, src, n, (*byte)(unsafe.Pointer(&t.of)))
}
