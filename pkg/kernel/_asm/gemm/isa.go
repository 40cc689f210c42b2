package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// part is the number of columns at the end of a panel of which some may not count.
const part = 8

// isa is what differs between instruction sets.
type isa interface {
	name() string
	// register returns a register for so many numbers.
	register(lanes int) reg.VecVirtual
	// loader returns what loads registers of so many numbers, where of the last 8 only the first count, whose number is in last. It may use tmp.
	loader(lanes int, last reg.GPVirtual, tmp reg.VecVirtual) func(m Mem, r reg.VecVirtual)
	// store stores what counts of each register of acc disp bytes behind its row. It may change rows, registers and last.
	store(label func(string) string, acc []reg.VecVirtual, lanes int, row []reg.GPVirtual, disp int, last reg.GPVirtual)
}

// avx2 is AVX2 with fused multiply-add.
type avx2 struct{}

func (avx2) name() string                { return "AVX2" }
func (avx2) register(int) reg.VecVirtual { return YMM() }

// avx512 is AVX-512 with the instructions for half registers.
type avx512 struct{}

func (avx512) name() string { return "AVX512" }

func (avx512) register(lanes int) reg.VecVirtual {
	if lanes == 8 {
		return YMM()
	}
	return ZMM()
}

// mask returns a mask of all lanes but the last that don't count.
func (avx512) mask(lanes int, last, tmp reg.GPVirtual) reg.OpmaskVirtual {
	m := K()
	MOVQ(I32(-1<<(lanes-part)), tmp)
	SHLXQ(last, tmp, tmp)
	NOTQ(tmp)
	KMOVW(tmp.As32(), m)
	return m
}

func (x avx512) loader(lanes int, last reg.GPVirtual, _ reg.VecVirtual) func(m Mem, r reg.VecVirtual) {
	mask := x.mask(lanes, last, GP64())
	return func(m Mem, r reg.VecVirtual) { VMOVUPS_Z(m, mask, r) }
}

func (x avx512) store(_ func(string) string, acc []reg.VecVirtual, lanes int, row []reg.GPVirtual, disp int, last reg.GPVirtual) {
	mask := x.mask(lanes, last, GP64())
	for r, a := range acc {
		VMOVUPS(a, mask, Mem{Base: row[r], Disp: disp})
	}
}

// firsts are masks: loaded from lane 8-n on, n lanes of ones.
var firsts Mem

// writeFirsts writes the masks.
func writeFirsts() {
	firsts = GLOBL("firsts", RODATA|NOPTR)
	for i := range 16 {
		DATA(i*size, U32(-uint32(1-i/8)))
	}
}

func (avx2) loader(_ int, last reg.GPVirtual, tmp reg.VecVirtual) func(m Mem, r reg.VecVirtual) {
	masks := GP64()
	LEAQ(firsts.Offset(8*size), masks)
	NEGQ(last)
	VMOVUPS(Mem{Base: masks, Index: last, Scale: size}, tmp)
	return func(m Mem, r reg.VecVirtual) { VMASKMOVPS(m, tmp, r) }
}

// store stores parts of 4, 2 and 1 numbers: a store under a mask is slow on some processors.
func (avx2) store(label func(string) string, acc []reg.VecVirtual, lanes int, row []reg.GPVirtual, disp int, last reg.GPVirtual) {
	at := func(r int) Mem { return Mem{Base: row[r], Disp: disp} }
	CMPQ(last, Imm(uint64(lanes)))
	JNE(LabelRef(label("parts")))
	for r, a := range acc {
		VMOVUPS(a, at(r))
	}
	JMP(LabelRef(label("stored")))
	Label(label("parts"))
	TESTQ(U32(4), last)
	JZ(LabelRef(label("pair")))
	for r, a := range acc {
		VMOVUPS(a.AsX(), at(r))
		VEXTRACTF128(Imm(1), a, a.AsX())
		ADDQ(Imm(4*size), row[r])
	}
	Label(label("pair"))
	TESTQ(U32(2), last)
	JZ(LabelRef(label("one")))
	for r, a := range acc {
		VMOVLPS(a.AsX(), at(r))
		VMOVHLPS(a.AsX(), a.AsX(), a.AsX())
		ADDQ(Imm(2*size), row[r])
	}
	Label(label("one"))
	TESTQ(U32(1), last)
	JZ(LabelRef(label("stored")))
	for r, a := range acc {
		VMOVSS(a.AsX(), at(r))
	}
	Label(label("stored"))
}
