// Command minmax writes the AVX2 kernel that looks for extrema. Its Go counterpart is f32MinMaxGeneric.
package main

//go:generate go run . -out ../../minmax_amd64.s -stubs ../../minmax_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector = 8 // float32 in a register
	size   = 4 // bytes of a float32
	chains = 4 // registers for each extremum, so that comparisons don't wait for each other
	unord  = 3 // the predicate of a comparison that holds if an operand is NaN
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	TEXT("minMaxAVX2", NOSPLIT, "func(x *float32, n int, lo, hi *[8]float32, nan *[8]uint32)")
	Pragma("noescape")
	Doc("minMaxAVX2 lowers lo and raises hi to the extrema of every eighth element, and sets bits of nan where there is a NaN.",
		"n is a positive multiple of 32.")
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	at := GP64()
	var least, most [chains]reg.VecVirtual
	Load(Param("lo"), at)
	for i := range least {
		least[i] = YMM()
		VMOVUPS(Mem{Base: at}, least[i])
	}
	Load(Param("hi"), at)
	for i := range most {
		most[i] = YMM()
		VMOVUPS(Mem{Base: at}, most[i])
	}
	nan, v, mask := YMM(), YMM(), YMM()
	VXORPS(nan, nan, nan)
	Label("step")
	for i := range chains {
		VMOVUPS(Mem{Base: x, Disp: i * vector * size}, v)
		Comment("With a NaN the processor returns the second operand: the extremum so far")
		VMINPS(least[i], v, least[i])
		VMAXPS(most[i], v, most[i])
		VCMPPS(Imm(unord), v, v, mask)
		VORPS(mask, nan, nan)
	}
	ADDQ(U32(chains*vector*size), x)
	SUBQ(Imm(chains*vector), n)
	JNZ(LabelRef("step"))
	for i := 1; i < chains; i++ {
		VMINPS(least[i], least[0], least[0])
		VMAXPS(most[i], most[0], most[0])
	}
	Load(Param("lo"), at)
	VMOVUPS(least[0], Mem{Base: at})
	Load(Param("hi"), at)
	VMOVUPS(most[0], Mem{Base: at})
	Load(Param("nan"), at)
	VORPS(Mem{Base: at}, nan, nan)
	VMOVUPS(nan, Mem{Base: at})
	VZEROUPPER()
	RET()
	Generate()
}
