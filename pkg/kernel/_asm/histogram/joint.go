package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const less = 1 // VPCMPD

// joint writes a kernel that finds the cells of numbers and one or two results of each.
func joint(results int, wide bool) {
	name, lanes, vec := fmt.Sprintf("joint%dAsm", results), vector, func() reg.VecVirtual { return YMM() }
	if wide {
		name, lanes, vec = fmt.Sprintf("joint%dAVX512", results), 2*vector, func() reg.VecVirtual { return ZMM() }
	}
	names := []string{"x", "y", "z"}[:results+1]
	z := ""
	if results == 2 {
		z = ", z"
	}
	TEXT(name, NOSPLIT, "func(dst *int32, x, y"+z+" *float32, n int, scale *[3]float32, bins *[3]int32, found *[2][2]float32)")
	Pragma("noescape")
	switch {
	case wide:
		Doc(name + fmt.Sprintf(" is joint%dAsm.", results))
	case results == 2:
		Doc("joint2Asm is joint1Asm for two results: it adds 4 times the bin of z, which is nowhere negative.")
	default:
		Doc("joint1Asm stores the bin of x - bins[2] ± 2·(the bin of y - bins[1]) for n numbers, a positive multiple of 16: - where the bin of x is less than bins[0], else +.",
			"Scales are powers of two of 1 or more. x holds finite numbers, and all bins fit into 32 bits; extrema of results go to found.")
	}
	dst := Load(Param("dst"), GP64())
	var from []reg.Register
	for _, n := range names {
		from = append(from, Load(Param(n), GP64()))
	}
	n := Load(Param("n"), GP64())
	scales, bins, found := Load(Param("scale"), GP64()), Load(Param("bins"), GP64()), Load(Param("found"), GP64())
	var scale, lo, hi []reg.VecVirtual
	for i := range names {
		scale = append(scale, vec())
		VBROADCASTSS(Mem{Base: scales, Disp: i * size}, scale[i])
		lo, hi = append(lo, vec()), append(hi, vec())
		if i > 0 {
			VBROADCASTSS(Mem{Base: from[i]}, lo[i])
			VBROADCASTSS(Mem{Base: from[i]}, hi[i])
		}
	}
	turn, least, first := vec(), vec(), vec()
	for i, v := range []reg.VecVirtual{turn, least, first} {
		VPBROADCASTD(Mem{Base: bins, Disp: i * size}, v)
	}
	none := vec()
	if wide {
		VPXORD(none, none, none)
	}
	at := GP64()
	XORQ(at, at)
	Label("step")
	sum, y, side := vec(), vec(), vec()
	VMULPS(Mem{Base: from[0], Index: at, Scale: size}, scale[0], sum)
	floor(sum, wide)
	find := func(i int, v reg.VecVirtual) {
		VMOVUPS(Mem{Base: from[i], Index: at, Scale: size}, v)
		VMINPS(lo[i], v, lo[i])
		VMAXPS(hi[i], v, hi[i])
		VMULPS(v, scale[i], v)
	}
	find(1, y)
	floor(y, wide)
	VPSUBD(least, y, y)
	if wide {
		falls := K()
		VPCMPD(Imm(less), turn, sum, falls)
		VPSUBD(y, none, falls, y)
	} else {
		VPSUBD(turn, sum, side)
		VPSIGND(side, y, y)
	}
	VPADDD(y, y, y)
	VPSUBD(first, sum, sum)
	VPADDD(y, sum, sum)
	if results == 2 {
		z := vec()
		find(2, z)
		VCVTTPS2DQ(z, z)
		VPSLLD(Imm(2), z, z)
		VPADDD(z, sum, sum)
	}
	if wide {
		VMOVDQU32(sum, Mem{Base: dst, Index: at, Scale: size})
	} else {
		VMOVDQU(sum, Mem{Base: dst, Index: at, Scale: size})
	}
	ADDQ(Imm(uint64(lanes)), at)
	CMPQ(at, n)
	JLT(LabelRef("step"))
	for i := range results {
		l, h := [unroll]reg.VecVirtual{lo[i+1], lo[i+1]}, [unroll]reg.VecVirtual{hi[i+1], hi[i+1]}
		if wide {
			l, h = halves(lo[i+1]), halves(hi[i+1])
		}
		for j, v := range []reg.VecVirtual{across(l, VMINPS), across(h, VMAXPS)} {
			VMOVSS(v, Mem{Base: found, Disp: (2*i + j) * size})
		}
	}
	VZEROUPPER()
	RET()
}

// floor makes integers of numbers, rounding down.
func floor(v reg.VecVirtual, wide bool) {
	if wide {
		VCVTPS2DQ_RD_SAE(v, v)
		return
	}
	VROUNDPS(Imm(down), v, v)
	VCVTTPS2DQ(v, v)
}
