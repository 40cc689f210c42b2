// Command elementwise writes the AVX2 kernels of operators that compute each element of the result from one element of each operand. Their Go
// counterparts are the Rows of package kernel, Select, Clamp, F32HardSwish and F32LeakyRelu.
package main

//go:generate go run . -out ../../elementwise_amd64.s -stubs ../../elementwise_stub_amd64.go -pkg kernel

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector   = 8  // float32 in a register
	register = 32 // bytes
	unroll   = 4  // registers in a step of the long loop

	// Predicates of comparisons, which are quiet; those with a NaN hold where the name says so.
	equal             = 0
	unordered         = 3
	notEqualOrNaN     = 4
	less, lessOrEqual = 0x11, 0x12
	greater           = 0x1e
	greaterOrEqual    = 0x1d
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	row("addAsm", "a + b", func(a, b, x reg.VecVirtual) { VADDPS(b, a, x) })
	row("subAsm", "a - b", func(a, b, x reg.VecVirtual) { VSUBPS(b, a, x) })
	row("mulAsm", "a * b", func(a, b, x reg.VecVirtual) { VMULPS(b, a, x) })
	row("divAsm", "a / b", func(a, b, x reg.VecVirtual) { VDIVPS(b, a, x) })
	// With a NaN, or zeros of both signs, the processor returns the second operand, b; but a NaN in a is the result.
	row("maximumAsm", "the greater of a and b", func(a, b, x reg.VecVirtual) {
		VMAXPS(b, a, x)
		VCMPPS(Imm(unordered), a, a, b)
		VBLENDVPS(b, a, x, x)
	})
	row("minimumAsm", "the lesser of a and b", func(a, b, x reg.VecVirtual) {
		VMINPS(b, a, x)
		VCMPPS(Imm(unordered), a, a, b)
		VBLENDVPS(b, a, x, x)
	})
	row("preluAsm", "a where it is at least 0, else a * b,", func(a, b, x reg.VecVirtual) {
		VMULPS(b, a, b)
		VXORPS(x, x, x)
		VCMPPS(Imm(greaterOrEqual), x, a, x)
		VBLENDVPS(x, a, b, x)
	})
	comparisons()
	choice()

	unary("clampAsm", "src limited to bounds", "bounds *[2]float32", func() func(x reg.VecVirtual) {
		at, lo, hi := GP64(), YMM(), YMM()
		Load(Param("bounds"), at)
		VBROADCASTSS(Mem{Base: at}, lo)
		VBROADCASTSS(Mem{Base: at, Disp: 4}, hi)
		return func(x reg.VecVirtual) { clamp(x, lo, hi) }
	})
	unary("hardSwishAsm", "x * min(max(x + 3, 0), 6) / 6, x of src,", "", func() func(x reg.VecVirtual) {
		three, lo, hi := constant("three", 3), YMM(), constant("six", 6)
		VXORPS(lo, lo, lo)
		return func(x reg.VecVirtual) {
			y := YMM()
			VADDPS(three, x, y)
			clamp(y, lo, hi)
			VMULPS(y, x, x)
			VDIVPS(hi, x, x)
		}
	})
	unary("leakyReluAsm", "x where it is greater than 0, else x * alpha, x of src,", "alpha float32", func() func(x reg.VecVirtual) {
		alpha, zero := YMM(), YMM()
		address, err := Param("alpha").Resolve()
		if err != nil {
			panic(err)
		}
		VBROADCASTSS(address.Addr, alpha)
		VXORPS(zero, zero, zero)
		return func(x reg.VecVirtual) {
			y, mask := YMM(), YMM()
			VMULPS(alpha, x, y)
			VCMPPS(Imm(greater), zero, x, mask)
			VBLENDVPS(mask, x, y, x)
		}
	})
	one("absAsm", "|x|", func() func(x reg.VecVirtual) {
		magnitude := bits("magnitude", 1<<31-1)
		return func(x reg.VecVirtual) { VANDPS(magnitude, x, x) }
	})
	one("negAsm", "-x", func() func(x reg.VecVirtual) {
		sign := bits("sign", 1<<31)
		return func(x reg.VecVirtual) { VXORPS(sign, x, x) }
	})
	one("signAsm", "-1, 0 or 1, or x if it is NaN,", func() func(x reg.VecVirtual) {
		plus, minus, zero := constant("plus", 1), constant("minus", -1), YMM()
		VXORPS(zero, zero, zero)
		return func(x reg.VecVirtual) {
			positive, negative, nan := YMM(), YMM(), YMM()
			VCMPPS(Imm(greater), zero, x, positive)
			VCMPPS(Imm(greater), x, zero, negative)
			VCMPPS(Imm(unordered), x, x, nan)
			VANDPS(plus, positive, positive)
			VANDPS(minus, negative, negative)
			VANDPS(x, nan, x)
			VORPS(positive, x, x)
			VORPS(negative, x, x)
		}
	})
	for _, r := range []struct {
		name, does string
		mode       uint64
	}{{"floorAsm", "x rounded down", 9}, {"ceilAsm", "x rounded up", 10}, {"roundAsm", "x rounded to the nearest integer, halves to the even one,", 8}} {
		one(r.name, r.does, func() func(x reg.VecVirtual) {
			return func(x reg.VecVirtual) { VROUNDPS(Imm(r.mode), x, x) }
		})
	}
	one("sqrtAsm", "the root of x", func() func(x reg.VecVirtual) {
		return func(x reg.VecVirtual) { VSQRTPS(x, x) }
	})
	one("rsqrtAsm", "1 by the root of x, computed in float64,", func() func(x reg.VecVirtual) {
		unit := YMM()
		VBROADCASTSS(literal("unit", 1), unit.AsX())
		VCVTPS2PD(unit.AsX(), unit)
		return func(x reg.VecVirtual) {
			high, a, b := YMM(), YMM(), YMM()
			VEXTRACTF128(Imm(1), x, high.AsX())
			VCVTPS2PD(x.AsX(), a)
			VCVTPS2PD(high.AsX(), b)
			for _, v := range []reg.VecVirtual{a, b} {
				VSQRTPD(v, v)
				VDIVPD(v, unit, v)
			}
			VCVTPD2PSY(a, x.AsX())
			VCVTPD2PSY(b, high.AsX())
			VINSERTF128(Imm(1), high.AsX(), x, x)
		}
	})
	Generate()
}

