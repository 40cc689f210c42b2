package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// side is the number of panels that a product of one row computes side by side: with fewer accumulators the sums would wait for each other.
const side = 4

// gemv writes the kernel for one row and panels of two registers each: one function, which goes to the loop for the number of panels.
func gemv(isa isa, lanes int) {
	name := "gemv" + isa.name()
	TEXT(name, NOSPLIT, "func(panels, k int, in, b *float32, panel int, start, out *float32, bounds *[2]float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes one row over up to %d panels of %d columns, which are panel bytes apart, as tilesGeneric does.", name, side, 2*lanes))
	panels := Load(Param("panels"), GP64())
	for n := 1; n < side; n++ {
		CMPQ(panels, Imm(uint64(n)))
		JEQ(LabelRef(fmt.Sprintf("panels%d", n)))
	}
	for n := side; n > 0; n-- {
		gemvPanels(isa, lanes, n)
	}
}

// gemvPanels writes the loop over the given number of panels.
func gemvPanels(isa isa, lanes, panels int) {
	width := lanes * size // bytes of a register
	Label(fmt.Sprintf("panels%d", panels))
	k := Load(Param("k"), GP64())
	in := Load(Param("in"), GP64())
	start := Load(Param("start"), GP64())
	b := make([]reg.GPVirtual, panels)
	for i := range b {
		b[i] = GP64()
		if i == 0 {
			Load(Param("b"), b[i])
		} else {
			MOVQ(b[i-1], b[i])
			ADDQ(argument("panel"), b[i])
		}
	}
	acc := make([]reg.VecVirtual, 2*panels)
	for i := range acc {
		acc[i] = isa.register(lanes)
		VMOVUPS(Mem{Base: start, Disp: i * width}, acc[i])
	}
	left := isa.register(lanes)
	LEAQ(Mem{Base: in, Index: k, Scale: size}, in)
	NEGQ(k)
	at := GP64()
	XORQ(at, at)
	step := fmt.Sprintf("step%d", panels)
	Label(step)
	VBROADCASTSS(Mem{Base: in, Index: k, Scale: size}, left)
	for i := range acc {
		VFMADD231PS(Mem{Base: b[i/2], Index: at, Scale: 1, Disp: i % 2 * width}, left, acc[i])
	}
	ADDQ(Imm(uint64(2*width)), at)
	INCQ(k)
	JNZ(LabelRef(step))
	bounds, out := GP64(), GP64()
	Load(Param("bounds"), bounds)
	limits(func(s string) string { return fmt.Sprintf("%s%d", s, panels) }, bounds, left, acc)
	Load(Param("out"), out)
	for i, a := range acc {
		VMOVUPS(a, Mem{Base: out, Disp: i * width})
	}
	VZEROUPPER()
	RET()
}
