// Command s8elementwise writes the kernels of operators that compute each int8 of the result from one element of each operand. Their Go counterparts are
// the Rows of S8Sum, S8SquaredDifference, S8Product and S8Prelu, S8Table.Apply, Quantize, hybridAffine.quantize and Dequantize.
package main

//go:generate go run . -out ../../s8_elementwise_amd64.s -stubs ../../s8_elementwise_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// step is the number of elements that all kernels take at once.
const step = 64

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	writeConstants()
	for _, i := range []isa{newAVX2(), newAVX512()} {
		row(i, "s8Sum", "a and b, rescaled, added and rescaled", sum(false))
		row(i, "s8Difference", "a and b, rescaled, one less the other and rescaled", sum(true))
		row(i, "s8SquaredDifference", "a and b, rescaled, one less the other, squared and rescaled", squaredDifference)
		row(i, "s8Product", "the products of a and b, rescaled", product)
		row(i, "s8Prelu", "a or, where it is negative, its products with b, rescaled", prelu)
	}
	extremum("s8MaximumAsm", "the greater of a and b", VPMAXSB)
	extremum("s8MinimumAsm", "the lesser of a and b", VPMINSB)
	tableAVX2()
	tableVBMI()
	quantize("s8QuantizeAsm", "over", VDIVPS)
	quantize("s8QuantizeByAsm", "times", VMULPS)
	dequantize()
	Generate()
}

// constants in memory.
var quarters, halves Mem

func writeConstants() {
	quarters = GLOBL("s8Quarters", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(uint32(i%4*4+i/4)))
	}
	halves = GLOBL("s8Halves", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(uint32(i%2*4+i/2)))
	}
}

// The parameters of a row, each filled into 32 bytes, in the order of the fields of s8RowParameters.
const (
	xZero = iota // words of 32 bits
	yZero
	move // is added to a sum
	low  // the lower 16 bits
	first
	second = first + multiplierLen
	zero   = second + multiplierLen // words of 16 bits
	lo     = zero + 1               // bytes
	hi     = lo + 1
	count  = hi + 1
)

// The parameters of a multiplier.
const (
	factor = iota
	add    // 64 bits: half of what the shift divides by, and a half of one behind
	shift  // to the left, plus one
	right
	less // all bits where it shifts right
	multiplierLen
)

// kernel is a row in the making.
type kernel struct {
	isa
	parameter func(i int) Op
}

