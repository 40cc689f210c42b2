package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The polynomials of the Go functions F32Erfc and erfc64.
var (
	erfCoef = []float64{
		0x1.20dd750429b19p+0, -0x1.812746b0271ecp-2, 0x1.ce2f2197bc2efp-4, -0x1.b82ce15c3b7f8p-6, 0x1.565ba0406c001p-8,
		-0x1.c0286cad68e02p-11, 0x1.f941bed7e7847p-14, -0x1.f0705a1dde9aap-17, 0x1.9ae0986f9de4fp-20, -0x1.c1a515de8637ap-24,
	}
	erfcxCoef = []float64{
		0x1.afbb3f3b75b07p-3, -0x1.7ca88dec553d8p-2, 0x1.01c11a7251a98p-2, -0x1.0011540f10a11p-3,
		0x1.470ba2d4b70f3p-5, -0x1.05bbbd9138053p-8, -0x1.5a5706ee497d5p-9, 0x1.cb6ee95692bep-11,
		0x1.de3bfd77f9ccep-13, -0x1.124afc06962c6p-13, -0x1.06456940b1239p-15, 0x1.6a82f05d31e2dp-16,
	}
)

// gelu writes the kernel of x/2 * erfc(-x/√2).
func gelu(c *table) {
	// All bits but the sign.
	magnitude := c.bits64("magnitude", 1<<63-1)
	loop("geluAVX2", "x/2 * erfc(-x/√2)", func(src Mem, out reg.VecVirtual) {
		x, half, y := YMM(), newPair(), newPair()
		argument := func() {
			VMOVUPS(src, x)
			VMULPS(c.f32(-0.70710678118654752440), x, x)
		}
		argument()
		widen(x, half)
		erfc("guess", half, y, magnitude, true, c)
		// Beyond this argument the result may be no normal float32.
		limit := YMM()
		VMOVUPS(c.f32(9), limit)
		VCMPPS(Imm(less), x, limit, x)
		doubt(y, x, c)
		JZ(LabelRef("certain"))
		argument()
		widen(x, half)
		erfc("sure", half, y, magnitude, false, c)
		Label("certain")
		narrow(y, out)
		VMOVUPS(src, x)
		VMULPS(c.f32(0.5), x, x)
		VMULPS(out, x, out)
	})
}

// erfc makes y = 1 - erf(x), or nearly that by fused operations: see estimate. Those differ by less than 2^8 units but for that of e^x.
func erfc(label string, x, y [2]reg.VecVirtual, magnitude Mem, fused bool, c *table) {
	// Beyond this limit the function rounds to 0 and 2, as at it.
	const top = 10.25
	// The way for magnitudes below 1.
	one, z := YMM(), newPair()
	for i, d := range x {
		VMULPD(d, d, z[i])
	}
	horner(y, z, erfCoef, fused, c)
	VMOVUPD(c.f64(1), one)
	for i, d := range x {
		VMULPD(y[i], d, y[i])
		VSUBPD(y[i], one, y[i])
		VANDPD(magnitude, d, z[i])
		VCMPPD(Imm(less), one, z[i], z[i])
	}
	all, some := YMM(), GP32()
	VANDPD(z[0], z[1], all)
	VMOVMSKPD(all, some)
	CMPL(some, Imm(15))
	JEQ(LabelRef(label))
	// The way for greater ones: far.
	far, u := newPair(), newPair()
	power, scale := z, u
	for i, d := range x {
		a := power[i]
		limit(d, a, magnitude, top, c)
		VSUBPD(c.f64(2.5), a, u[i])
		VADDPD(c.f64(2.5), a, far[i])
		VDIVPD(far[i], u[i], u[i])
	}
	horner(far, u, erfcxCoef, fused, c)
	for _, p := range power {
		VMULPD(p, p, p)
		VXORPD(c.bits64("sign", 1<<63), p, p)
	}
	if fused {
		estimate(power, scale, c)
	} else {
		expm1Scaled(power[:], scale[:], c)
	}
	for i, d := range x {
		exp(power[i], scale[i])
		e, mirrored, mask := far[i], scale[i], power[i]
		VMULPD(power[i], e, e)
		VMOVUPD(c.f64(2), mirrored)
		VSUBPD(e, mirrored, mirrored)
		VBLENDVPD(d, mirrored, e, e)
		VANDPD(magnitude, d, mask)
		VCMPPD(Imm(less), c.f64(1), mask, mask)
		VBLENDVPD(mask, y[i], e, y[i])
	}
	Label(label)
}

// limit makes a the magnitude of d between 1 and top; a NaN stays.
func limit(d, a reg.VecVirtual, magnitude Mem, top float64, c *table) {
	VMOVUPD(c.f64(1), a)
	x := YMM()
	VANDPD(magnitude, d, x)
	VMAXPD(x, a, a)
	VMOVUPD(c.f64(top), x)
	VMINPD(a, x, a)
}

// horner makes every s the polynomial in x, as the Go function of this name does unless operations are to be fused.
func horner(s, x [2]reg.VecVirtual, coef []float64, fused bool, c *table) {
	last := len(coef) - 1
	if fused {
		for i := range s {
			VMOVUPD(c.f64(coef[last]), s[i])
		}
		for k := last - 1; k >= 0; k-- {
			for i := range s {
				VFMADD213PD(c.f64(coef[k]), x[i], s[i])
			}
		}
		return
	}
	for i := range s {
		VMULPD(c.f64(coef[last]), x[i], s[i])
	}
	for k := last - 1; k > 0; k-- {
		for i := range s {
			VADDPD(c.f64(coef[k]), s[i], s[i])
		}
		for i := range s {
			VMULPD(x[i], s[i], s[i])
		}
	}
	for i := range s {
		VADDPD(c.f64(coef[0]), s[i], s[i])
	}
}
