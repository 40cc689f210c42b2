// Command bilinear writes the AVX2 kernels of bilinear resizes. Their Go counterpart is F32Bilinear.rowGeneric.
package main

//go:generate go run . -out ../../bilinear_amd64.s -stubs ../../bilinear_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	size    = 4 // bytes of a float32
	vector  = 8 // float32 in a register
	bracket = 4 * size
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	TEXT("bilinearAsm", NOSPLIT, "func(pixels int, columns *byte, channels int, lower, upper, out *float32, weights *[2]float32)")
	Pragma("noescape")
	Doc("bilinearAsm computes a row of the result from two of the image, for at least 8 channels. The columns are of type bracket, weights the rows'.")
	channels := Load(Param("channels"), GP64())
	SHLQ(Imm(2), channels)
	pixels(channels, func(at [4]reg.GPVirtual, out reg.Register, weights [4]reg.VecVirtual) {
		i, last := GP64(), GP64()
		XORQ(i, i)
		LEAQ(Mem{Base: channels, Disp: -vector * size}, last)
		Label("block")
		x := sum(weights, func(k int, x reg.VecVirtual) { VMULPS(Mem{Base: at[k], Index: i, Scale: 1}, weights[k], x) })
		VMOVUPS(x, Mem{Base: out, Index: i, Scale: 1})
		CMPQ(i, last)
		JEQ(LabelRef("next"))
		ADDQ(Imm(vector*size), i)
		Comment("The last block shares channels with the one before")
		CMPQ(i, last)
		CMOVQGT(last, i)
		JMP(LabelRef("block"))
		Label("next")
	})

	TEXT("bilinearFewAsm", NOSPLIT, "func(pixels int, columns *byte, channels int, lower, upper, out *float32, weights *[2]float32)")
	Pragma("noescape")
	Doc("bilinearFewAsm is bilinearAsm for fewer than 8 channels.")
	channels = Load(Param("channels"), GP64())
	SHLQ(Imm(2), channels)
	// Loaded from n lanes before the middle on, n lanes of ones.
	lanes := GLOBL("bilinearLanes", 8|16) // RODATA, NOPTR
	for i := range 2 * vector {
		DATA(i*size, U32(-uint32(1-i/vector)))
	}
	m, mask := GP64(), YMM()
	LEAQ(lanes.Offset(vector*size), m)
	SUBQ(channels, m)
	VMOVDQU(Mem{Base: m}, mask)
	pixels(channels, func(at [4]reg.GPVirtual, out reg.Register, weights [4]reg.VecVirtual) {
		x := sum(weights, func(k int, x reg.VecVirtual) {
			VMASKMOVPS(Mem{Base: at[k]}, mask, x)
			VMULPS(x, weights[k], x)
		})
		VMASKMOVPS(x, mask, Mem{Base: out})
	})
	Generate()
}

// sum adds up the products that product makes of the four pixels.
func sum(weights [4]reg.VecVirtual, product func(k int, x reg.VecVirtual)) reg.VecVirtual {
	x := YMM()
	product(0, x)
	for k := range weights[1:] {
		y := YMM()
		product(k+1, y)
		VADDPS(y, x, x)
	}
	return x
}

// pixels writes the loop over the result's pixels, of so many bytes. pixel computes one from the addresses of four and their weights.
func pixels(channels reg.Register, pixel func(at [4]reg.GPVirtual, out reg.Register, weights [4]reg.VecVirtual)) {
	columns := Load(Param("columns"), GP64())
	lower := Load(Param("lower"), GP64())
	upper := Load(Param("upper"), GP64())
	out := Load(Param("out"), GP64())
	ws := Load(Param("weights"), GP64())
	rows := [2]reg.VecVirtual{YMM(), YMM()}
	for i, r := range rows {
		VBROADCASTSS(Mem{Base: ws, Disp: i * size}, r)
	}
	n := GP64()
	Load(Param("pixels"), n)
	Label("pixel")
	var at [4]reg.GPVirtual
	var weights [4]reg.VecVirtual
	for col := range 2 {
		off, w := GP64(), YMM()
		MOVLQSX(Mem{Base: columns, Disp: col * size}, off)
		VBROADCASTSS(Mem{Base: columns, Disp: (2 + col) * size}, w)
		for row, base := range []reg.Register{lower, upper} {
			k := 2*col + row
			at[k], weights[k] = GP64(), YMM()
			LEAQ(Mem{Base: base, Index: off, Scale: size}, at[k])
			VMULPS(w, rows[row], weights[k])
		}
	}
	pixel(at, out, weights)
	ADDQ(channels, out)
	ADDQ(Imm(bracket), columns)
	DECQ(n)
	JNZ(LabelRef("pixel"))
	VZEROUPPER()
	RET()
}
