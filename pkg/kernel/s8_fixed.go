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
	half := int32((int64(x) + math.MaxInt32 + 1) / 2)
	y := from + HighMul(half, slope)
	for range 3 {
		y += shiftUp32(HighMul(y, 1<<29-HighMul(half, y)), 2)
	}
	return shiftUp32(y, 1)
}
