package kernel

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestFixedPoint compares the functions in fixed point with the real ones, as near as their polynomials come.
func TestFixedPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Int32Range(-1<<31+1, 0).Draw(t, "exponent") // in Q5
		want := math.Exp(math.Ldexp(float64(x), -26))
		if got := math.Ldexp(float64(expNegative(x)), -31); math.Abs(got-want) > 1e-6 {
			t.Errorf("exp(%g) is %g, want %g", math.Ldexp(float64(x), -26), got, want)
		}
		x = rapid.Int32Range(0, math.MaxInt32).Draw(t, "fraction")
		want = 1 / (1 + math.Ldexp(float64(x), -31))
		if got := math.Ldexp(float64(overOnePlus(x)), -31); math.Abs(got-want) > 1e-8 {
			t.Errorf("1/(1+%g) is %g, want %g", math.Ldexp(float64(x), -31), got, want)
		}
		x = rapid.Int32Range(1, math.MaxInt32).Draw(t, "divisor")
		m, shift := reciprocal(x, 31)
		if got, want := math.Ldexp(float64(m), -31-shift), 1/float64(x); math.Abs(got/want-1) > 1e-8 {
			t.Errorf("1/%d is %g, want %g", x, got, want)
		}
		x = rapid.Int32Range(2, math.MaxInt32).Draw(t, "radicand")
		m, shift = invSqrt(x)
		if got, want := math.Ldexp(float64(m), shift-31), 1/math.Sqrt(float64(x)); math.Abs(got/want-1) > 1e-4 {
			t.Errorf("1/√%d is %g, want %g", x, got, want)
		}
		x = rapid.Int32Range(1<<19, math.MaxInt32).Draw(t, "argument") // in Q12
		want = math.Log(math.Ldexp(float64(x), -19))
		if got := math.Ldexp(float64(logAboveOne(x)), -26); math.Abs(got-want) > 2e-6 {
			t.Errorf("ln %g is %g, want %g", math.Ldexp(float64(x), -19), got, want)
		}
	})
}

// TestS8Rows compares the operators on rows with float64: results are at most a step away. Logarithms of elements further below a row's greatest than the
// range of the fixed-point differences are minus infinity, thus the least value.
func TestS8Rows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		row := drawInt8(t, "row", n)
		scale := rapid.Float64Range(0.01, 1).Draw(t, "scale")
		fixed := func(x float64) (int32, int) {
			m, shift := math.Frexp(x)
			return int32(m * (1<<31 - 1)), shift
		}
		m, shift := fixed(scale * (1 << 26))
		factor, back := NewMultiplier(m, shift), NewMultiplier(fixed(math.Ldexp(1/scale, -26)))
		least := -int(31 * (1 << 26) >> shift)

		var sum, squares float64
		for _, q := range row {
			sum += math.Exp(scale * float64(q))
			squares += float64(q) * float64(q)
		}
		soft, logs, unit := make([]int8, n), make([]int8, n), make([]int8, n)
		NewS8Softmax(factor, least).Run(soft, row, n)
		NewS8LogSoftmax(factor, back, least).Run(logs, row, n)
		S8L2Normalize(unit, row, n, 0)
		greatest := int(slices.Max(row))
		for i, q := range row {
			p := math.Exp(scale*float64(q)) / sum
			logarithm := math.Log(p)*16 + 127
			if int(q)-greatest < least {
				logarithm = -128
			}
			for _, c := range []struct {
				name string
				got  int8
				want float64
			}{
				{"softmax", soft[i], p*256 - 128},
				{"log softmax", logs[i], logarithm},
				{"normalized", unit[i], float64(q) / math.Sqrt(max(squares, 1)) * 128},
			} {
				if want := min(max(c.want, -128), 127); math.Abs(float64(c.got)-want) > 1 {
					t.Errorf("%s of %v at %g: element %d is %d, want %g", c.name, row, scale, i, c.got, want)
				}
			}
		}
	})
}

// TestS8Elementwise compares sums, products, quotients and comparisons with float64.
func TestS8Elementwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zero := func(label string) int32 { return rapid.Int32Range(-128, 127).Draw(t, label) }
		xZero, yZero, outZero := zero("x zero"), zero("y zero"), zero("out zero")
		// Operands' scales 1/2 and 1/4, the result's 1 for sums and 8 for products.
		half, quarter := NewMultiplier(1<<30, 0), NewMultiplier(1<<30, -1)
		sum := NewS8Sum(xZero, yZero, half, quarter, NewMultiplier(1<<30, 1-sumShift), 1, outZero, -128, 127)
		difference := NewS8Sum(xZero, yZero, half, quarter, NewMultiplier(1<<30, 1-sumShift), -1, outZero, -128, 127)
		product := NewS8Product(S8Product{XZero: xZero, YZero: yZero, Scale: NewMultiplier(1<<30, -5), Zero: outZero, Lo: -128, Hi: 127})
		square := NewS8SquaredDifference(xZero, yZero, half, quarter, NewMultiplier(1<<30, -15), outZero)
		less := NewS8Compare(xZero, yZero, half, quarter, func(x, y int32) bool { return x < y })
		a, b := drawInt8(t, "a", 8), drawInt8(t, "b", rapid.SampledFrom([]int{1, 8}).Draw(t, "n"))
		out, flags := make([]int8, 8), make([]bool, 8)
		for _, c := range []struct {
			name string
			row  Row[int8, int8]
			real func(x, y float64) float64
		}{
			{"x + y", sum.Row, func(x, y float64) float64 { return x + y }},
			{"x - y", difference.Row, func(x, y float64) float64 { return x - y }},
			{"x * y", product.Row, func(x, y float64) float64 { return x * y / 8 }},
			{"(x - y)²", square.Row, func(x, y float64) float64 { return (x - y) * (x - y) / 4 }},
		} {
			c.row(out, a, b)
			for i, got := range out {
				x, y := float64(int32(a[i])-xZero)/2, float64(int32(b[min(i, len(b)-1)])-yZero)/4
				if want := min(max(c.real(x, y)+float64(outZero), -128), 127); math.Abs(float64(got)-want) > 0.52 { // it is rounded twice
					t.Errorf("%s of %g and %g is %d, want %g", c.name, x, y, got, want)
				}
			}
		}
		less.Row(flags, a, b)
		for i, got := range flags {
			x, y := 2*(int32(a[i])-xZero), int32(b[min(i, len(b)-1)])-yZero
			if got != (x < y) {
				t.Errorf("%d < %d is %v", x, y, got)
			}
		}
	})
}
