// Command lift writes the AVX2 kernels that look for denormal numbers and multiply them. lift_amd64.go says what for.
package main

//go:generate go run . -out ../../lift_amd64.s -stubs ../../lift_stub_amd64.go -pkg kernel

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector = 8 // float32 in a register
	size   = 4 // bytes of a float32
	chains = 4 // registers side by side

	normal = 1 << 23 // the bits of the least normal number
	shift  = 24      // what numbers are multiplied by is 2 to this power
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	least()
	lift()
	Generate()
}

// through goes through n elements: step is called for some registers at a displacement behind an element, and for one at a time. The last ones, which do not fill
// a register, are looked at with some before them.
func through(n reg.GPVirtual, step func(index reg.GPVirtual, disp int)) {
	i := GP64()
	XORQ(i, i)
	SUBQ(Imm(chains*vector), n)
	JL(LabelRef("rest"))
	Label("step")
	for c := range chains {
		step(i, c*vector*size)
	}
	ADDQ(Imm(chains*vector), i)
	CMPQ(i, n)
	JLE(LabelRef("step"))
	Label("rest")
	ADDQ(Imm((chains-1)*vector), n)
	CMPQ(i, n)
	JG(LabelRef("tail"))
	Label("single")
	step(i, 0)
	ADDQ(Imm(vector), i)
	CMPQ(i, n)
	JLE(LabelRef("single"))
	Label("tail")
	Comment("the last ones, some for a second time")
	step(n, 0)
}

// constant returns a register that holds the bits in each element.
func constant(bits uint32) reg.VecVirtual {
	g, v := GP32(), YMM()
	MOVL(U32(bits), g)
	VMOVD(g, v.AsX())
	VPBROADCASTD(v.AsX(), v)
	return v
}

// least writes the search. Twice the bits of a number, less 1, are greatest for a zero of either sign.
func least() {
	TEXT("leastAsm", NOSPLIT, "func(x *float32, n int) uint32")
	Pragma("noescape")
	Doc("leastAsm returns the bits of the least magnitude of n elements, at least 8, that is not zero; 1<<31 if all are. A NaN's bits count, too.")
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	ones, found := YMM(), [chains]reg.VecVirtual{}
	VPCMPEQD(ones, ones, ones)
	for i := range found {
		found[i] = YMM()
		VMOVDQU(ones, found[i])
	}
	through(n, func(index reg.GPVirtual, disp int) {
		v, to := YMM(), found[disp/(vector*size)]
		VMOVDQU(Mem{Base: x, Index: index, Scale: size, Disp: disp}, v)
		VPADDD(v, v, v)
		VPADDD(ones, v, v)
		VPMINUD(v, to, to)
	})
	for _, f := range found[1:] {
		VPMINUD(f, found[0], found[0])
	}
	half, v, bits := XMM(), found[0].AsX(), GP32()
	VEXTRACTI128(Imm(1), found[0], half)
	VPMINUD(half, v, v)
	for _, order := range []uint64{0x0e, 0x01} {
		VPSHUFD(Imm(order), v, half)
		VPMINUD(half, v, v)
	}
	VMOVD(v, bits)
	SHRL(Imm(1), bits)
	INCL(bits)
	Store(bits, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// lift writes the multiplication: the exponent of a normal number grows; a denormal one is a count of the least number, converted as an integer.
func lift() {
	TEXT("liftAsm", NOSPLIT, "func(dst, x *float32, n int)")
	Pragma("noescape")
	Doc("liftAsm stores n elements, at least 8, times 2^24, without a multiplication of denormal numbers. They are finite, and so are the results.")
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	magnitude, first := constant(math.MaxInt32), constant(normal)
	grow, unit := constant(shift*normal), constant(math.Float32bits(1.0/(1<<(149-shift))))
	through(n, func(index reg.GPVirtual, disp int) {
		at := func(base reg.Register) Mem { return Mem{Base: base, Index: index, Scale: size, Disp: disp} }
		v, small, sign := YMM(), YMM(), YMM()
		VMOVDQU(at(x.(reg.GPVirtual)), v)
		VPANDN(v, magnitude, sign)
		VPAND(v, magnitude, v)
		denormal := YMM()
		VPCMPGTD(v, first, denormal)
		VCVTDQ2PS(v, small)
		VMULPS(small, unit, small)
		VPADDD(v, grow, v)
		VBLENDVPS(denormal, small, v, v)
		VPOR(sign, v, v)
		VMOVDQU(v, at(dst.(reg.GPVirtual)))
	})
	VZEROUPPER()
	RET()
}
