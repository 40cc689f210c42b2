package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// odds are the upper words of pairs.
const odds = 0xf5

// isa is what differs between instruction sets.
type isa interface {
	name() string
	// lanes is the number of words of 32 bits in a register.
	lanes() int
	register() reg.VecVirtual
	// parameters returns what returns a parameter as an operand.
	parameters(at reg.GPVirtual) func(i int) Op
	and(x Op, y reg.VecVirtual)
	xor(x Op, y reg.VecVirtual)
	copy(x, y reg.VecVirtual)
	// upper makes the upper words of x, and those of y after each, one register, x. It changes y.
	upper(x, y reg.VecVirtual)
	// choose makes x y where the sign is set.
	choose(sign, y, x reg.VecVirtual)
	// order returns what undoes the order of words after four registers were packed into one.
	order() reg.VecVirtual
	store(x reg.VecVirtual, to Mem)
}

// avx2 is AVX2, which has few registers: parameters stay in memory.
type avx2 struct{}

func newAVX2() isa { return avx2{} }

func (avx2) name() string             { return "Asm" }
func (avx2) lanes() int               { return 8 }
func (avx2) register() reg.VecVirtual { return YMM() }

func (avx2) parameters(at reg.GPVirtual) func(i int) Op {
	return func(i int) Op { return Mem{Base: at, Disp: 32 * i} }
}

func (avx2) and(x Op, y reg.VecVirtual) { VPAND(x, y, y) }
func (avx2) xor(x Op, y reg.VecVirtual) { VPXOR(x, y, y) }
func (avx2) copy(x, y reg.VecVirtual)   { VMOVDQA(x, y) }

func (avx2) upper(x, y reg.VecVirtual) {
	VPSHUFD(Imm(odds), x, x)
	VPBLENDD(Imm(0xaa), y, x, x)
}

func (avx2) choose(sign, y, x reg.VecVirtual) { VBLENDVPS(sign, y, x, x) }

func (avx2) order() reg.VecVirtual {
	v := YMM()
	VMOVDQU(halves, v)
	return v
}

func (avx2) store(x reg.VecVirtual, to Mem) { VMOVDQU(x, to) }

// avx512 is AVX-512 with the instructions on bytes.
type avx512 struct{ evens *reg.OpmaskVirtual }

func newAVX512() isa { return avx512{new(reg.OpmaskVirtual)} }

func (avx512) name() string             { return "AVX512" }
func (avx512) lanes() int               { return 16 }
func (avx512) register() reg.VecVirtual { return ZMM() }

// parameters fills registers with what is used.
func (x avx512) parameters(at reg.GPVirtual) func(i int) Op {
	tmp := GP32()
	*x.evens = K()
	MOVL(U32(0x5555), tmp)
	KMOVW(tmp, *x.evens)
	filled := make([]reg.VecVirtual, count)
	for i := range filled {
		v, m := ZMM(), Mem{Base: at, Disp: 32 * i}
		switch {
		case i == zero:
			VPBROADCASTW(m, v)
		case i == lo || i == hi:
			VPBROADCASTB(m, v)
		case i == first+add || i == second+add:
			VPBROADCASTQ(m, v)
		default:
			VPBROADCASTD(m, v)
		}
		filled[i] = v
	}
	return func(i int) Op { return filled[i] }
}

func (avx512) and(x Op, y reg.VecVirtual) { VPANDD(x, y, y) }
func (avx512) xor(x Op, y reg.VecVirtual) { VPXORD(x, y, y) }
func (avx512) copy(x, y reg.VecVirtual)   { VMOVDQA32(x, y) }

func (i avx512) upper(x, y reg.VecVirtual) {
	VPSHUFD(Imm(odds), x, *i.evens, y)
	VMOVDQA32(y, x)
}

func (avx512) choose(sign, y, x reg.VecVirtual) {
	negative := K()
	VPMOVD2M(sign, negative)
	VMOVDQA32(y, negative, x)
}

func (avx512) order() reg.VecVirtual {
	v := ZMM()
	VMOVDQU32(quarters, v)
	return v
}

func (avx512) store(x reg.VecVirtual, to Mem) { VMOVDQU32(x, to) }
