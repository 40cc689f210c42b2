package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lines writes the kernels that look for one extremum of each of many lines.
func lines() {
	// Loaded from n lanes before the middle on, n lanes of ones.
	ones := GLOBL("minMaxLanes", 8|16) // RODATA, NOPTR
	for i := range 2 * vector {
		DATA(size*i, U32(-uint32(1-i/vector)))
	}
	extremes("maxLinesAsm", "greatest", VMAXPS, math.Inf(-1), ones)
	extremes("minLinesAsm", "least", VMINPS, math.Inf(1), ones)
}

// extremes writes the kernel for an extremum, which is empty if there is no number.
func extremes(name, what string, extremum func(ops ...Op), empty float64, ones Mem) {
	TEXT(name, NOSPLIT, "func(dst, x *float32, n, lines int)")
	Pragma("noescape")
	Doc(name + " stores the " + what + " number of each of lines of n elements, zeros of either sign being equal, or NaN if there is one.")
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	count := Load(Param("lines"), GP64())
	i, last, bits := GP64(), GP64(), GP32()
	best, v, nan, mask := YMM(), YMM(), YMM(), YMM()

	// finish stores a line's extremum, or NaN, and goes on with the next line.
	finish := func(line string) {
		VMOVMSKPS(nan, bits)
		VMOVSS(across(best, extremum), Mem{Base: dst})
		TESTL(bits, bits)
		JZ(LabelRef(line + "Next"))
		MOVL(U32(math.Float32bits(float32(math.NaN()))), Mem{Base: dst})
		Label(line + "Next")
		LEAQ(Mem{Base: x, Index: n, Scale: size}, x)
		ADDQ(Imm(size), dst)
		DECQ(count)
		JNZ(LabelRef(line))
		VZEROUPPER()
		RET()
	}
	MOVQ(n, last)
	SUBQ(Imm(vector), last)
	JL(LabelRef("few"))
	Label("line")
	VMOVUPS(Mem{Base: x}, best)
	VCMPPS(Imm(unord), best, best, nan)
	MOVQ(U32(vector), i)
	look := func(at reg.Register) {
		VMOVUPS(Mem{Base: x, Index: at, Scale: size}, v)
		extremum(best, v, best)
		VCMPPS(Imm(unord), v, v, mask)
		VORPS(mask, nan, nan)
	}
	JMP(LabelRef("test"))
	Label("step")
	look(i)
	ADDQ(Imm(vector), i)
	Label("test")
	CMPQ(i, last)
	JLT(LabelRef("step"))
	Comment("the last ones, some for a second time")
	look(last)
	finish("line")

	Label("few")
	lanes, none := YMM(), YMM()
	fill([]reg.VecVirtual{none}, empty)
	LEAQ(ones.Offset(size*vector), i)
	NEGQ(n)
	VMOVUPS(Mem{Base: i, Index: n, Scale: size}, lanes)
	NEGQ(n)
	Label("short")
	VMASKMOVPS(Mem{Base: x}, lanes, v)
	VCMPPS(Imm(unord), v, v, nan)
	VBLENDVPS(lanes, v, none, best)
	finish("short")
}