// row writes a kernel of two operands. compute returns a vector of results from addresses of elements.
func row(i isa, name, does string, compute func(k kernel, a, b Mem) reg.VecVirtual) {
	TEXT(name+i.name(), NOSPLIT, "func(dst, a, b *int8, aStep, bStep, n int, parameters *byte)")
	Pragma("noescape")
	Doc(name+i.name()+" stores "+does+", in dst, which may be a or b, for n elements, a positive multiple of 64.",
		"After 64, a and b step by so many bytes. The parameters are s8RowParameters.")
	dst, a, b := Load(Param("dst"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	aStep, bStep, n := Load(Param("aStep"), GP64()), Load(Param("bStep"), GP64()), Load(Param("n"), GP64())
	k := kernel{i, i.parameters(Load(Param("parameters"), GP64()).(reg.GPVirtual))}
	order := i.order()
	Label("loop")
	for at := 0; at < step; at += 4 * i.lanes() {
		var x [4]reg.VecVirtual
		for j := range x {
			disp := at + j*i.lanes()
			x[j] = compute(k, Mem{Base: a, Disp: disp}, Mem{Base: b, Disp: disp})
		}
		VPACKSSDW(x[1], x[0], x[0])
		VPACKSSDW(x[3], x[2], x[2])
		VPADDSW(k.parameter(zero), x[0], x[0])
		VPADDSW(k.parameter(zero), x[2], x[2])
		VPACKSSWB(x[2], x[0], x[0])
		VPMAXSB(k.parameter(lo), x[0], x[0])
		VPMINSB(k.parameter(hi), x[0], x[0])
		VPERMD(x[0], order, x[0])
		i.store(x[0], Mem{Base: dst, Disp: at})
	}
	ADDQ(aStep, a)
	ADDQ(bStep, b)
	ADDQ(Imm(step), dst)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// sum adds a, whose factor is 1/2, and b. A difference has the bits of one of both inverted, which with a 1 more in what is added is its opposite.
func sum(difference bool) func(k kernel, a, b Mem) reg.VecVirtual {
	return func(k kernel, a, b Mem) reg.VecVirtual {
		x, y := k.register(), k.register()
		VPMOVSXBD(a, x)
		VPMOVSXBD(b, y)
		if difference {
			k.xor(k.parameter(xZero), x)
		}
		VPSLLD(Imm(19), x, x)
		VPSUBD(k.parameter(yZero), y, y)
		k.rescale(first, y)
		if difference {
			k.xor(k.parameter(low), y)
		}
		VPADDD(k.parameter(move), x, x)
		VPADDD(y, x, x)
		k.rescale(second, x)
		return x
	}
}

// squaredDifference has a factor of 1/2 for a, as sum has. A difference has 16 bits.
func squaredDifference(k kernel, a, b Mem) reg.VecVirtual {
	x, y := k.register(), k.register()
	VPMOVSXBD(a, x)
	VPMOVSXBD(b, y)
	VPSUBD(k.parameter(xZero), x, x)
	VPSUBD(k.parameter(yZero), y, y)
	VPSLLD(Imm(6), x, x)
	k.rescale(first, y)
	VPSUBD(y, x, x)
	k.copy(x, y)
	k.and(k.parameter(low), y)
	VPMADDWD(y, x, x)
	k.rescale(second, x)
	return x
}

// operands loads both less their zero points, and of the second one the lower 16 bits alone.
func (k kernel) operands(a, b Mem) (x, y reg.VecVirtual) {
	x, y = k.register(), k.register()
	VPMOVSXBD(a, x)
	VPMOVSXBD(b, y)
	VPSUBD(k.parameter(xZero), x, x)
	VPSUBD(k.parameter(yZero), y, y)
	k.and(k.parameter(low), y)
	return x, y
}

func product(k kernel, a, b Mem) reg.VecVirtual {
	x, y := k.operands(a, b)
	VPMADDWD(y, x, x)
	k.rescale(first, x)
	return x
}

func prelu(k kernel, a, b Mem) reg.VecVirtual {
	x, y := k.operands(a, b)
	VPMADDWD(y, x, y)
	sign := k.register()
	k.copy(x, sign)
	k.rescale(first, x)
	k.rescale(second, y)
	k.choose(sign, y, x)
	return x
}

// rescale does what Multiplier.Rescale does, for products that don't reach 2^31 with what is added: a doubled product has what remains of it in its upper word.
func (k kernel) rescale(p int, x reg.VecVirtual) {
	y, t := k.register(), k.register()
	VPSRAD(Imm(31), x, t)
	k.and(k.parameter(p+less), t)
	VPSLLVD(k.parameter(p+shift), x, x)
	VPSHUFD(Imm(odds), x, y)
	VPMULDQ(k.parameter(p+factor), x, x)
	VPMULDQ(k.parameter(p+factor), y, y)
	VPADDQ(k.parameter(p+add), x, x)
	VPADDQ(k.parameter(p+add), y, y)
	k.upper(x, y)
	VPADDD(t, x, x)
	VPSRAVD(k.parameter(p+right), x, x)
}

// extremum writes the kernel of MAXIMUM or MINIMUM.
func extremum(name, does string, of func(ops ...Op)) {
	TEXT(name, NOSPLIT, "func(dst, a, b *int8, aStep, bStep, n int, parameters *byte)")
	Pragma("noescape")
	Doc(name+" stores "+does+" in dst, which may be a or b, for n elements, a positive multiple of 64.", "After 64, a and b step by so many bytes. There are no parameters.")
	dst, a, b := Load(Param("dst"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	aStep, bStep, n := Load(Param("aStep"), GP64()), Load(Param("bStep"), GP64()), Load(Param("n"), GP64())
	Label("loop")
	for at := 0; at < step; at += 32 {
		x := YMM()
		VMOVDQU(Mem{Base: a, Disp: at}, x)
		of(Mem{Base: b, Disp: at}, x, x)
		VMOVDQU(x, Mem{Base: dst, Disp: at})
	}
	ADDQ(aStep, a)
	ADDQ(bStep, b)
	ADDQ(Imm(step), dst)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
