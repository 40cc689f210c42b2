// Command s8gemm writes the kernels of products of int8 matrices. Their Go counterparts are s8Dot1 and s8Dot2 in s8_words.go.
package main

//go:generate go run . -out ../../s8_gemm_amd64.s -stubs ../../s8_gemm_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	for _, f := range forms {
		f.write()
	}
	flip()
	total()
	widen()
	Generate()
}

// arguments loads the parameters of a function that copies lines.
func arguments(name string, doc ...string) (dst, dstStep, src, srcStep, n, lines reg.Register) {
	TEXT(name, NOSPLIT, "func(dst *byte, dstStep int, src *int8, srcStep, n, lines int)")
	Pragma("noescape")
	Doc(doc...)
	return Load(Param("dst"), GP64()), Load(Param("dstStep"), GP64()), Load(Param("src"), GP64()), Load(Param("srcStep"), GP64()),
		Load(Param("n"), GP64()), Load(Param("lines"), GP64())
}

// flip writes the kernel that copies lines as bytes without a sign, 128 more than they were.
func flip() {
	const register = 64
	dst, dstStep, src, srcStep, n, lines := arguments("s8FlipAVX512",
		"s8FlipAVX512 copies lines of n int8, which are srcStep bytes apart, to dst, where they are dstStep bytes apart, and adds 128 to each.")
	sign, tmp := ZMM(), GP64()
	MOVQ(I32(-128), tmp)
	VPBROADCASTB(tmp.As32(), sign)
	rest, mask := GP64(), K()
	MOVQ(n, rest)
	ANDQ(Imm(register-1), rest)
	MOVQ(I32(-1), tmp)
	SHLXQ(rest, tmp, tmp)
	NOTQ(tmp)
	KMOVQ(tmp, mask)
	v := ZMM()
	// part copies the bytes of the mask by registers of one size.
	part := func(v, sign reg.Register, at Mem, to Mem) {
		VMOVDQU8_Z(at, mask, v)
		VPXORD(v, sign, v)
		VMOVDQU8(v, mask, to)
	}
	// line repeats body for all lines.
	line := func(label string, body func()) {
		Label(label)
		body()
		ADDQ(srcStep, src)
		ADDQ(dstStep, dst)
		DECQ(lines)
		JNZ(LabelRef(label))
		VZEROUPPER()
		RET()
	}
	Comment("Short lines, by registers that cross fewer lines of the cache")
	CMPQ(n, Imm(32))
	JG(LabelRef("above32"))
	CMPQ(n, Imm(16))
	JG(LabelRef("above16"))
	line("line16", func() { part(v.AsX(), sign.AsX(), Mem{Base: src}, Mem{Base: dst}) })
	Label("above16")
	line("line32", func() { part(v.AsY(), sign.AsY(), Mem{Base: src}, Mem{Base: dst}) })
	Label("above32")
	whole := GP64()
	MOVQ(n, whole)
	SUBQ(rest, whole)
	line("line", func() {
		at := GP64()
		XORQ(at, at)
		CMPQ(at, whole)
		JEQ(LabelRef("rest"))
		Label("block")
		VPXORD(Mem{Base: src, Index: at, Scale: 1}, sign, v)
		VMOVDQU32(v, Mem{Base: dst, Index: at, Scale: 1})
		ADDQ(Imm(register), at)
		CMPQ(at, whole)
		JNE(LabelRef("block"))
		TESTQ(rest, rest)
		JZ(LabelRef("next"))
		Label("rest")
		part(v, sign, Mem{Base: src, Index: at, Scale: 1}, Mem{Base: dst, Index: at, Scale: 1})
		Label("next")
	})
}

