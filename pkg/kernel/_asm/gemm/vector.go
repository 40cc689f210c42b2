package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const vector = 8 // float32 in a register

// gemv writes the kernel for one row and four panels side by side: with fewer accumulators the sums would wait for each other.
func gemv() {
	const panels, perPanel = 4, 2
	const line = perPanel * vector * size
	TEXT("gemv4x16AVX2", NOSPLIT, "func(k int, in, b *float32, panel int, start, out *float32, bounds *[2]float32)")
	Pragma("noescape")
	Doc("gemv4x16AVX2 computes one row over four panels of 16 columns, which are panel bytes apart, as tilesGeneric does.")
	k := Load(Param("k"), GP64())
	in := Load(Param("in"), GP64())
	start := Load(Param("start"), GP64())
	panel := Load(Param("panel"), GP64())
	var b [panels]reg.GPVirtual
	var acc [panels * perPanel]reg.VecVirtual
	for i := range b {
		b[i] = GP64()
		if i == 0 {
			Load(Param("b"), b[i])
		} else {
			LEAQ(Mem{Base: b[i-1], Index: panel, Scale: 1}, b[i])
		}
	}
	for i := range acc {
		acc[i] = YMM()
		VMOVUPS(Mem{Base: start, Disp: i * vector * size}, acc[i])
	}
	left, right := YMM(), YMM()
	LEAQ(Mem{Base: in, Index: k, Scale: size}, in)
	NEGQ(k)
	at := GP64()
	XORQ(at, at)
	Label("step")
	VBROADCASTSS(Mem{Base: in, Index: k, Scale: size}, left)
	for i := range b {
		for j := range perPanel {
			VFMADD231PS(Mem{Base: b[i], Index: at, Scale: 1, Disp: j * vector * size}, left, acc[perPanel*i+j])
		}
	}
	ADDQ(Imm(line), at)
	INCQ(k)
	JNZ(LabelRef("step"))
	bounds := Load(Param("bounds"), GP64())
	VBROADCASTSS(Mem{Base: bounds}, left)
	VBROADCASTSS(Mem{Base: bounds, Disp: size}, right)
	out := Load(Param("out"), GP64())
	for i, a := range acc {
		limit(left, right, a)
		VMOVUPS(a, Mem{Base: out, Disp: i * vector * size})
	}
	VZEROUPPER()
	RET()
}
