package kernel

import "math"

// The functions of this file are Rows: they compute dst[i] from a[i] and b[i], where a shorter operand is repeated. Integers wrap.

// zip applies f to two runs of equal length. It is small enough to be inlined, f with it.
func zip[T, R any](dst []R, a, b []T, f func(x, y T) R) {
	b = b[:len(dst)]
	for i, x := range a[:len(dst)] {
		dst[i] = f(x, b[i])
	}
}

// each applies f to one run; like zip, it is inlined.
func each[T, R any](dst []R, a []T, f func(x T) R) {
	for i, x := range a[:len(dst)] {
		dst[i] = f(x)
	}
}

// lineOf returns the length of the lines that a run falls into because an operand is a line that is repeated, or 0.
func lineOf[T any](n int, a, b []T) int {
	if line := min(len(a), len(b)); line > 1 && line < n {
		return line
	}
	return 0
}

// lineAt returns the line at i of an operand, which may be that line alone.
func lineAt[T any](x []T, i, line int) []T {
	if len(x) == line {
		return x
	}
	return x[i : i+line]
}

// stretch applies f to two runs of which one may be repeated. It is not inlined.
func stretch[T, R any](dst []R, a, b []T, f func(x, y T) R) {
	if line := lineOf(len(dst), a, b); line > 0 {
		for i := 0; i < len(dst); i += line {
			stretch(dst[i:i+line], lineAt(a, i, line), lineAt(b, i, line), f)
		}
		return
	}
	switch {
	case len(a) == len(b):
		zip(dst, a, b, f)
	case len(b) == 1:
		y := b[0]
		each(dst, a, func(x T) R { return f(x, y) })
	default:
		x := a[0]
		each(dst, b, func(y T) R { return f(x, y) })
	}
}

// Add computes x + y.
func Add[T Number](dst, a, b []T) {
	if !vectorRow(addRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) T { return x + y })
	}
}

// Sub computes x - y.
func Sub[T Number](dst, a, b []T) {
	if !vectorRow(subRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) T { return x - y })
	}
}

// Mul computes x * y.
func Mul[T Number](dst, a, b []T) {
	if !vectorRow(mulRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) T { return x * y })
	}
}

// Div computes x / y.
func Div[T Float](dst, a, b []T) {
	if !vectorRow(divRow, dst, a, b) {
		stretch(dst, a, b, func(x, y T) T { return x / y })
	}
}

// SquaredDifference computes (x - y)².
func SquaredDifference[T Number](dst, a, b []T) {
	Sub(dst, a, b)
	Mul(dst, dst, dst)
}

// Maximum computes the greater of x and y. A NaN in either is the result; of zeros of both signs, y is.
func Maximum[T Number](dst, a, b []T) {
	if vectorRow(maximumRow, dst, a, b) {
		return
	}
	stretch(dst, a, b, func(x, y T) T {
		if x > y || x != x {
			return x
		}
		return y
	})
}

// Minimum computes the lesser of x and y. A NaN in either is the result; of zeros of both signs, y is.
func Minimum[T Number](dst, a, b []T) {
	if vectorRow(minimumRow, dst, a, b) {
		return
	}
	stretch(dst, a, b, func(x, y T) T {
		if x < y || x != x {
			return x
		}
		return y
	})
}

// TruncDiv computes the integer quotient rounded towards zero, 0 where y is 0. The least value divided by -1 is itself.
func TruncDiv[T Integer](dst, a, b []T) {
	stretch(dst, a, b, func(x, y T) T {
		if y == 0 {
			return 0
		}
		return x / y
	})
}

// FloorDiv computes the integer quotient rounded down, 0 where y is 0. The least value divided by -1 is itself.
func FloorDiv[T Integer](dst, a, b []T) {
	stretch(dst, a, b, func(x, y T) T {
		if y == 0 {
			return 0
		}
		q := x / y
		if x%y != 0 && (x < 0) != (y < 0) {
			q--
		}
		return q
	})
}

// FloorMod computes the remainder of FloorDiv, which has y's sign; 0 where y is 0.
func FloorMod[T Integer](dst, a, b []T) {
	stretch(dst, a, b, func(x, y T) T {
		if y == 0 {
			return 0
		}
		m := x % y
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m
	})
}

// F32FloorDiv computes floor(x / y), the quotient taken in float64.
func F32FloorDiv(dst, a, b []float32) {
	stretch(dst, a, b, func(x, y float32) float32 { return float32(math.Floor(float64(x) / float64(y))) })
}

// F32FloorMod computes the remainder of x / y with y's sign: C's fmod, to which y is added where the signs differ.
func F32FloorMod(dst, a, b []float32) {
	stretch(dst, a, b, func(x, y float32) float32 {
		m := float32(math.Mod(float64(x), float64(y)))
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m
	})
}

// F32PowRow computes F32Pow(x, y).
func F32PowRow(dst, a, b []float32) { stretch(dst, a, b, F32Pow) }

// F32Atan2Row computes F32Atan2 of y (first operand) and x (second).
func F32Atan2Row(dst, a, b []float32) { stretch(dst, a, b, F32Atan2) }

// F64Atan2Row is F32Atan2Row for float64.
func F64Atan2Row(dst, a, b []float64) { stretch(dst, a, b, F64Atan2) }

// Pow computes x to the power of y. A negative y gives 1/x^-y rounded towards zero, with 1/0 as 0.
func Pow[T Integer](dst, a, b []T) {
	stretch(dst, a, b, func(x, y T) T {
		if y < 0 {
			switch {
			case x == 1 || x == ^T(0) && y%2 == 0:
				return 1
			case x == ^T(0):
				return x
			}
			return 0
		}
		p := T(1)
		for ; y != 0; y >>= 1 {
			if y&1 != 0 {
				p *= x
			}
			x *= x
		}
		return p
	})
}
