package kernel

import "unsafe"

// The functions of this file are Rows. Comparisons with a NaN are false, but for NotEqual.

// Equal computes x == y.
func Equal[T comparable](dst []bool, a, b []T) {
	if !vectorTest(equalRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) bool { return x == y })
	}
}

// NotEqual computes x != y.
func NotEqual[T comparable](dst []bool, a, b []T) {
	if !vectorTest(notEqualRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) bool { return x != y })
	}
}

// Less computes x < y.
func Less[T Number](dst []bool, a, b []T) {
	if !vectorTest(lessRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) bool { return x < y })
	}
}

// LessEqual computes x <= y.
func LessEqual[T Number](dst []bool, a, b []T) {
	if !vectorTest(lessEqualRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) bool { return x <= y })
	}
}

// Greater computes x > y.
func Greater[T Number](dst []bool, a, b []T) { Less(dst, b, a) }

// GreaterEqual computes x >= y.
func GreaterEqual[T Number](dst []bool, a, b []T) { LessEqual(dst, b, a) }

// And computes x && y.
func And(dst, a, b []bool) { stretch(dst, a, b, func(x, y bool) bool { return x && y }) }

// Or computes x || y.
func Or(dst, a, b []bool) { stretch(dst, a, b, func(x, y bool) bool { return x || y }) }

// Not stores !src in dst, which may be src.
func Not(dst, src []bool) { each(dst, src, func(x bool) bool { return !x }) }

// BitwiseXor computes x ^ y.
func BitwiseXor[T Integer](dst, a, b []T) { stretch(dst, a, b, func(x, y T) T { return x ^ y }) }

// RightShift computes x >> y, of a signed type arithmetically, with y limited to [0, bits - 1].
func RightShift[T Integer](dst, a, b []T) {
	top := T(8*unsafe.Sizeof(*new(T)) - 1)
	stretch(dst, a, b, func(x, y T) T { return x >> uint(min(max(y, 0), top)) })
}
