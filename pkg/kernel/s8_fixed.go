package kernel

import (
	"math"
	"math/bits"
)

// The functions of this file compute on numbers in fixed point, with the operations of gemmlowp, whose results they equal bit for bit. A number Qn has n bits before the
// point, a sign and 31-n bits behind it.

// shiftUp32 returns x * 2^n, saturated.
func shiftUp32(x int32, n int) int32 {
	limit := int32(1)<<(31-n) - 1
	switch {
	case x > limit:
		return math.MaxInt32
	case x < -limit:
		return math.MinInt32
	}
	return x << n
}

// expSmall returns e^x in Q0 of an x in Q0, in [-1/4, 0): a polynomial of degree four around -1/8.
func expSmall(x int32) int32 {
	const exp, third = 1895147668, 715827883 // e^(-1/8), 1/3
	x += 1 << 28
	x2 := HighMul(x, x)
	x3, x4 := HighMul(x2, x), HighMul(x2, x2)
	rest := ShiftRound(HighMul(ShiftRound(x4, 2)+x3, third)+x2, 1)
	return exp + HighMul(exp, x+rest)
}

// expSteps are e^(-2^n) in Q0, from n = -2 on.
var expSteps = [...]int32{1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242}

// expNegative returns e^x in Q0 of an x in Q5 that is not positive.
func expNegative(x int32) int32 {
	const quarter = 1 << 24
	if x == 0 {
		return math.MaxInt32
	}
	small := x&(quarter-1) - quarter
	y := expSmall(shiftUp32(small, 5))
	for n, step := range expSteps {
		if (small-x)>>(24+n)&1 != 0 {
			y = HighMul(y, step)
		}
	}
	return y
}

// reciprocal returns 1/x in Q0 as a mantissa, in [1/2, 1], and the power of two that it is still to be divided by, for an x with n bits before the point.
func reciprocal(x int32, n int) (mantissa int32, shift int) {
	headroom := bits.LeadingZeros32(uint32(x))
	return overOnePlus(int32(uint32(x)<<headroom - 1<<31)), n - headroom
}

// overOnePlus returns 1/(1+x) in Q0 of an x in Q0, in [0, 1]: three steps of Newton's method for the reciprocal of (1+x)/2, in Q2.
func overOnePlus(x int32) int32 {
	const from, slope = 1515870810, -1010580540 // 48/17, -32/17
	half := halfSum(x, math.MaxInt32)
	y := from + HighMul(half, slope)
	for range 3 {
		y += shiftUp32(HighMul(y, 1<<29-HighMul(half, y)), 2)
	}
	return shiftUp32(y, 1)
}

// invSqrt returns 1/√x as a multiplier and a shift, of an x that is not negative; 0 counts as 1. Five steps of Newton's method in Q3 for a number in [1/4, 1].
func invSqrt(x int32) (multiplier int32, shift int) {
	const half3, halfSqrt2 = 1<<28 + 1<<27, 1518500250 // 3/2 in Q3, √2/2 in Q0
	if x <= 1 {
		return math.MaxInt32, 0
	}
	right := 11
	for ; x >= 1<<29; right++ {
		x /= 4
	}
	pairs := (bits.LeadingZeros32(uint32(x))-1)/2 - 1
	right -= pairs
	x <<= 2 * pairs
	half := ShiftRound(x>>1, 1)
	y := int32(1 << 28)
	for range 5 {
		cube := shiftUp32(HighMul(HighMul(y, y), y), 6)
		y = shiftUp32(HighMul(half3, y)-HighMul(half, cube), 3)
	}
	y = HighMul(y, halfSqrt2)
	if right < 0 {
		return y << -right, 0
	}
	return y, -right
}

// logAboveOne returns ln x in Q5 of an x in Q12 that is at least 1: the power of two that is nearest to x gives the one part, a rational function of
// what is left, between √½ and √2, the other.
func logAboveOne(x int32) int32 {
	const (
		xBits, accBits, outBits = 12, 6, 5
		ln2                     = 1488522236 // all in Q0
		rootRootHalf            = 1805811301
		rootHalf                = 1518500250
		quarter                 = 1 << (31 - accBits - 2) // in the accumulator's format
		alphaN, alphaD          = 117049297, 127690142    // 11/240 · ⁴√2, 1/20 · ⁴√2
		alphaI, alphaF          = 1057819769, 638450708   // 2/⁴√2 - ⁴√2, ⁴√2/4
	)
	headroom := bits.LeadingZeros32(uint32(x))
	ra := shiftUp32(HighMul(shiftUp32(x, headroom-1), rootHalf), 1)
	powerA := addSaturated(shiftUp32(int32(xBits-headroom), 31-accBits), quarter)
	headroomB := bits.LeadingZeros32(uint32(HighMul(x, rootHalf))) - 1
	rb := shiftUp32(x, headroomB)
	powerB := addSaturated(shiftUp32(int32(xBits-headroomB), 31-accBits), -quarter)
	r, power := min(ra, rb), max(powerA, powerB)

	p := halfSum(r, rootRootHalf)
	q := r - rootRootHalf
	q += q
	square := HighMul(q, q)
	num := HighMul(q, r) + HighMul(HighMul(q, square), alphaN)
	denominator := HighMul(p, alphaI+q+HighMul(alphaD, square)) + HighMul(alphaF, q)
	fraction := HighMul(ShiftRound(num, accBits), overOnePlus(denominator))
	return shiftUp32(HighMul(power, ln2)+fraction, accBits-outBits)
}

func addSaturated(x, y int32) int32 {
	return int32(min(max(int64(x)+int64(y), math.MinInt32), math.MaxInt32))
}

// halfSum returns (x + y) / 2, halves rounded away from zero.
func halfSum(x, y int32) int32 {
	sum := int64(x) + int64(y)
	if sum >= 0 {
		return int32((sum + 1) / 2)
	}
	return int32((sum - 1) / 2)
}

// S8Rsqrt returns 1/√q of a positive q, rescaled by m * 2^(shift-31), as TFLite's kernel does; with no positive q the greatest int8.
func S8Rsqrt(q, m int32, shift int) int32 {
	const up = 20
	if q <= 0 {
		return math.MaxInt8
	}
	inverse, exponent := invSqrt(q)
	return Rescale(Rescale(1, inverse, exponent+up), m, max(shift-up, -31))
}
