package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// comparisons writes the kernels that compare.
func comparisons() {
	ones, order := words("ones", 0x01010101), words("order", 0, 4, 1, 5, 2, 6, 3, 7)
	comparison("equalAsm", "a == b", equal, ones, order)
	comparison("notEqualAsm", "a != b", notEqualOrNaN, ones, order)
	comparison("lessAsm", "a < b", less, ones, order)
	comparison("lessEqualAsm", "a <= b", lessOrEqual, ones, order)
}

// comparison writes a kernel of two operands like row's, whose results are bytes, 1 where the predicate holds. ones are bytes, order undoes what packing does.
func comparison(name, does string, predicate uint64, ones, order Mem) {
	TEXT(name, NOSPLIT, "func(dst *bool, a, b *float32, aStep, bStep, n int)")
	Pragma("noescape")
	Doc(name+" stores in dst whether "+does+", for n elements, a positive multiple of 8. From one vector of 8 to the next,",
		"a and b step by so many bytes: 32, or 0.")
	dst := Load(Param("dst"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	aStep := Load(Param("aStep"), GP64())
	bStep := Load(Param("bStep"), GP64())
	n := Load(Param("n"), GP64())
	one, places := YMM(), YMM()
	VPBROADCASTD(ones, one)
	VMOVDQU(order, places)
	loops(n, func(count int) {
		masks := make([]reg.VecVirtual, count)
		for i := range masks {
			masks[i] = YMM()
			VMOVUPS(Mem{Base: a}, masks[i])
			VCMPPS(Imm(predicate), Mem{Base: b}, masks[i], masks[i])
			ADDQ(aStep, a)
			ADDQ(bStep, b)
		}
		m := masks[0]
		if count == 1 {
			high := XMM()
			VEXTRACTI128(Imm(1), m, high)
			VPACKSSDW(high, m.AsX(), m.AsX())
			VPACKSSWB(m.AsX(), m.AsX(), m.AsX())
			VPAND(one.AsX(), m.AsX(), m.AsX())
			VMOVQ(m.AsX(), Mem{Base: dst})
		} else {
			Comment("Packing leaves the lower halves of all registers before the upper ones")
			VPACKSSDW(masks[1], m, m)
			VPACKSSDW(masks[3], masks[2], masks[2])
			VPACKSSWB(masks[2], m, m)
			VPERMD(m, places, m)
			VPAND(one, m, m)
			VMOVDQU(m, Mem{Base: dst})
		}
		ADDQ(U32(count*vector), dst)
	})
}

// choice writes the kernel that takes elements of one operand or the other.
func choice() {
	TEXT("chooseAsm", NOSPLIT, "func(dst *uint32, cond *bool, a, b *uint32, aStep, bStep, n int)")
	Pragma("noescape")
	Doc("chooseAsm stores a where cond is true, else b, in dst, which may be a or b, for n elements, a positive multiple of 8. From one vector of 8 to the next,",
		"a and b step by so many bytes: 32, or 0.")
	dst := Load(Param("dst"), GP64())
	cond := Load(Param("cond"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	aStep := Load(Param("aStep"), GP64())
	bStep := Load(Param("bStep"), GP64())
	n := Load(Param("n"), GP64())
	zero := YMM()
	VPXOR(zero, zero, zero)
	loops(n, func(count int) {
		for i := range count {
			x, otherwise := YMM(), YMM()
			VPMOVZXBD(Mem{Base: cond, Disp: i * vector}, otherwise)
			VPCMPEQD(zero, otherwise, otherwise)
			VMOVUPS(Mem{Base: a}, x)
			VBLENDVPS(otherwise, Mem{Base: b}, x, x)
			VMOVUPS(x, Mem{Base: dst, Disp: i * register})
			ADDQ(aStep, a)
			ADDQ(bStep, b)
		}
		ADDQ(U32(count*vector), cond)
		ADDQ(U32(count*register), dst)
	})
}

// words returns the address of numbers.
func words(name string, v ...uint32) Mem {
	m := GLOBL(name, 8|16) // RODATA, NOPTR
	for i, w := range v {
		DATA(4*i, U32(w))
	}
	return m
}
