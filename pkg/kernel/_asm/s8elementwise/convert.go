package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tableAVX2 writes the kernel that looks up bytes. A byte's upper half counts how many tables of 16 are below the one that it is found in: the result is the exclusive or of
// what it finds in all of them, of which each but the first is made to hold the difference from the one before. A negative index finds 0.
func tableAVX2() {
	TEXT("s8TableAsm", NOSPLIT, "func(dst, src *int8, n int, tables *byte)")
	Pragma("noescape")
	Doc("s8TableAsm stores the elements of a table in dst, which may be src, for n elements, a positive multiple of 64. The table has eight parts of 16 for src from 0",
		"on, then eight for the negative ones, each but the first of eight the exclusive or of itself and the part before.")
	dst, src, n, tables := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64()), Load(Param("tables"), GP64())
	sixteen, sign, tmp := YMM(), YMM(), GP64()
	for _, c := range []struct {
		value uint64
		v     reg.VecVirtual
	}{{0x1010101010101010, sixteen}, {0x8080808080808080, sign}} {
		MOVQ(U64(c.value), tmp)
		VMOVQ(tmp, c.v.AsX())
		VPBROADCASTQ(c.v.AsX(), c.v)
	}
	x, y, z := [2][2]reg.VecVirtual{}, [2]reg.VecVirtual{}, YMM()
	Label("loop")
	for i := range 2 {
		x[i], y[i] = [2]reg.VecVirtual{YMM(), YMM()}, YMM()
		VMOVDQU(Mem{Base: src, Disp: 32 * i}, x[i][0])
		VPXOR(sign, x[i][0], x[i][1])
		VPXOR(y[i], y[i], y[i])
	}
	for part := range 8 {
		for half := range 2 {
			t := YMM()
			VBROADCASTI128(Mem{Base: tables, Disp: 16 * (8*half + part)}, t)
			for i := range 2 {
				VPSHUFB(x[i][half], t, z)
				VPXOR(z, y[i], y[i])
				if part < 7 {
					VPSUBSB(sixteen, x[i][half], x[i][half])
				}
			}
		}
	}
	for i := range 2 {
		VMOVDQU(y[i], Mem{Base: dst, Disp: 32 * i})
	}
	ADDQ(Imm(step), src)
	ADDQ(Imm(step), dst)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// tableVBMI writes the kernel that looks up bytes by instructions for that.
func tableVBMI() {
	TEXT("s8TableVBMI", NOSPLIT, "func(dst, src *int8, n int, table *byte)")
	Pragma("noescape")
	Doc("s8TableVBMI stores the elements of a table in dst, which may be src, for n elements, a positive multiple of 64. The table has the elements from -128 on.")
	dst, src, n, table := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64()), Load(Param("table"), GP64())
	var part [4]reg.VecVirtual
	for i := range part {
		part[i] = ZMM()
		VMOVDQU32(Mem{Base: table, Disp: 64 * i}, part[i])
	}
	x, y, negative := ZMM(), ZMM(), K()
	Label("loop")
	VMOVDQU32(Mem{Base: src}, x)
	VPMOVB2M(x, negative)
	VMOVDQA32(x, y)
	VPERMI2B(part[3], part[2], x)
	VPERMI2B(part[1], part[0], y)
	VMOVDQU8(y, negative, x)
	VMOVDQU32(x, Mem{Base: dst})
	ADDQ(Imm(step), src)
	ADDQ(Imm(step), dst)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// quantize writes a kernel that makes integers of numbers, after an operation on them and the scale. What is halfway is rounded away from zero: to what is just less than a half of the number's sign the number is
// added, and the sum is cut off. A NaN becomes 0.
func quantize(name, by string, operation func(...Op)) {
	TEXT(name, NOSPLIT, "func(dst *int8, src *float32, n int, scale float32, zero int32)")
	Pragma("noescape")
	Doc(name+" stores src "+by+" the scale, rounded, plus the zero point, for n elements, a positive multiple of 64.", "Both halves of zero are the zero point.")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	fill := func(bits uint32) reg.VecVirtual {
		tmp, v := GP32(), YMM()
		MOVL(U32(bits), tmp)
		VMOVD(tmp, v.AsX())
		VPBROADCASTD(v.AsX(), v)
		return v
	}
	sign, half, hi, lo := fill(1<<31), fill(0x3effffff), fill(0x44000000), fill(0xc4000000) // 512, -512
	scale, zero, order := YMM(), YMM(), YMM()
	VBROADCASTSS(address("scale"), scale)
	broadcast("zero", zero)
	VMOVDQU(halves, order)
	Label("loop")
	for at := 0; at < step; at += 32 {
		var x [4]reg.VecVirtual
		for j := range x {
			v, t := YMM(), YMM()
			VMOVUPS(Mem{Base: src, Disp: 4 * (at + 8*j)}, v)
			operation(scale, v, v)
			VCMPPS(Imm(7), v, v, t)
			VANDPS(t, v, v)
			VMAXPS(lo, v, v)
			VMINPS(hi, v, v)
			VANDPS(sign, v, t)
			VORPS(half, t, t)
			VADDPS(t, v, v)
			VCVTTPS2DQ(v, v)
			x[j] = v
		}
		VPACKSSDW(x[1], x[0], x[0])
		VPACKSSDW(x[3], x[2], x[2])
		VPADDSW(zero, x[0], x[0])
		VPADDSW(zero, x[2], x[2])
		VPACKSSWB(x[2], x[0], x[0])
		VPERMD(x[0], order, x[0])
		VMOVDQU(x[0], Mem{Base: dst, Disp: at})
	}
	ADDQ(U32(4*step), src)
	ADDQ(Imm(step), dst)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// dequantize writes the kernel that makes numbers of integers. An integer of 9 bits times a number is rounded once in float32 as well.
func dequantize() {
	TEXT("s8DequantizeAsm", NOSPLIT, "func(dst *float32, src *int8, n int, scale float32, zero int32)")
	Pragma("noescape")
	Doc("s8DequantizeAsm stores the scale times src less the zero point, for n elements, a positive multiple of 64.")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	scale, zero := YMM(), YMM()
	VBROADCASTSS(address("scale"), scale)
	broadcast("zero", zero)
	Label("loop")
	for at := 0; at < step; at += 8 {
		x := YMM()
		VPMOVSXBD(Mem{Base: src, Disp: at}, x)
		VPSUBD(zero, x, x)
		VCVTDQ2PS(x, x)
		VMULPS(scale, x, x)
		VMOVUPS(x, Mem{Base: dst, Disp: 4 * at})
	}
	ADDQ(Imm(step), src)
	ADDQ(U32(4*step), dst)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// address is where a parameter lies.
func address(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// broadcast fills a register with a parameter of 32 bits.
func broadcast(name string, v reg.VecVirtual) {
	tmp := Load(Param(name), GP32())
	VMOVD(tmp, v.AsX())
	VPBROADCASTD(v.AsX(), v)
}
