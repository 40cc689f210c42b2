// Command minmax writes the AVX2 and AVX-512 kernels that look for extrema. Their Go counterparts are f32MinMaxGeneric and extremesGeneric.
package main

//go:generate go run . -out ../../minmax_amd64.s -stubs ../../minmax_stub_amd64.go -pkg kernel

import (
	"fmt"
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
	minMax("minMaxAsm", vector, YMM, func() nans { return newLanes() })
	minMax("minMaxAVX512", 2*vector, ZMM, func() nans { return newMask() })
	lines()
	Generate()
}

// minMax writes a kernel for registers of some lanes.
func minMax(name string, lanes int, register func() reg.VecVirtual, newNaNs func() nans) {
	TEXT(name, NOSPLIT, "func(x *float32, n int) (lo, hi float32, nan uint32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s returns the extrema of n elements, at least %d, and bits of nan where there is a NaN.", name, lanes))
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	var least, most [chains]reg.VecVirtual
	for i := range chains {
		least[i], most[i] = register(), register()
	}
	fill(least[:], math.Inf(1))
	fill(most[:], math.Inf(-1))
	nan := newNaNs()

	// look looks at some registers full. With a NaN the processor returns the second operand: the extremum so far.
	look := func(at Mem, registers int) {
		v := make([]reg.VecVirtual, registers)
		for i := range v {
			v[i] = register()
			VMOVUPS(at.Offset(i*lanes*size), v[i])
			VMINPS(least[i], v[i], least[i])
			VMAXPS(most[i], v[i], most[i])
		}
		for i := 0; i < registers; i += 2 {
			Comment("one comparison notices a NaN in either register")
			nan.notice(v[i], v[min(i+1, registers-1)])
		}
	}
	SUBQ(U32(chains*lanes), n)
	JL(LabelRef("rest"))
	Label("step")
	look(Mem{Base: x}, chains)
	ADDQ(U32(chains*lanes*size), x)
	SUBQ(U32(chains*lanes), n)
	JGE(LabelRef("step"))
	Label("rest")
	ADDQ(U32((chains-1)*lanes), n)
	JL(LabelRef("tail"))
	Label("single")
	look(Mem{Base: x}, 1)
	ADDQ(U32(lanes*size), x)
	SUBQ(U32(lanes), n)
	JGE(LabelRef("single"))
	Label("tail")
	ADDQ(U32(lanes), n)
	JZ(LabelRef("done"))
	Comment("the last ones, some for a second time")
	look(Mem{Base: x, Index: n, Scale: size, Disp: -lanes * size}, 1)
	Label("done")
	for i := 1; i < chains; i++ {
		VMINPS(least[i], least[0], least[0])
		VMAXPS(most[i], most[0], most[0])
	}
	Store(across(least[0], VMINPS), Return("lo"))
	Store(across(most[0], VMAXPS), Return("hi"))
	Store(nan.bits(), Return("nan"))
	VZEROUPPER()
	RET()
}

// nans is how a kernel remembers that there was a NaN.
type nans interface {
	// notice looks at two registers by one comparison.
	notice(a, b reg.VecVirtual)
	// bits returns a register that is 0 if there was none.
	bits() reg.GPVirtual
}

// lanes is the lanes in which there was one.
type lanes struct{ nan, mask reg.VecVirtual }

func newLanes() lanes {
	l := lanes{YMM(), YMM()}
	VXORPS(l.nan, l.nan, l.nan)
	return l
}

func (l lanes) notice(a, b reg.VecVirtual) {
	VCMPPS(Imm(unord), a, b, l.mask)
	VORPS(l.mask, l.nan, l.nan)
}

func (l lanes) bits() reg.GPVirtual {
	bits := GP32()
	VMOVMSKPS(l.nan, bits)
	return bits
}

// mask is a mask of the lanes in which there was one.
type mask struct{ nan, found reg.OpmaskVirtual }

func newMask() mask {
	m := mask{K(), K()}
	KXORW(m.nan, m.nan, m.nan)
	return m
}

func (m mask) notice(a, b reg.VecVirtual) {
	VCMPPS(Imm(unord), a, b, m.found)
	KORW(m.found, m.nan, m.nan)
}

func (m mask) bits() reg.GPVirtual {
	bits := GP32()
	KMOVW(m.nan, bits)
	return bits
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
	if v.Size() == 64 {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), v, upper)
		f(upper, v.AsY(), v.AsY())
		v = v.AsY().(reg.VecVirtual)
	}
	VEXTRACTF128(Imm(1), v, half)
	f(half, x, x)
	VPSHUFD(Imm(0x0e), x, half)
	f(half, x, x)
	VPSHUFD(Imm(0x01), x, half)
	f(half, x, x)
	return x
}
