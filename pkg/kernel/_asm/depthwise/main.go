// Command depthwise writes the AVX2 kernels of depthwise convolutions. Their Go counterpart is F32Depthwise.rowGeneric.
package main

//go:generate go run . -out ../../depthwise_amd64.s -stubs ../../depthwise_stub_amd64.go -pkg kernel

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector = 8 // float32 in a register, and channels in a block
	size   = 4 // bytes of a float32
	block  = vector * size
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	for _, side := range []int{3, 5} {
		for _, stride := range []int{1, 2} {
			for _, outputs := range []int{8, 4} {
				strip(side, stride, outputs)
			}
		}
	}
	pixel(4)
	pixel(1)
	spread()
	Generate()
}

// strip writes the kernel for neighbouring outputs of a row. It goes through the input's pixels from left to right and gives each
// to the outputs that see it, so that each output takes its taps in order.
func strip(side, stride, outputs int) {
	name := fmt.Sprintf("depthwise%dx%ds%dn%dAVX2", side, side, stride, outputs)
	TEXT(name, NOSPLIT, fmt.Sprintf("func(blocks int, rows *[%d]*float32, rowSteps *[%[1]d]int, w, out *float32, outStep int, bounds *[2]float32)", side))
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes %d neighbouring outputs, outStep bytes apart, with a kernel of %d×%d taps and stride %d, for a number of", name, outputs, side, side, stride),
		"blocks of channels. rows are where the input's rows start that the first output sees, with the bytes between their pixels.")
	blocks := Load(Param("blocks"), GP64())
	rows := Load(Param("rows"), GP64())
	rowSteps := Load(Param("rowSteps"), GP64())
	w := Load(Param("w"), GP64())
	out := Load(Param("out"), GP64())
	outStep := Load(Param("outStep"), GP64())
	bounds := Load(Param("bounds"), GP64())
	channel := GP64() // bytes
	XORQ(channel, channel)
	acc := make([]reg.VecVirtual, outputs)
	for j := range acc {
		acc[j] = YMM()
	}
	tap := make([]reg.VecVirtual, side)
	for kx := range tap {
		tap[kx] = YMM()
	}
	x := YMM()
	from, step, to := GP64(), GP64(), GP64()

	Label("block")
	for _, a := range acc {
		VMOVUPS(Mem{Base: w}, a)
	}
	for ky := range side {
		MOVQ(Mem{Base: rows, Disp: 8 * ky}, from)
		MOVQ(Mem{Base: rowSteps, Disp: 8 * ky}, step)
		ADDQ(channel, from)
		for kx := range tap {
			VMOVUPS(Mem{Base: w, Disp: block * (1 + ky*side + kx)}, tap[kx])
		}
		columns := (outputs-1)*stride + side
		for i := range columns {
			if i%2 == 0 {
				VMOVUPS(Mem{Base: from}, x)
			} else {
				VMOVUPS(Mem{Base: from, Index: step, Scale: 1}, x)
			}
			if i%2 == 1 && i+1 < columns {
				LEAQ(Mem{Base: from, Index: step, Scale: 2}, from)
			}
			for kx := range tap {
				if j := (i - kx) / stride; i >= kx && (i-kx)%stride == 0 && j < outputs {
					VFMADD231PS(x, tap[kx], acc[j])
				}
			}
		}
	}
	lo, hi := tap[0], tap[1]
	VBROADCASTSS(Mem{Base: bounds}, lo)
	VBROADCASTSS(Mem{Base: bounds, Disp: size}, hi)
	LEAQ(Mem{Base: out, Index: channel, Scale: 1}, to)
	for j, a := range acc {
		limit(lo, hi, a)
		VMOVUPS(a, Mem{Base: to})
		if j+1 < len(acc) {
			ADDQ(outStep, to)
		}
	}
	ADDQ(U32(uint32(block*(1+side*side))), w)
	ADDQ(Imm(block), channel)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// pixel writes the kernel for one output of any number of taps, which goes through them once for each group of blocks.