// one writes a kernel of one operand without parameters.
func one(name, does string, setup func() func(x reg.VecVirtual)) {
	unary(name, does+", x of src,", "", setup)
}

// literal returns the address of v.
func literal(name string, v float32) Mem { return words(name, math.Float32bits(v)) }

// constant returns a register filled with v.
func constant(name string, v float32) reg.VecVirtual {
	m := literal(name, v)
	r := YMM()
	VBROADCASTSS(m, r)
	return r
}

// bits returns a register filled with a pattern of bits.
func bits(name string, pattern uint32) reg.VecVirtual {
	return constant(name, math.Float32frombits(pattern))
}

// clamp limits x; a NaN stays, and a zero of either sign where a limit is zero, since the processor returns the second operand.
func clamp(x, lo, hi reg.VecVirtual) {
	VMAXPS(x, lo, x)
	VMINPS(x, hi, x)
}

// row writes a kernel of two operands, each of which steps by a register or, where it is one number repeated, not at all. f computes x; it
// may change b.
func row(name, does string, f func(a, b, x reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(dst, a, b *float32, aStep, bStep, n int)")
	Pragma("noescape")
	Doc(name+" stores "+does+" in dst, which may be a or b, for n elements, a positive multiple of 8. From one vector of 8 to the next,",
		"a and b step by so many bytes: 32, or 0.")
	dst := Load(Param("dst"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	aStep := Load(Param("aStep"), GP64())
	bStep := Load(Param("bStep"), GP64())
	n := Load(Param("n"), GP64())
	step := func(count int) {
		for i := range count {
			va, vb, x := YMM(), YMM(), YMM()
			VMOVUPS(Mem{Base: a}, va)
			VMOVUPS(Mem{Base: b}, vb)
			ADDQ(aStep, a)
			ADDQ(bStep, b)
			f(va, vb, x)
			VMOVUPS(x, Mem{Base: dst, Disp: i * register})
		}
		ADDQ(U32(count*register), dst)
	}
	loops(n, step)
}

// unary writes a kernel of one operand. setup, run before the loops, returns what replaces x by the result.
func unary(name, does, parameter string, setup func() func(x reg.VecVirtual)) {
	signature := "func(dst, src *float32, n int"
	if parameter != "" {
		signature += ", " + parameter
	}
	TEXT(name, NOSPLIT, signature+")")
	Pragma("noescape")
	Doc(name + " stores " + does + " in dst, which may be src, for n elements, a positive multiple of 8.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	f := setup()
	loops(n, func(count int) {
		for i := range count {
			x := YMM()
			VMOVUPS(Mem{Base: src, Disp: i * register}, x)
			f(x)
			VMOVUPS(x, Mem{Base: dst, Disp: i * register})
		}
		ADDQ(U32(count*register), src)
		ADDQ(U32(count*register), dst)
	})
}

// loops repeats step for several registers, then for one, until n elements are done.
func loops(n reg.Register, step func(count int)) {
	SUBQ(Imm(unroll*vector), n)
	JL(LabelRef("rest"))
	Label("long")
	step(unroll)
	SUBQ(Imm(unroll*vector), n)
	JGE(LabelRef("long"))
	Label("rest")
	ADDQ(Imm(unroll*vector), n)
	JZ(LabelRef("done"))
	Label("short")
	step(1)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("short"))
	Label("done")
	VZEROUPPER()
	RET()
}
