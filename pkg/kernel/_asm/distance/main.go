// Command distance writes the AVX2 kernel that compares numbers with others. Its Go counterpart is F32Distance.
package main

//go:generate go run . -out ../../distance_amd64.s -stubs ../../distance_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	half     = 4  // float64 in a register
	register = 32 // bytes
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	unsigned := GLOBL("distanceUnsigned", 8|16) // RODATA, NOPTR
	for i := range half {
		DATA(8*i, U64(1<<63-1))
	}
	TEXT("distanceAsm", NOSPLIT, "func(x, y *float32, n int, s *byte)")
	Pragma("noescape")
	Doc("distanceAsm takes n pairs, a positive multiple of 8, into the distances at s. What is no finite number among them makes sums of noise infinite or NaN, and all else arbitrary.")
	x := Load(Param("x"), GP64())
	y := Load(Param("y"), GP64())
	n := Load(Param("n"), GP64())
	at := Load(Param("s"), GP64())
	var sums [5][2]reg.VecVirtual // signal, power, dot, noise, deviation
	for i := range sums {
		for h := range sums[i] {
			sums[i][h] = YMM()
			VMOVUPD(Mem{Base: at, Disp: (2*i + h) * register}, sums[i][h])
		}
	}
	most, low, high := YMM(), XMM(), XMM()
	ends := 2 * len(sums) * register
	VMOVUPD(Mem{Base: at, Disp: ends}, most)
	VMOVUPS(Mem{Base: at, Disp: ends + register}, low)
	VMOVUPS(Mem{Base: at, Disp: ends + register + register/2}, high)
	v, w, t := YMM(), YMM(), YMM()
	Label("step")
	for h := range 2 {
		VMOVUPS(Mem{Base: x, Disp: h * register / 2}, v.AsX())
		VMINPS(low, v.AsX(), low)
		VMAXPS(high, v.AsX(), high)
		VCVTPS2PD(v.AsX(), v)
		VCVTPS2PD(Mem{Base: y, Disp: h * register / 2}, w)
		for i, f := range [][2]reg.VecVirtual{{v, v}, {w, w}, {v, w}} {
			VMULPD(f[0], f[1], t)
			VADDPD(t, sums[i][h], sums[i][h])
		}
		VSUBPD(w, v, v)
		VMULPD(v, v, t)
		VADDPD(t, sums[3][h], sums[3][h])
		VANDPD(unsigned, v, v)
		VADDPD(v, sums[4][h], sums[4][h])
		VMAXPD(most, v, most)
	}
	ADDQ(Imm(register), x)
	ADDQ(Imm(register), y)
	SUBQ(Imm(2*half), n)
	JNZ(LabelRef("step"))
	for i := range sums {
		for h, s := range sums[i] {
			VMOVUPD(s, Mem{Base: at, Disp: (2*i + h) * register})
		}
	}
	VMOVUPD(most, Mem{Base: at, Disp: ends})
	VMOVUPS(low, Mem{Base: at, Disp: ends + register})
	VMOVUPS(high, Mem{Base: at, Disp: ends + register + register/2})
	VZEROUPPER()
	RET()
	Generate()
}
