package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// joint writes a kernel that finds the cells of numbers and one or two results of each.
func joint(results int, wide bool) {
	name, registers, vec := fmt.Sprintf("joint%dAsm", results), unroll, func() reg.VecVirtual { return YMM() }
	if wide {
		name, registers, vec = fmt.Sprintf("joint%dAVX512", results), 1, func() reg.VecVirtual { return ZMM() }
	}
	names := []string{"x", "y", "z"}[:results+1]
	z := ""
	if results == 2 {
		z = ", z"
	}
	TEXT(name, NOSPLIT, "func(dst *int16, x, y"+z+" *float32, n int, magic *[3]float32, bins *[3]int32, found *[2][2]float32)")
	Pragma("noescape")
	switch {
	case wide:
		Doc(name + fmt.Sprintf(" is joint%dAsm.", results))
	case results == 2:
		Doc("joint2Asm is joint1Asm for two results: it adds 4 times what z is in these terms, which is nowhere negative.")
	default:
		Doc("joint1Asm stores the last 16 bits of x - bins[2] ± 2·(y - bins[1]) for n numbers, a positive multiple of 16, in some order: - where x is less than bins[0], else +.",
			"Here x and y are the bits of their sums with magic, as binsAsm finds them. All numbers are finite, and fit in there; extrema of results go to found.")
	}
	dst := Load(Param("dst"), GP64())
	var from []reg.Register
	for _, n := range names {
		from = append(from, Load(Param(n), GP64()))
	}
	n := Load(Param("n"), GP64())
	magics, bins, found := Load(Param("magic"), GP64()), Load(Param("bins"), GP64()), Load(Param("found"), GP64())
	var magic, lo, hi []reg.VecVirtual
	for i := range names {
		magic = append(magic, vec())
		VBROADCASTSS(Mem{Base: magics, Disp: i * size}, magic[i])
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
	ended := func() {}
	if wide {
		VPXORD(none, none, none)
	} else {
		ended = roundDown()
	}
	at := GP64()
	XORQ(at, at)
	Label("step")
	var sums [unroll]reg.VecVirtual
	for i := range registers {
		sums[i] = vec()
		y, side := vec(), vec()
		place := func(j int) Mem { return Mem{Base: from[j], Index: at, Scale: size, Disp: i * register} }
		find := func(j int) reg.VecVirtual {
			v := vec()
			VMOVUPS(place(j), v)
			VMINPS(lo[j], v, lo[j])
			VMAXPS(hi[j], v, hi[j])
			return v
		}
		if wide {
			VMOVUPS(place(0), sums[i])
			VADDPS_RD_SAE(sums[i], magic[0], sums[i])
			y = find(1)
			VADDPS_RD_SAE(y, magic[1], y)
		} else {
			VADDPS(place(0), magic[0], sums[i])
			y = find(1)
			VADDPS(y, magic[1], y)
		}
		VPSUBD(least, y, y)
		if wide {
			falls := K()
			VPCMPD(Imm(less), turn, sums[i], falls)
			VPSUBD(y, none, falls, y)
		} else {
			VPSUBD(turn, sums[i], side)
			VPSIGND(side, y, y)
		}
		VPADDD(y, y, y)
		VPSUBD(first, sums[i], sums[i])
		VPADDD(y, sums[i], sums[i])
		if results == 2 {
			z := find(2)
			if wide {
				VADDPS_RD_SAE(z, magic[2], z)
			} else {
				VADDPS(z, magic[2], z)
			}
			VPSLLD(Imm(2), z, z)
			VPADDD(z, sums[i], sums[i])
		}
	}
	if wide {
		VPMOVDW(sums[0], Mem{Base: dst, Index: at, Scale: binSize})
	} else {
		VMOVDQU(packed(sums), Mem{Base: dst, Index: at, Scale: binSize})
	}
	ADDQ(Imm(2*vector), at)
	CMPQ(at, n)
	JLT(LabelRef("step"))
	ended()
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
