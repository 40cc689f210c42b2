package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/octetlite/octet/pkg/kernel/_asm/curve"
)

// isa is what differs between instruction sets.
type isa interface {
	// suffix ends the names of kernels.
	suffix() string
	// lanes is the number of float32 in a register.
	lanes() int
	register() reg.VecVirtual
	// reloads reports whether there are too few registers for a program to keep its argument in one.
	reloads(p *curve.Program) bool
	// compare returns the mask of a comparison.
	compare(predicate Op, a, b Op) Op
	// choose makes x a where the mask is set, else b.
	choose(mask, a, b Op, x reg.VecVirtual)
	// drop makes x 0 where the mask is set, else a.
	drop(mask, a Op, x reg.VecVirtual)
	// sums returns registers for eight sums.
	sums() []reg.VecVirtual
	// halves returns what the first four sums and the last four are together. It changes sums.
	halves(sums []reg.VecVirtual) reg.VecVirtual
	// add adds what was stored at m to the sums, the first element to the first one.
	add(m Mem, sums []reg.VecVirtual)
}

// avx2 is AVX2 with fused multiply-add. Its kernels have the names that all architectures share.
type avx2 struct{}

func (avx2) suffix() string           { return "Asm" }
func (avx2) lanes() int               { return 8 }
func (avx2) register() reg.VecVirtual { return YMM() }

// reloads is true of GELU, the longest. Registers beyond the first sixteen, which avo takes otherwise, are AVX-512's.
func (avx2) reloads(p *curve.Program) bool { return len(p.Steps) > longest }

func (avx2) compare(predicate Op, a, b Op) Op {
	x := YMM()
	VCMPPS(predicate, b, a, x)
	return x
}

func (avx2) choose(mask, a, b Op, x reg.VecVirtual) { VBLENDVPS(mask, a, b, x) }
func (avx2) drop(mask, a Op, x reg.VecVirtual)      { VANDNPS(a, mask, x) }

func (avx2) sums() []reg.VecVirtual { return []reg.VecVirtual{YMM(), YMM()} }

func (avx2) halves(sums []reg.VecVirtual) reg.VecVirtual {
	VADDPD(sums[1], sums[0], sums[0])
	return sums[0]
}

func (avx2) add(m Mem, sums []reg.VecVirtual) {
	for i, s := range sums {
		half := YMM()
		VCVTPS2PD(m.Offset(i*16), half)
		VADDPD(half, s, s)
	}
}

// avx512 is AVX-512 with the instructions on bits.
type avx512 struct{}

func (avx512) suffix() string           { return "AVX512" }
func (avx512) lanes() int               { return 16 }
func (avx512) register() reg.VecVirtual { return ZMM() }

func (avx512) reloads(*curve.Program) bool { return false }

func (avx512) compare(predicate Op, a, b Op) Op {
	x := K()
	VCMPPS(predicate, b, a, x)
	return x
}

func (avx512) choose(mask, a, b Op, x reg.VecVirtual) { VBLENDMPS(a, b, mask, x) }

func (avx512) drop(mask, a Op, x reg.VecVirtual) {
	keep := K()
	KNOTW(mask, keep)
	VMOVAPS_Z(a, keep, x)
}

func (avx512) sums() []reg.VecVirtual { return []reg.VecVirtual{ZMM()} }

func (avx512) halves(sums []reg.VecVirtual) reg.VecVirtual {
	low, high := sums[0].AsY(), YMM()
	VEXTRACTF64X4(Imm(1), sums[0], high)
	VADDPD(high, low, low)
	return sums[0]
}

func (avx512) add(m Mem, sums []reg.VecVirtual) {
	for i := range 2 {
		half := ZMM()
		VCVTPS2PD(m.Offset(i*32), half)
		VADDPD(half, sums[0], sums[0])
	}
}
