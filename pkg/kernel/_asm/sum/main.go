// Command sum writes the AVX2 kernels that add up numbers in float64. Their Go counterparts are F32Sum, F32SumSquares and foldRows.
package main

//go:generate go run . -out ../../sum_amd64.s -stubs ../../sum_stub_amd64.go -pkg kernel

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
	lanes("sumAsm", "every eighth element", func(reg.VecVirtual) {})
	lanes("sumSquaresAsm", "the square of every eighth element", func(v reg.VecVirtual) { VMULPD(v, v, v) })
	lines()
	rows()
	Generate()
}

// lanes writes a kernel that adds what f makes of the elements to eight sums.
func lanes(name, what string, f func(v reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(x *float32, n int, sums *[8]float64)")
	Pragma("noescape")
	Doc(name + " adds " + what + " to each of sums, one after the other. n is a positive multiple of 8.")
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	at := Load(Param("sums"), GP64())
	sums := [2]reg.VecVirtual{YMM(), YMM()}
	for i, s := range sums {
		VMOVUPD(Mem{Base: at, Disp: i * register}, s)
	}
	Label("step")
	for i, s := range sums {
		v := YMM()
		VCVTPS2PD(Mem{Base: x, Disp: i * register / 2}, v)
		f(v)
		VADDPD(v, s, s)
	}
	ADDQ(Imm(register), x)
	SUBQ(Imm(2*half), n)
	JNZ(LabelRef("step"))
	for i, s := range sums {
		VMOVUPD(s, Mem{Base: at, Disp: i * register})
	}
	VZEROUPPER()
	RET()
}

// lines writes the kernel that adds up each of many lines.
func lines() {
	// Loaded from n lanes before the middle on, n lanes of ones.
	ones := GLOBL("sumLanes", 8|16) // RODATA, NOPTR
	for i := range 4 * half {
		DATA(4*i, U32(-uint32(1-i/(2*half))))
	}
	TEXT("sumLinesAsm", NOSPLIT, "func(sums *float64, x *float32, n, lines int)")
	Pragma("noescape")
	Doc("sumLinesAsm stores the sums of lines of n elements, each as F32Sum adds up.")
	sums := Load(Param("sums"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	count := Load(Param("lines"), GP64())
	rest, left, a, b := GP64(), GP64(), YMM(), YMM()
	MOVQ(n, rest)
	ANDQ(Imm(2*half-1), rest)
	LEAQ(ones.Offset(4*2*half), left)
	NEGQ(rest)
	masks := [2]reg.VecVirtual{XMM(), XMM()}
	for i, m := range masks {
		VMOVDQU(Mem{Base: left, Index: rest, Scale: 4, Disp: i * register / 2}, m)
	}
	NEGQ(rest)
	Label("line")
	VXORPD(a, a, a)
	VXORPD(b, b, b)
	MOVQ(n, left)
	SUBQ(Imm(2*half), left)
	JL(LabelRef("rest"))
	Label("step")
	for i, s := range []reg.VecVirtual{a, b} {
		v := YMM()
		VCVTPS2PD(Mem{Base: x, Disp: i * register / 2}, v)
		VADDPD(v, s, s)
	}
	ADDQ(Imm(register), x)
	SUBQ(Imm(2*half), left)
	JGE(LabelRef("step"))
	Label("rest")
	TESTQ(rest, rest)
	JZ(LabelRef("fold"))
	Comment("A sum is never minus zero, so that adding zeros changes nothing")
	for i, s := range []reg.VecVirtual{a, b} {
		v, w := XMM(), YMM()
		VMASKMOVPS(Mem{Base: x, Disp: i * register / 2}, masks[i], v)
		VCVTPS2PD(v, w)
		VADDPD(w, s, s)
	}
	LEAQ(Mem{Base: x, Index: rest, Scale: 4}, x)
	Label("fold")
	high := XMM()
	VADDPD(b, a, a)
	VEXTRACTF128(Imm(1), a, high)
	VADDPD(high, a.AsX(), a.AsX())
	VUNPCKHPD(a.AsX(), a.AsX(), high)
	VADDSD(high, a.AsX(), a.AsX())
	VMOVSD(a.AsX(), Mem{Base: sums})
	ADDQ(Imm(8), sums)
	DECQ(count)
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()
}

// rows writes the kernel that adds many rows to sums, which it keeps in registers meanwhile.
func rows() {
	TEXT("addRowsAsm", NOSPLIT, "func(sums *float64, x *float32, n, step, rows int)")
	Pragma("noescape")
	Doc("addRowsAsm adds x[k·step + i] to sums[i] for n elements, a positive multiple of 8, and every row k, ascending. step is in bytes.")
	sums := Load(Param("sums"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	step := Load(Param("step"), GP64())
	count := Load(Param("rows"), GP64())
	at, k := GP64(), GP64()
	block := func(registers int) {
		acc := make([]reg.VecVirtual, registers)
		for i := range acc {
			acc[i] = YMM()
			VMOVUPD(Mem{Base: sums, Disp: i * register}, acc[i])
		}
		MOVQ(x, at)
		MOVQ(count, k)
		row := LabelRef(map[int]string{2: "short", 8: "long"}[registers])
		Label(string(row))
		for i, a := range acc {
			v := YMM()
			VCVTPS2PD(Mem{Base: at, Disp: i * register / 2}, v)
			VADDPD(v, a, a)
		}
		ADDQ(step, at)
		DECQ(k)
		JNZ(row)
		for i, a := range acc {
			VMOVUPD(a, Mem{Base: sums, Disp: i * register})
		}
		ADDQ(U32(uint32(registers*register/2)), x)
		ADDQ(U32(uint32(registers*register)), sums)
	}
	Label("columns")
	CMPQ(n, Imm(8*half))
	JLT(LabelRef("rest"))
	block(8)
	SUBQ(Imm(8*half), n)
	JMP(LabelRef("columns"))
	Label("rest")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	block(2)
	SUBQ(Imm(2*half), n)
	JMP(LabelRef("rest"))
	Label("done")
	VZEROUPPER()
	RET()
}
