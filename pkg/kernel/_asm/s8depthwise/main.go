// Command s8depthwise writes the kernels that add up the products of depthwise convolutions of int8. Their Go counterpart is S8Depthwise.sumsGeneric.
package main

//go:generate go run . -out ../../s8_depthwise_amd64.s -stubs ../../s8_depthwise_stub_amd64.go -pkg kernel

import (
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const size = 4 // bytes of a sum

// fields are those of an s8DepthwiseCall in their order, of 8 bytes each.
var fields = strings.Fields("runs table groups in inStep zero w start sums sumsStep mask")

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	vnni("s8Depthwise64VNNI", 64)
	vnni("s8Depthwise32VNNI", 32)
	avx2()
	Generate()
}

// kernel is a function in the making.
type kernel struct{ call reg.GPVirtual }

// field is the place of a field of the call.
func (k kernel) field(name string) Mem {
	return Mem{Base: k.call, Disp: 8 * slices.Index(fields, name)}
}

// load returns a register with a field.
func (k kernel) load(name string) reg.GPVirtual {
	r := GP64()
	MOVQ(k.field(name), r)
	return r
}

// write writes a kernel for blocks of channels. start sets the sums to where they start; group adds the products of taps, as many as there are
// registers with their addresses, whose weights are at w; finish stores the sums of a pixel.
func (k kernel) write(taps, weights int, start func(), group func(from []reg.GPVirtual, w Mem), finish func(sums Mem)) {
	table, zero, sums := k.load("table"), k.load("zero"), k.load("sums")
	in, w, offs, n, groups := GP64(), GP64(), GP64(), GP64(), GP64()
	from := make([]reg.GPVirtual, taps)
	for i := range from {
		from[i] = GP64()
	}
	Label("run")
	MOVLQSX(Mem{Base: table}, n)
	ADDQ(Imm(size), table)
	MOVQ(k.field("in"), in)
	Label("pixel")
	start()
	MOVQ(table, offs)
	MOVQ(k.field("w"), w)
	MOVQ(k.field("groups"), groups)
	Label("group")
	for i, r := range from {
		MOVLQSX(Mem{Base: offs, Disp: size * i}, r)
		TESTQ(r, r)
		LEAQ(Mem{Base: in, Index: r, Scale: 1}, r)
		CMOVQLT(zero, r)
	}
	group(from, Mem{Base: w})
	ADDQ(Imm(uint64(size*taps)), offs)
	ADDQ(U32(uint32(weights)), w)
	DECQ(groups)
	JNZ(LabelRef("group"))
	finish(Mem{Base: sums})
	ADDQ(k.field("sumsStep"), sums)
	ADDQ(k.field("inStep"), in)
	DECQ(n)
	JNZ(LabelRef("pixel"))
	MOVQ(offs, table)
	DECQ(k.field("runs"))
	JNZ(LabelRef("run"))
	VZEROUPPER()
	RET()
}

func begin(name, what string) kernel {
	TEXT(name, NOSPLIT, "func(call *byte)")
	Pragma("noescape")
	Doc(name+" "+what, "The call is an s8DepthwiseCall, which it changes.")
	k := kernel{GP64()}
	Load(Param("call"), k.call)
	return k
}

// vnni writes the kernel for blocks of so many channels, of which it reads those of a mask, by AVX-512. Images are moved to 0 … 255.
func vnni(name string, channels int) {
	k := begin(name, "adds up products, four taps at a time.")
	vec := ZMM
	if channels == 32 {
		vec = YMM
	}
	mask, tmp := K(), GP64()
	MOVQ(k.field("mask"), tmp)
	KMOVQ(tmp, mask)
	flip, acc, x := vec(), make([]reg.VecVirtual, 4), make([]reg.VecVirtual, 4)
	MOVQ(U32(0x80), tmp)
	VPBROADCASTB(tmp.As32(), flip)
	for i := range acc {
		acc[i], x[i] = vec(), vec()
	}
	start := func() {
		first := k.load("start")
		for i, v := range acc {
			VMOVDQU32(Mem{Base: first, Disp: channels * i}, v)
		}
	}
	group := func(from []reg.GPVirtual, w Mem) {
		for i, v := range x {
			VMOVDQU8_Z(Mem{Base: from[i]}, mask, v)
		}
		for _, v := range x {
			if channels == 32 {
				VPXOR(flip, v, v)
			} else {
				VPXORD(flip, v, v)
			}
		}
		Comment("Four taps of a channel side by side: register i has channels 4i … 4i+3 of each 16")
		low, high := [2]reg.VecVirtual{vec(), vec()}, [2]reg.VecVirtual{vec(), vec()}
		for i := range 2 {
			VPUNPCKLBW(x[2*i+1], x[2*i], low[i])
			VPUNPCKHBW(x[2*i+1], x[2*i], high[i])
		}
		for i, v := range acc {
			half, d := low, vec()
			if i >= 2 {
				half = high
			}
			if i%2 == 0 {
				VPUNPCKLWD(half[1], half[0], d)
			} else {
				VPUNPCKHWD(half[1], half[0], d)
			}
			VPDPBUSD(w.Offset(channels*i), d, v)
		}
	}
	finish := func(sums Mem) {
		if channels == 32 {
			for i := range 2 {
				a, b := vec(), vec()
				VPERM2I128(Imm(0x20), acc[2*i+1], acc[2*i], a)
				VPERM2I128(Imm(0x31), acc[2*i+1], acc[2*i], b)
				VMOVDQU(a, sums.Offset(32*i))
				VMOVDQU(b, sums.Offset(64+32*i))
			}
			return
		}
		Comment("A transposition of quarters of registers")
		var t [4]reg.VecVirtual
		for i := range 2 {
			t[i], t[2+i] = vec(), vec()
			VSHUFI32X4(Imm(0x44), acc[2*i+1], acc[2*i], t[i])
			VSHUFI32X4(Imm(0xee), acc[2*i+1], acc[2*i], t[2+i])
		}
		for i := range 4 {
			v, order := vec(), uint64(0x88)
			if i%2 == 1 {
				order = 0xdd
			}
			VSHUFI32X4(Imm(order), t[i/2*2+1], t[i/2*2], v)
			VMOVDQU32(v, sums.Offset(64*i))
		}
	}
	k.write(4, 4*channels, start, group, finish)
}

// avx2 writes the kernel for blocks of 16 channels.
func avx2() {
	const channels, register = 16, 32
	k := begin("s8Depthwise16AVX2", "adds up products, two taps at a time.")
	acc := []reg.VecVirtual{YMM(), YMM()}
	start := func() {
		first := k.load("start")
		for i, v := range acc {
			VMOVDQU(Mem{Base: first, Disp: register * i}, v)
		}
	}
	group := func(from []reg.GPVirtual, w Mem) {
		a, b, x := XMM(), XMM(), []reg.VecVirtual{YMM(), YMM()}
		VMOVDQU(Mem{Base: from[0]}, a)
		VMOVDQU(Mem{Base: from[1]}, b)
		VPUNPCKLBW(b, a, x[0].AsX())
		VPUNPCKHBW(b, a, x[1].AsX())
		for i, v := range x {
			VPMOVSXBW(v.AsX(), v)
			VPMADDWD(w.Offset(register*i), v, v)
			VPADDD(v, acc[i], acc[i])
		}
	}
	finish := func(sums Mem) {
		for i, v := range acc {
			VMOVDQU(v, sums.Offset(register*i))
		}
	}
	k.write(2, 2*2*channels, start, group, finish)
}
