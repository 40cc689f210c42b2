// Command peak writes loops of nothing but multiply-adds, for package internal/peak.
package main

//go:generate go run . -out ../../../../internal/peak/peak_amd64.s -stubs ../../../../internal/peak/peak_stub_amd64.go -pkg peak

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chains is the number of sums, enough that none waits for another's multiply-add.
const chains = 12

func main() {
	ConstraintExpr("amd64")
	loop("AVX2", YMM)
	loop("AVX512", ZMM)
	integers("PairsAVX2", "products of 16 pairs of int16, each two added up", YMM, VPMADDWD)
	integers("QuadsVNNI", "products of 64 pairs of bytes, four added to a sum", ZMM, func(ops ...Op) { VPDPBUSD(ops...) })
	Generate()
}

func loop(isa string, register func() reg.VecVirtual) {
	TEXT("spin"+isa, NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("spin%s makes n times %d multiply-adds of %d numbers.", isa, chains, register().Size()/4))
	n := Load(Param("n"), GP64())
	x := register()
	VXORPS(x, x, x)
	var sums []reg.VecVirtual
	for range chains {
		s := register()
		VXORPS(s, s, s)
		sums = append(sums, s)
	}
	Label("loop")
	for _, s := range sums {
		VFMADD231PS(x, x, s)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// integers writes a loop of one instruction on integers.
func integers(name, does string, register func() reg.VecVirtual, instruction func(ops ...Op)) {
	TEXT("spin"+name, NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("spin%s makes n times %d times %s.", name, chains, does))
	n := Load(Param("n"), GP64())
	x := register()
	VPXOR(x.AsX(), x.AsX(), x.AsX())
	var sums []reg.VecVirtual
	for range chains {
		s := register()
		VPXOR(s.AsX(), s.AsX(), s.AsX())
		sums = append(sums, s)
	}
	Label("loop")
	for _, s := range sums {
		instruction(x, x, s)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
