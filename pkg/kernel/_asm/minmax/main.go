// Command minmax writes the AVX2 kernels that look for extrema. Their Go counterparts are f32MinMaxGeneric and extremesGeneric.
package main

//go:generate go run . -out ../../minmax_amd64.s -stubs ../../minmax_stub_amd64.go -pkg kernel

import (
	"math"

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
	TEXT("minMaxAsm", NOSPLIT, "func(x *float32, n int) (lo, hi float32, nan uint32)")
	Pragma("noescape")
	Doc("minMaxAsm returns the extrema of n elements, at least 8, and bits of nan where there is a NaN.")
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	var least, most [chains]reg.VecVirtual
	for i := range chains {
		least[i], most[i] = YMM(), YMM()
	}
	fill(least[:], math.Inf(1))
	fill(most[:], math.Inf(-1))
	nan, mask := YMM(), YMM()
	VXORPS(nan, nan, nan)

	// look looks at some registers full. With a NaN the processor returns the second operand: the extremum so far.
	look := func(at Mem, registers int) {
		v := make([]reg.VecVirtual, registers)
		for i := range v {
			v[i] = YMM()
			VMOVUPS(at.Offset(i*vector*size), v[i])
			VMINPS(least[i], v[i], least[i])
			VMAXPS(most[i], v[i], most[i])
		}
		for i := 0; i < registers; i += 2 {
			Comment("one comparison notices a NaN in either register")
			VCMPPS(Imm(unord), v[i], v[min(i+1, registers-1)], mask)
			VORPS(mask, nan, nan)
		}
	}
	SUBQ(Imm(chains*vector), n)
	JL(LabelRef("rest"))
	Label("step")
	look(Mem{Base: x}, chains)
	ADDQ(U32(chains*vector*size), x)
	SUBQ(Imm(chains*vector), n)
	JGE(LabelRef("step"))
	Label("rest")
	ADDQ(Imm((chains-1)*vector), n)
	JL(LabelRef("tail"))
	Label("single")
	look(Mem{Base: x}, 1)
	ADDQ(U32(vector*size), x)
	SUBQ(Imm(vector), n)
	JGE(LabelRef("single"))
	Label("tail")
	ADDQ(Imm(vector), n)
	JZ(LabelRef("done"))
	Comment("the last ones, some for a second time")
	look(Mem{Base: x, Index: n, Scale: size, Disp: -vector * size}, 1)
	Label("done")
	for i := 1; i < chains; i++ {
		VMINPS(least[i], least[0], least[0])
		VMAXPS(most[i], most[0], most[0])
	}
	Store(across(least[0], VMINPS), Return("lo"))
	Store(across(most[0], VMAXPS), Return("hi"))
	bits := GP32()
	VMOVMSKPS(nan, bits)
	Store(bits, Return("nan"))
	VZEROUPPER()
	RET()
	lines()
	Generate()
}

// fill sets all lanes of registers.
func fill(registers []reg.VecVirtual, value float64) {
	bits := GP32()
	MOVL(U32(math.Float32bits(float32(value))), bits)
	VMOVD(bits, registers[0].AsX())
	VBROADCASTSS(registers[0].AsX(), registers[0])
	for _, r := range registers[1:] {
		VMOVUPS(registers[0], r)
	}
}

// across applies f to all lanes of v, and returns a register whose first lane is the result.
func across(v reg.VecVirtual, f func(ops ...Op)) reg.Register {
	half, x := XMM(), v.AsX()
	VEXTRACTF128(Imm(1), v, half)
	f(half, x, x)
	VPSHUFD(Imm(0x0e), x, half)
	f(half, x, x)
	VPSHUFD(Imm(0x01), x, half)
	f(half, x, x)
	return x
}
