package kernel

import "math"

// The functions of this file compute on numbers in fixed point of 16 bits, with the operations of gemmlowp, whose results they equal bit for bit. A number Qn has n bits
// before the point, a sign and 15-n bits behind it. Sums wrap.

// shiftUp16 returns x * 2^n, saturated.
func shiftUp16(x int16, n int) int16 {
	limit := int16(1)<<(15-n) - 1
	switch {
	case x > limit:
		return math.MaxInt16
	case x < -limit:
		return math.MinInt16
	}
	return x << n
}

// shiftRound16 returns x / 2^n rounded to the nearest, halves away from zero.
func shiftRound16(x int16, n int) int16 { return int16(ShiftRound(int32(x), n)) }

// narrow16 returns a number in fixed point of 32 bits in 16, as gemmlowp makes its constants.
func narrow16(x int32) int16 { return int16(ShiftRound(x, 16)) }

// expSmall16 returns e^x in Q0 of an x in Q0, in [-1/4, 0); see expSmall.
func expSmall16(x int16) int16 {
	exp, third := narrow16(1895147668), narrow16(715827883)
	x += 1 << 12
	x2 := highMul16(x, x)
	x3, x4 := highMul16(x2, x), highMul16(x2, x2)
	rest := shiftRound16(highMul16(shiftRound16(x4, 2)+x3, third)+x2, 1)
	return saturate16(int32(exp) + int32(highMul16(exp, x+rest)))
}

// expNegative16 returns e^x in Q0 of an x in Qn that is not positive; n is at most 7.
func expNegative16(x int16, n int) int16 {
	fraction := 15 - n
	quarter := int16(1) << (fraction - 2)
	switch {
	case x == 0:
		return math.MaxInt16
	case n > 5 && x < -(1<<(20-n)): // -32
		return 0
	}
	small := x&(quarter-1) - quarter
	y := expSmall16(shiftUp16(small, n))
	for i, step := range expSteps {
		if n > i-2 && (small-x)>>(fraction+i-2)&1 != 0 {
			y = highMul16(y, narrow16(step))
		}
	}
	return y
}

// overOnePlus16 returns 2/(1+x) in Q2 of an x in Q0, in [0, 1]; see overOnePlus.
func overOnePlus16(x int16) int16 {
	half := int16((int32(x) + math.MaxInt16 + 1) / 2)
	y := narrow16(1515870810) + highMul16(half, narrow16(-1010580540))
	for range 3 {
		y += shiftUp16(highMul16(y, 1<<13-highMul16(half, y)), 2)
	}
	return y
}

// logistic16 returns 1/(1+e^-x) in Q0 of an x in Q3.
func logistic16(x int16) int16 {
	if x == 0 {
		return 1 << 14
	}
	a := x
	if x > 0 {
		a = -x
	}
	y := shiftUp16(overOnePlus16(expNegative16(a, 3)), 1)
	if x < 0 {
		return math.MaxInt16 - y
	}
	return y
}

// tanh16 returns tanh x in Q0 of an x in Qn; n is at most 6.
func tanh16(x int16, n int) int16 {
	if x == 0 {
		return 0
	}
	a := x
	if x > 0 {
		a = -x
	}
	y := shiftUp16(overOnePlus16(expNegative16(a, n+1))-1<<13, 2)
	if x < 0 {
		return -y
	}
	return y
}
