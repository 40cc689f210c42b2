// Command columns writes the AVX2 kernel that makes columns of lines. Its Go counterpart is columnsGeneric.
package main

//go:generate go run . -out ../../columns_amd64.s -stubs ../../columns_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	lines = 8
	size  = 4 // bytes of an element
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	TEXT("columnsAsm", NOSPLIT, "func(dst *float32, dstStep int, src *float32, srcStep, blocks int)")
	Pragma("noescape")
	Doc("columnsAsm stores 8 lines of 8·blocks elements, which start srcStep bytes apart, as 8 columns of lines that start dstStep bytes apart. blocks is positive.")
	dst, dstStep := Load(Param("dst"), GP64()), Load(Param("dstStep"), GP64())
	src, srcStep := Load(Param("src"), GP64()), Load(Param("srcStep"), GP64())
	blocks := Load(Param("blocks"), GP64())
	// step3 and half lead to the lines that an address with a scale does not.
	steps := func(step reg.Register) (step3, half reg.GPVirtual) {
		step3, half = GP64(), GP64()
		LEAQ(Mem{Base: step, Index: step, Scale: 2}, step3)
		return step3, half
	}
	src3, srcHalf := steps(srcStep)
	dst3, dstHalf := steps(dstStep)
	at := func(base reg.Register, half reg.GPVirtual, step reg.Register, step3 reg.GPVirtual, i int) Mem {
		if i >= lines/2 {
			base = half
		}
		return []Mem{{Base: base}, {Base: base, Index: step, Scale: 1}, {Base: base, Index: step, Scale: 2}, {Base: base, Index: step3, Scale: 1}}[i%(lines/2)]
	}

	Label("block")
	LEAQ(Mem{Base: src, Index: srcStep, Scale: 4}, srcHalf)
	LEAQ(Mem{Base: dst, Index: dstStep, Scale: 4}, dstHalf)
	// Register i holds the first half of line i and that of line i+4.
	var x, y [lines]reg.VecVirtual
	for i := range lines {
		x[i], y[i] = YMM(), YMM()
	}
	const half = lines / 2
	for i := range half {
		for part := range 2 {
			low, high := at(src, srcHalf, srcStep, src3, i), at(src, srcHalf, srcStep, src3, i+half)
			low.Disp, high.Disp = part*half*size, part*half*size
			VMOVUPS(low, x[part*half+i].AsX())
			VINSERTF128(Imm(1), high, x[part*half+i], x[part*half+i])
		}
	}
	// In both halves of the registers, four lines of four become columns.
	for part := 0; part < lines; part += half {
		for i := 0; i < half; i += 2 {
			VUNPCKLPS(x[part+i+1], x[part+i], y[part+i])
			VUNPCKHPS(x[part+i+1], x[part+i], y[part+i+1])
		}
		for i := range half {
			// y holds elements 0 and 1 of lines 0 and 1, then 2 and 3 of them, and the same of lines 2 and 3.
			shuffle := Imm(0x44 + uint64(i%2)*0xaa)
			VSHUFPS(shuffle, y[part+2+i/2], y[part+i/2], x[part+i])
			VMOVUPS(x[part+i], at(dst, dstHalf, dstStep, dst3, part+i))
		}
	}
	ADDQ(Imm(lines*size), src)
	LEAQ(Mem{Base: dst, Index: dstStep, Scale: 8}, dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
	byteColumns()
	Generate()
}

// byteColumns writes the kernel for bytes. Two lines, as far apart as it goes, become one register of pairs; then again and again the bytes of two registers alternate.
func byteColumns() {
	const lines, width = 16, 8
	TEXT("byteColumnsAsm", NOSPLIT, "func(dst *byte, dstStep int, src *byte, srcStep, blocks int)")
	Pragma("noescape")
	Doc("byteColumnsAsm stores 16 lines of 8·blocks bytes, which start srcStep bytes apart, as 16 columns of lines that start dstStep bytes apart. blocks is positive.")
	dst, dstStep := Load(Param("dst"), GP64()), Load(Param("dstStep"), GP64())
	src, srcStep := Load(Param("src"), GP64()), Load(Param("srcStep"), GP64())
	blocks, at := Load(Param("blocks"), GP64()), GP64()
	Label("block")
	MOVQ(src, at)
	x := make([]reg.VecVirtual, width)
	for i := range lines {
		v := XMM()
		VMOVQ(Mem{Base: at}, v)
		if i+1 < lines {
			ADDQ(srcStep, at)
		}
		if i < width {
			x[i] = v
		} else {
			VPUNPCKLBW(v, x[i-width], x[i-width])
		}
	}
	for range 3 {
		y := make([]reg.VecVirtual, width)
		for i := range width / 2 {
			y[2*i], y[2*i+1] = XMM(), XMM()
			VPUNPCKLBW(x[i+width/2], x[i], y[2*i])
			VPUNPCKHBW(x[i+width/2], x[i], y[2*i+1])
		}
		x = y
	}
	for _, v := range x {
		VMOVDQU(v, Mem{Base: dst})
		ADDQ(dstStep, dst)
	}
	ADDQ(Imm(width), src)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	RET()
}
