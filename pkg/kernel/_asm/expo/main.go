// Command expo writes the AVX2 kernels of the functions of package curve.
package main

//go:generate go run . -out ../../expo_amd64.s -stubs ../../expo_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

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
	softmax(c)
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
	loops(dst, src, n, func(vectors int) {
		for v, x := range run(f.Program, src, vectors, c) {
			VMOVUPS(x, Mem{Base: dst, Disp: v * register})
		}
	})
	VZEROUPPER()
	RET()
}

// softmax writes the kernel of softmax's exponentials, which it adds up as F32Sum does.
func softmax(c *table) {
	TEXT("softmaxAsm", NOSPLIT, "func(dst, src *float32, n int, top, beta float32, sums *[8]float64)")
	Pragma("noescape")
	Doc("softmaxAsm stores exp(beta*(x - top)) of src in dst, which may be src, for n elements, a positive multiple of 8, and adds every eighth result",
		"to each of sums, one after the other.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	at := Load(Param("sums"), GP64())
	var parameters []Op
	for _, name := range []string{"top", "beta"} {
		p, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		x := YMM()
		VBROADCASTSS(p.Addr, x)
		parameters = append(parameters, x)
	}
	sums := []Op{YMM(), YMM()}
	for i, s := range sums {
		VMOVUPD(Mem{Base: at, Disp: i * register}, s)
	}
	loops(dst, src, n, func(vectors int) {
		for v, x := range run(curve.Softmax(), src, vectors, c, parameters...) {
			VMOVUPS(x, Mem{Base: dst, Disp: v * register})
			for i, s := range sums {
				half := YMM()
				VCVTPS2PD(Mem{Base: dst, Disp: v*register + i*register/2}, half)
				VADDPD(half, s, s)
			}
		}
	})
	for i, s := range sums {
		VMOVUPD(s, Mem{Base: at, Disp: i * register})
	}
	VZEROUPPER()
	RET()
}

// loops repeats step for vectors side by side, then for one, until n elements are done, and moves on to the next ones.
func loops(dst, src, n reg.Register, step func(vectors int)) {
	some := func(vectors int) {
		step(vectors)
		ADDQ(U32(vectors*register), src)
		ADDQ(U32(vectors*register), dst)
	}
	SUBQ(Imm(side*vector), n)
	JL(LabelRef("rest"))
	Label("long")
	some(side)
	SUBQ(Imm(side*vector), n)
	JGE(LabelRef("long"))
	Label("rest")
	ADDQ(Imm(side*vector), n)
	JZ(LabelRef("done"))
	Label("short")
	some(1)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("short"))
	Label("done")
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
