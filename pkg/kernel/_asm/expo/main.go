// Command expo writes the AVX2 kernels of the functions of package curve.
package main

//go:generate go run . -out ../../expo_amd64.s -stubs ../../expo_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"

	"github.com/octetlite/octet/pkg/kernel/_asm/curve"
)

const (
	vector   = 8  // float32 in a register
	register = 32 // bytes
	side     = 2  // vectors in a step of the long loop

	// Predicates of comparisons, which don't hold where an operand is NaN.
	equal   = 0
	less    = 17
	greater = 30
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	c := &table{data: GLOBL("expoTable", 8|16), at: map[uint32]Mem{}} // RODATA, NOPTR
	for _, f := range curve.Functions() {
		kernel(f, c)
	}
	Generate()
}

// kernel writes the kernel of a function.
func kernel(f curve.Function, c *table) {
	name := f.Name + "Asm"
	TEXT(name, NOSPLIT, "func(dst, src *float32, n int)")
	Pragma("noescape")
	Doc(name + " stores " + f.Does + " of src in dst, which may be src, for n elements, a positive multiple of 8.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	step := func(vectors int) {
		for v, x := range run(f.Program, src, vectors, c) {
			VMOVUPS(x, Mem{Base: dst, Disp: v * register})
		}
		ADDQ(U32(vectors*register), src)
		ADDQ(U32(vectors*register), dst)
	}
	SUBQ(Imm(side*vector), n)
	JL(LabelRef("rest"))
	Label("long")
	step(side)
	SUBQ(Imm(side*vector), n)
	JGE(LabelRef("long"))
	Label("rest")
	ADDQ(Imm(side*vector), n)
	JZ(LabelRef("done"))
	Label("short")
	step(1)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("short"))
	Label("done")
	VZEROUPPER()
	RET()
}

// table is the constants in memory, each filling a register.
type table struct {
	data Mem
	at   map[uint32]Mem
}

func (t *table) bits(b uint32) Mem {
	m, ok := t.at[b]
	if !ok {
		start := len(t.at) * register
		for i := range vector {
			DATA(start+4*i, U32(b))
		}
		m = t.data.Offset(start)
		t.at[b] = m
	}
	return m
}
