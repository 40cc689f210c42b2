// Command lines writes the AVX2 kernel that copies short lines. Its Go counterpart is copyLinesGeneric.
package main

//go:generate go run . -out ../../lines_amd64.s -stubs ../../lines_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	TEXT("copyLinesAsm", NOSPLIT, "func(dst *byte, dstStep int, src *byte, srcStep, n, lines int)")
	Pragma("noescape")
	Doc("copyLinesAsm copies lines of n bytes, at least 4, that start so many bytes apart.")
	dst := Load(Param("dst"), GP64())
	dstStep := Load(Param("dstStep"), GP64())
	src := Load(Param("src"), GP64())
	srcStep := Load(Param("srcStep"), GP64())
	n := Load(Param("n"), GP64())
	lines := Load(Param("lines"), GP64())
	i, last := GP64(), GP64()

	Comment("What does not fill a register is copied by two that overlap")
	y := YMM()
	CMPQ(n, Imm(32))
	JLT(LabelRef("less32"))
	LEAQ(Mem{Base: n, Disp: -32}, last)
	Label("line")
	XORQ(i, i)
	JMP(LabelRef("test"))
	Label("block")
	VMOVDQU(Mem{Base: src, Index: i, Scale: 1}, y)
	VMOVDQU(y, Mem{Base: dst, Index: i, Scale: 1})
	ADDQ(Imm(32), i)
	Label("test")
	CMPQ(i, last)
	JLT(LabelRef("block"))
	VMOVDQU(Mem{Base: src, Index: last, Scale: 1}, y)
	VMOVDQU(y, Mem{Base: dst, Index: last, Scale: 1})
	ADDQ(srcStep, src)
	ADDQ(dstStep, dst)
	DECQ(lines)
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()

	less := func(name string, size int, next string, load, store func(from, to Op), a, b reg.Register) {
		Label(name)
		if next != "" {
			CMPQ(n, Imm(uint64(size)))
			JLT(LabelRef(next))
		}
		Label(name + "line")
		load(Mem{Base: src}, a)
		load(Mem{Base: src, Index: n, Scale: 1, Disp: -size}, b)
		store(a, Mem{Base: dst})
		store(b, Mem{Base: dst, Index: n, Scale: 1, Disp: -size})
		ADDQ(srcStep, src)
		ADDQ(dstStep, dst)
		DECQ(lines)
		JNZ(LabelRef(name + "line"))
		RET()
	}
	wide := func(from, to Op) { MOVOU(from, to) }
	less("less32", 16, "less16", wide, wide, XMM(), XMM())
	a, b := GP64(), GP64()
	quad := func(from, to Op) { MOVQ(from, to) }
	less("less16", 8, "less8", quad, quad, a, b)
	long := func(from, to Op) { MOVL(from, to) }
	less("less8", 4, "", long, long, a.As32(), b.As32())
	Generate()
}
