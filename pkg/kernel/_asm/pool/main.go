// Command pool writes the AVX2 kernels of pools. Their Go counterpart is foldGeneric.
package main

//go:generate go run . -out ../../pool_amd64.s -stubs ../../pool_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector = 8 // float32 in a register
	size   = 4 // bytes of a float32
	unord  = 3 // the predicate of a comparison that holds if an operand is NaN
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	fold("foldSumAVX2", "adds x to acc", func(acc, x reg.VecVirtual) {
		VADDPS(x, acc, acc)
	})
	fold("foldSquaresAVX2", "adds the squares of x to acc", func(acc, x reg.VecVirtual) {
		VFMADD231PS(x, x, acc)
	})
	fold("foldMaxAVX2", "raises acc to x, and to NaN where x is", func(acc, x reg.VecVirtual) {
		nan := YMM()
		VCMPPS(Imm(unord), x, x, nan)
		Comment("With a NaN, or two zeros, the processor returns the second operand: the maximum so far")
		VMAXPS(acc, x, acc)
		VBLENDVPS(nan, x, acc, acc)
	})
	Generate()
}

// fold writes the kernel that takes a vector after the other into the accumulators.
func fold(name, does string, step func(acc, x reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(acc, x *float32, n int)")
	Pragma("noescape")
	Doc(name + " " + does + ", for n elements, a positive multiple of 8.")
	acc := Load(Param("acc"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	a, v := YMM(), YMM()
	Label("step")
	VMOVUPS(Mem{Base: acc}, a)
	VMOVUPS(Mem{Base: x}, v)
	step(a, v)
	VMOVUPS(a, Mem{Base: acc})
	ADDQ(Imm(vector*size), acc)
	ADDQ(Imm(vector*size), x)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("step"))
	VZEROUPPER()
	RET()
}
