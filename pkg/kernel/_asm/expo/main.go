// Command expo writes the AVX2 and AVX-512 kernels of the functions of package curve.
package main

//go:generate go run . -out ../../expo_amd64.s -stubs ../../expo_stub_amd64.go -pkg kernel

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/octetlite/octet/pkg/kernel/_asm/curve"
)

const (
	longest = 70 // steps of a program whose argument AVX2 keeps in a register
	side    = 2  // vectors in a step of the long loop
	size    = 4  // bytes of a float32
	wide    = 16 // float32 in the widest register

	// Predicates of comparisons, which don't hold where an operand is NaN.
	equal   = 0
	less    = 17
	greater = 30
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	c := &table{data: GLOBL("expoTable", 8|16), at: map[uint32]Mem{}} // RODATA, NOPTR
	for _, i := range []isa{avx2{}, avx512{}} {
		for _, f := range curve.Functions() {
			kernel(i, f, c)
		}
		softmax(i, c)
		softmaxLines(i, c)
	}
	Generate()
}

// kernel writes the kernel of a function.
func kernel(i isa, f curve.Function, c *table) {
	name := f.Name + i.suffix()
	TEXT(name, NOSPLIT, "func(dst, src *float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s stores %s of src in dst, which may be src, for n elements, a positive multiple of %d.", name, f.Does, i.lanes()))
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	loops(i, dst, src, n, func(vectors int) {
		for v, x := range run(i, f.Program, src, vectors, c) {
			VMOVUPS(x, Mem{Base: dst, Disp: v * bytes(i)})
		}
	})
	VZEROUPPER()
	RET()
}

// softmax writes the kernel of softmax's exponentials, which it adds up as F32Sum does.
func softmax(i isa, c *table) {
	name := "softmax" + i.suffix()
	TEXT(name, NOSPLIT, "func(dst, src *float32, n int, top, beta float32, sums *[8]float64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s stores exp(beta*(x - top)) of src in dst, which may be src, for n elements, a positive multiple of %d, and adds every eighth result", name, i.lanes()),
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
		x := i.register()
		VBROADCASTSS(p.Addr, x)
		parameters = append(parameters, x)
	}
	sums := i.sums()
	for k, s := range sums {
		VMOVUPD(Mem{Base: at, Disp: k * bytes(i)}, s)
	}
	loops(i, dst, src, n, func(vectors int) {
		for v, x := range run(i, curve.Softmax(), src, vectors, c, parameters...) {
			VMOVUPS(x, Mem{Base: dst, Disp: v * bytes(i)})
			i.add(Mem{Base: dst, Disp: v * bytes(i)}, sums)
		}
	})
	for k, s := range sums {
		VMOVUPD(s, Mem{Base: at, Disp: k * bytes(i)})
	}
	VZEROUPPER()
	RET()
}

// softmaxLines writes the kernel of softmax for many lines. Each is divided by its sum beside the exponentials of the next one, which leave the divider to it.
func softmaxLines(i isa, c *table) {
	name := "softmaxLines" + i.suffix()
	TEXT(name, NOSPLIT, "func(dst, src *float32, n, lines int, tops *float32, beta float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s stores exp(beta*(x - top)) of src over the sum of these, made by F32Sum and rounded, in dst, which may be src, for lines of n elements, a positive multiple of %d,", name, i.lanes()),
		"each with a top.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	lines := Load(Param("lines"), GP64())
	tops := Load(Param("tops"), GP64())
	beta := i.register()
	p, err := Param("beta").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(p.Addr, beta)
	left, before, top, sum, sums := GP64(), GP64(), i.register(), AllocLocal(bytes(i)), i.sums() // too few registers for all
	divide := func(vectors int) {
		for v := range vectors {
			x, at := i.register(), Mem{Base: dst, Index: before, Scale: 1, Disp: v * bytes(i)}
			VMOVUPS(at, x)
			VDIVPS(sum, x, x)
			VMOVUPS(x, at)
		}
	}
	Comment("The first line is divided by 1 itself")
	one := i.register()
	VMOVUPS(c.bits(math.Float32bits(1)), one)
	VMOVUPS(one, sum)
	XORQ(before, before)
	Label("line")
	VBROADCASTSS(Mem{Base: tops}, top)
	for _, s := range sums {
		VXORPS(s, s, s)
	}
	MOVQ(n, left)
	loops(i, dst, src, left, func(vectors int) {
		for v, x := range run(i, curve.Softmax(), src, vectors, c, top, beta) {
			VMOVUPS(x, Mem{Base: dst, Disp: v * bytes(i)})
			i.add(Mem{Base: dst, Disp: v * bytes(i)}, sums)
		}
		divide(vectors)
	})
	a, high := i.halves(sums), XMM()
	VEXTRACTF128(Imm(1), a.AsY(), high)
	VADDPD(high, a.AsX(), a.AsX())
	VUNPCKHPD(a.AsX(), a.AsX(), high)
	VADDSD(high, a.AsX(), a.AsX())
	VCVTSD2SS(a.AsX(), a.AsX(), a.AsX())
	whole := i.register()
	VBROADCASTSS(a.AsX(), whole)
	VMOVUPS(whole, sum)
	IMUL3Q(I8(-size), n, before)
	ADDQ(Imm(size), tops)
	DECQ(lines)
	JNZ(LabelRef("line"))
	Label("last")
	divide(1)
	ADDQ(U32(bytes(i)), dst)
	SUBQ(U32(i.lanes()), n)
	JNZ(LabelRef("last"))
	VZEROUPPER()
	RET()
}

// loops repeats step for vectors side by side, then for one, until n elements are done, and moves on to the next ones.
func loops(i isa, dst, src, n reg.Register, step func(vectors int)) {
	some := func(vectors int) {
		step(vectors)
		ADDQ(U32(vectors*bytes(i)), src)
		ADDQ(U32(vectors*bytes(i)), dst)
	}
	SUBQ(U32(side*i.lanes()), n)
	JL(LabelRef("rest"))
	Label("long")
	some(side)
	SUBQ(U32(side*i.lanes()), n)
	JGE(LabelRef("long"))
	Label("rest")
	ADDQ(U32(side*i.lanes()), n)
	JZ(LabelRef("done"))
	Label("short")
	some(1)
	SUBQ(U32(i.lanes()), n)
	JNZ(LabelRef("short"))
	Label("done")
}

// bytes is the size of a register.
func bytes(i isa) int { return size * i.lanes() }

// table is the constants in memory, each filling the widest register.
type table struct {
	data Mem
	at   map[uint32]Mem
}

func (t *table) bits(b uint32) Mem {
	m, ok := t.at[b]
	if !ok {
		start := len(t.at) * wide * size
		for i := range wide {
			DATA(start+size*i, U32(b))
		}
		m = t.data.Offset(start)
		t.at[b] = m
	}
	return m
}
