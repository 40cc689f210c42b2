// Command s16dot writes the AVX2 kernel that multiplies a row of int16 with columns of int8. Its Go counterpart is s16Dot4.
package main

//go:generate go run . -out ../../s16_dot_amd64.s -stubs ../../s16_dot_stub_amd64.go -pkg kernel

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	columns = 4
	step    = 16 // products of a column in one instruction
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	TEXT("s16Dot4AVX2", NOSPLIT, "func(sums *[4]int64, x *int16, w0, w1, w2, w3 *int8, n int)")
	Pragma("noescape")
	Doc("s16Dot4AVX2 adds the products of a row with four columns to sums. n is a positive multiple of 16, at most 2048, so that no sum of 32 bits overflows.")
	sums := Load(Param("sums"), GP64())
	x := Load(Param("x"), GP64())
	var w, acc [columns]reg.VecVirtual
	var at [columns]reg.Register
	for i := range columns {
		at[i] = Load(Param(fmt.Sprintf("w%d", i)), GP64())
		w[i], acc[i] = YMM(), YMM()
		VPXOR(acc[i], acc[i], acc[i])
	}
	n := Load(Param("n"), GP64())
	k := GP64()
	XORQ(k, k)
	Label("step")
	row := YMM()
	VMOVDQU(Mem{Base: x, Index: k, Scale: 2}, row)
	for i := range columns {
		VPMOVSXBW(Mem{Base: at[i], Index: k, Scale: 1}, w[i])
		VPMADDWD(row, w[i], w[i])
		VPADDD(w[i], acc[i], acc[i])
	}
	ADDQ(Imm(step), k)
	CMPQ(k, n)
	JLT(LabelRef("step"))
	for i, a := range acc {
		high, low := XMM(), YMM()
		VEXTRACTI128(Imm(1), a, high)
		VPMOVSXDQ(a.AsX(), low)
		VPMOVSXDQ(high, w[i])
		VPADDQ(w[i], low, low)
		VEXTRACTI128(Imm(1), low, high)
		VPADDQ(high, low.AsX(), low.AsX())
		VPUNPCKHQDQ(low.AsX(), low.AsX(), high)
		VPADDQ(high, low.AsX(), low.AsX())
		sum := GP64()
		VMOVQ(low.AsX(), sum)
		ADDQ(sum, Mem{Base: sums, Disp: 8 * i})
	}
	VZEROUPPER()
	RET()
	Generate()
}