// total writes the kernel that adds up each of many lines.
func total() {
	const register = 64
	TEXT("s8TotalsVNNI", NOSPLIT, "func(dst *int32, src *byte, srcStep, n, lines int, by int32)")
	Pragma("noescape")
	Doc("s8TotalsVNNI stores the sums of lines of n bytes, which are srcStep apart, each times a number.")
	dst, src, srcStep := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("srcStep"), GP64())
	n, lines, by := Load(Param("n"), GP64()), Load(Param("lines"), GP64()), Load(Param("by"), GP32())
	ones, tmp := ZMM(), GP64()
	MOVQ(U32(1), tmp)
	VPBROADCASTB(tmp.As32(), ones)
	rest, mask := GP64(), K()
	MOVQ(n, rest)
	ANDQ(Imm(register-1), rest)
	MOVQ(I32(-1), tmp)
	SHLXQ(rest, tmp, tmp)
	NOTQ(tmp)
	KMOVQ(tmp, mask)
	whole := GP64()
	MOVQ(n, whole)
	SUBQ(rest, whole)
	Label("line")
	at, sum, v := GP64(), ZMM(), ZMM()
	VPXORD(sum, sum, sum)
	XORQ(at, at)
	CMPQ(at, whole)
	JEQ(LabelRef("rest"))
	Label("block")
	VMOVDQU32(Mem{Base: src, Index: at, Scale: 1}, v)
	VPDPBUSD(ones, v, sum)
	ADDQ(Imm(register), at)
	CMPQ(at, whole)
	JNE(LabelRef("block"))
	Label("rest")
	VMOVDQU8_Z(Mem{Base: src, Index: at, Scale: 1}, mask, v)
	VPDPBUSD(ones, v, sum)
	half := YMM()
	VEXTRACTI64X4(Imm(1), sum, half)
	VPADDD(half, sum.AsY(), half)
	VEXTRACTI128(Imm(1), half, sum.AsX())
	VPADDD(half.AsX(), sum.AsX(), half.AsX())
	VPSHUFD(Imm(0x4e), half.AsX(), sum.AsX())
	VPADDD(half.AsX(), sum.AsX(), half.AsX())
	VPSHUFD(Imm(0xb1), half.AsX(), sum.AsX())
	VPADDD(half.AsX(), sum.AsX(), half.AsX())
	product := GP32()
	VMOVD(half.AsX(), product)
	IMULL(by, product)
	MOVL(product, Mem{Base: dst})
	ADDQ(Imm(4), dst)
	ADDQ(srcStep, src)
	DECQ(lines)
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()
}

// widen writes the kernel that copies lines as int16. What is left of a line is copied together with what stands before it, of a short line in two halves.
func widen() {
	const lanes = 16
	dst, dstStep, src, srcStep, n, lines := arguments("s8WidenAVX2",
		"s8WidenAVX2 copies lines of n int8, which are srcStep bytes apart, to dst as int16, where they are dstStep bytes apart.")
	v, w, at, end := YMM(), YMM(), GP64(), GP64()
	move := func(from Mem, to Mem) {
		VPMOVSXBW(from, v)
		VMOVDQU(v, to)
	}
	line := func(label string, body func()) {
		Label(label)
		body()
		ADDQ(srcStep, src)
		ADDQ(dstStep, dst)
		DECQ(lines)
		JNZ(LabelRef(label))
		VZEROUPPER()
		RET()
	}
	CMPQ(n, Imm(lanes))
	JLT(LabelRef("short"))
	MOVQ(n, end)
	SUBQ(Imm(lanes), end)
	line("long", func() {
		XORQ(at, at)
		Label("block")
		move(Mem{Base: src, Index: at, Scale: 1}, Mem{Base: dst, Index: at, Scale: 2})
		ADDQ(Imm(lanes), at)
		CMPQ(at, end)
		JLE(LabelRef("block"))
		move(Mem{Base: src, Index: end, Scale: 1}, Mem{Base: dst, Index: end, Scale: 2})
	})
	Label("short")
	CMPQ(n, Imm(8))
	JLT(LabelRef("few"))
	line("eight", func() {
		VPMOVSXBW(Mem{Base: src}, v.AsX())
		VPMOVSXBW(Mem{Base: src, Index: n, Scale: 1, Disp: -8}, w.AsX())
		VMOVDQU(v.AsX(), Mem{Base: dst})
		VMOVDQU(w.AsX(), Mem{Base: dst, Index: n, Scale: 2, Disp: -16})
	})
	Label("few")
	CMPQ(n, Imm(4))
	JLT(LabelRef("least"))
	line("four", func() {
		VMOVD(Mem{Base: src}, v.AsX())
		VMOVD(Mem{Base: src, Index: n, Scale: 1, Disp: -4}, w.AsX())
		VPMOVSXBW(v.AsX(), v.AsX())
		VPMOVSXBW(w.AsX(), w.AsX())
		VMOVQ(v.AsX(), Mem{Base: dst})
		VMOVQ(w.AsX(), Mem{Base: dst, Index: n, Scale: 2, Disp: -8})
	})
	line("least", func() {
		XORQ(at, at)
		Label("one")
		MOVBQSX(Mem{Base: src, Index: at, Scale: 1}, end)
		MOVW(end.As16(), Mem{Base: dst, Index: at, Scale: 2})
		INCQ(at)
		CMPQ(at, n)
		JNE(LabelRef("one"))
	})
}