func pixel(group int) {
	name := fmt.Sprintf("depthwisePixel%dAVX2", group)
	TEXT(name, NOSPLIT, "func(groups, taps int, in *float32, offs *int32, zero, w, out *float32, bounds *[2]float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes one output for a number of groups of %d blocks of channels. offs are the taps' offsets in elements of in;", name, group),
		"negative ones stand for zero.")
	taps := Load(Param("taps"), GP64())
	in := Load(Param("in"), GP64())
	zero := Load(Param("zero"), GP64())
	w := Load(Param("w"), GP64())
	out := Load(Param("out"), GP64())
	bounds := Load(Param("bounds"), GP64())
	stride := GP64() // from a block of weights to the next
	LEAQ(Mem{Base: taps, Disp: 1}, stride)
	SHLQ(Imm(5), stride)
	line := make([]reg.GPVirtual, group)
	acc := make([]reg.VecVirtual, group)
	for i := range acc {
		line[i], acc[i] = GP64(), YMM()
	}
	x, lo, hi := YMM(), YMM(), YMM()
	VBROADCASTSS(Mem{Base: bounds}, lo)
	VBROADCASTSS(Mem{Base: bounds, Disp: size}, hi)
	offs, from, n, t := GP64(), GP64(), GP64(), GP64()

	Label("group")
	for i := range line {
		MOVQ(w, line[i])
		ADDQ(stride, w)
		VMOVUPS(Mem{Base: line[i]}, acc[i])
	}
	Load(Param("offs"), offs)
	MOVQ(taps, n)
	XORQ(t, t)
	Label("tap")
	MOVLQSX(Mem{Base: offs}, from)
	TESTQ(from, from)
	LEAQ(Mem{Base: in, Index: from, Scale: size}, from)
	CMOVQLT(zero, from)
	for i := range acc {
		VMOVUPS(Mem{Base: from, Disp: block * i}, x)
		VFMADD231PS(Mem{Base: line[i], Index: t, Scale: 1, Disp: block}, x, acc[i])
	}
	ADDQ(Imm(size), offs)
	ADDQ(Imm(block), t)
	DECQ(n)
	JNZ(LabelRef("tap"))
	for i, a := range acc {
		limit(lo, hi, a)
		VMOVUPS(a, Mem{Base: out, Disp: block * i})
	}
	Comment("The next group's channels")
	for _, p := range []reg.GPVirtual{in.(reg.GPVirtual), zero.(reg.GPVirtual), out.(reg.GPVirtual)} {
		ADDQ(U32(uint32(group*block)), p)
	}
	groups, err := Param("groups").Resolve()
	if err != nil {
		panic(err)
	}
	DECQ(groups.Addr)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// spread writes the kernel for one output whose channels don't find their inputs side by side: several share one, or there are fewer than a vector holds.
func spread() {
	TEXT("depthwiseSpreadAVX2", NOSPLIT, "func(blocks, taps int, in *float32, offs *int32, zero, w, out *float32, bounds *[2]float32, spreads *byte)")
	Pragma("noescape")
	Doc("depthwiseSpreadAVX2 computes one output for a number of blocks of channels, whose inputs it loads and distributes as spreads, structs of type spread, say. offs are the",
		"taps' offsets in elements of in; negative ones stand for zero.")
	blocks := Load(Param("blocks"), GP64())
	taps := Load(Param("taps"), GP64())
	in := Load(Param("in"), GP64())
	zero := Load(Param("zero"), GP64())
	w := Load(Param("w"), GP64())
	out := Load(Param("out"), GP64())
	bounds := Load(Param("bounds"), GP64())
	spreads := Load(Param("spreads"), GP64())
	acc, x, lo, hi, load, take, store := YMM(), YMM(), YMM(), YMM(), YMM(), YMM(), YMM()
	VBROADCASTSS(Mem{Base: bounds}, lo)
	VBROADCASTSS(Mem{Base: bounds, Disp: size}, hi)
	offs, from, n, first, to := GP64(), GP64(), GP64(), GP64(), GP64()
	const fields = 16 // bytes of a spread before its vectors

	Label("block")
	MOVQ(Mem{Base: spreads}, first)
	MOVQ(Mem{Base: spreads, Disp: 8}, to)
	VMOVDQU(Mem{Base: spreads, Disp: fields}, load)
	VMOVDQU(Mem{Base: spreads, Disp: fields + block}, take)
	VMOVDQU(Mem{Base: spreads, Disp: fields + 2*block}, store)
	VMOVUPS(Mem{Base: w}, acc)
	ADDQ(Imm(block), w)
	Load(Param("offs"), offs)
	MOVQ(taps, n)
	Label("tap")
	MOVLQSX(Mem{Base: offs}, from)
	TESTQ(from, from)
	LEAQ(Mem{Base: in, Index: from, Scale: size}, from)
	CMOVQLT(zero, from)
	VMASKMOVPS(Mem{Base: from, Index: first, Scale: 1}, load, x)
	VPERMPS(x, take, x)
	VFMADD231PS(Mem{Base: w}, x, acc)
	ADDQ(Imm(block), w)
	ADDQ(Imm(size), offs)
	DECQ(n)
	JNZ(LabelRef("tap"))
	limit(lo, hi, acc)
	Comment("Storing by a mask takes longer")
	ADDQ(out, to)
	CMPL(Mem{Base: spreads, Disp: fields + 3*block - size}, Imm(0))
	JEQ(LabelRef("part"))
	VMOVUPS(acc, Mem{Base: to})
	JMP(LabelRef("stored"))
	Label("part")
	VMASKMOVPS(acc, store, Mem{Base: to})
	Label("stored")
	ADDQ(U32(fields+3*block), spreads)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// limit keeps v within bounds. The processor returns the second of two operands if one is NaN or both are zeros: v must be that.
func limit(lo, hi, v reg.VecVirtual) {
	VMAXPS(v, lo, v)
	VMINPS(v, hi, v)
}
