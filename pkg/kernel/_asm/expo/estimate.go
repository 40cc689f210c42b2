package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What is wanted are the roundings to float32 of results of a fixed sequence of float64 operations. They follow from any other sequence that comes
// near: unless a midpoint between two float32 lies between both results, they round alike. So fewer operations are done, fused ones, and where a
// result lies within margin of a midpoint, which is once in 2048 times, the fixed sequence decides.

const (
	// margin is how far, in units in the last place of float64, a midpoint must be. The estimate's distance is that of its polynomial, r^10/10!
	// for |r| ≤ ln 2 / 2, which relative to e^r is 2^-36.6: less than 2^16.5 units. All other errors are below 2^8 units.
	margin = 1 << 17
	// discarded is the number of bits by which the significand of float32 is shorter, as long as it is a normal number.
	discarded = 29
	// tiny is where e^-x is still a normal float32.
	tiny = 87
)

// estimate does nearly what expm1Scaled does.
func estimate(x, s [2]reg.VecVirtual, c *table) {
	k, q := newPair(), newPair()
	all := func(f func(x, s, k, q reg.VecVirtual)) {
		for i := range x {
			f(x[i], s[i], k[i], q[i])
		}
	}
	all(func(x, s, _, _ reg.VecVirtual) {
		VMOVUPD(c.f64(shift), s)
		VFMADD231PD(c.f64(log2e), x, s)
	})
	all(func(_, s, k, _ reg.VecVirtual) { VSUBPD(c.f64(shift), s, k) })
	all(func(x, _, k, _ reg.VecVirtual) { VFNMADD231PD(c.f64(math.Ln2), k, x) })
	fewer := coefficients[2:]
	all(func(_, _, _, q reg.VecVirtual) { VMOVUPD(c.f64(fewer[0]), q) })
	for _, a := range fewer[1:] {
		all(func(x, _, _, q reg.VecVirtual) { VFMADD213PD(c.f64(a), x, q) })
	}
	all(func(x, _, k, _ reg.VecVirtual) { VMULPD(x, x, k) })
	all(func(x, _, k, q reg.VecVirtual) { VFMADD231PD(k, q, x) })
	all(func(_, s, _, _ reg.VecVirtual) { VPADDQ(c.bits64("exponent", 1023), s, s) })
	all(func(_, s, _, _ reg.VecVirtual) { VPSLLQ(Imm(52), s, s) })
}

// doubt clears the zero flag if a result is too near to a midpoint, or the mask has a bit. It changes the mask.
func doubt(half [2]reg.VecVirtual, mask reg.VecVirtual, c *table) {
	const midpoint = 1 << (discarded - 1)
	zero := YMM()
	VPXOR(zero, zero, zero)
	for _, y := range half {
		near := YMM()
		VPADDQ(c.bits64("to midpoint", 1<<64-midpoint+margin), y, near)
		VPAND(c.bits64("outside margin", (1<<discarded-1)&^(2*margin-1)), near, near)
		VPCMPEQQ(zero, near, near)
		VPOR(near, mask, mask)
	}
	VPTEST(mask, mask)
}
