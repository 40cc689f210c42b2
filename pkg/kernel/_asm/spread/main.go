// Command spread writes the AVX2 kernel that repeats elements. Its Go counterpart is spreadLinesGeneric.
package main

//go:generate go run . -out ../../spread_amd64.s -stubs ../../spread_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

const register = 32 // bytes

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	TEXT("spreadLinesAsm", NOSPLIT, "func(dst, src *float32, step, line, lines int)")
	Pragma("noescape")
	Doc("spreadLinesAsm repeats elements, step bytes apart, each for a line of so many bytes. It writes whole registers, so that it passes the last line",
		"by less than one.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	step := Load(Param("step"), GP64())
	line := Load(Param("line"), GP64())
	lines := Load(Param("lines"), GP64())
	i, x := GP64(), YMM()
	Label("line")
	VBROADCASTSS(Mem{Base: src}, x)
	XORQ(i, i)
	Label("block")
	VMOVUPS(x, Mem{Base: dst, Index: i, Scale: 1})
	ADDQ(Imm(register), i)
	CMPQ(i, line)
	JLT(LabelRef("block"))
	ADDQ(step, src)
	ADDQ(line, dst)
	DECQ(lines)
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()
	Generate()
}
