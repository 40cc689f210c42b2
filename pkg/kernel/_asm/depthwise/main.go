// Command depthwise writes the AVX2 kernels of depthwise convolutions. Their Go counterpart is F32Depthwise.rowsGeneric.
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

	// Strips have at least so many outputs, and with the columns of a window at most so many: each takes a register, and so does a pixel.
	least, most = 4, 15
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	for _, set := range []string{"Asm", "AVX512"} {
		for _, columns := range []int{3, 5, 7} {
			for _, stride := range []int{1, 2} {
				for outputs := most - columns; outputs >= least; outputs-- {
					strips(columns, stride, outputs, set)
				}
			}
		}
	}
	pixel(4)
	pixel(1)
	spread()
	Generate()
}

// Where the fields of a stripCall are.
const (
	stripsAt = 8 * iota
	tableAt
	blocksAt
	lastAt
	rowsAt
	zeroAt
	weightsAt
	outAt
	outStepAt
	boundsAt
	fromAt
	maxRows   = 8 // for which there is memory
	stepAt    = fromAt + 8*maxRows
	linesAt   = stepAt + 8*maxRows
	lineBytes = 8 * 8
)

// strips writes the kernel for strips of outputs with a window of so many columns and any number of rows. It goes through the input's columns from left to
// right and gives each to the outputs that see it, so that each output takes its taps in order. The outermost half window of columns on
// either side has pointers of its own, so that it may be zeros.
//
// AVX-512 takes the blocks of channels in pairs, of which there is a whole number.
func strips(columns, stride, outputs int, set string) {
	name := fmt.Sprintf("depthwise%ds%dn%d%s", columns, stride, outputs, set)
	wide := set == "AVX512"
	vec := YMM
	if wide {
		vec = ZMM
	}
	edge := columns / 2
	TEXT(name, NOSPLIT, "func(call *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes strips of %d outputs with windows of %d columns and stride %d. The call is a stripCall.", name, outputs, columns, stride))
	call := Load(Param("call"), GP64())
	table, zero, outStep := GP64(), GP64(), GP64()
	MOVQ(Mem{Base: call, Disp: tableAt}, table)
	MOVQ(Mem{Base: call, Disp: zeroAt}, zero)
	MOVQ(Mem{Base: call, Disp: outStepAt}, outStep)
	w, w2, channel, line, to := GP64(), GP64(), GP64(), GP64(), GP64()
	a, b, c, d := GP64(), GP64(), GP64(), GP64()
	acc := make([]reg.VecVirtual, outputs)
	for j := range acc {
		acc[j] = vec()
	}
	tap := make([]reg.VecVirtual, columns)
	for kx := range tap {
		tap[kx] = vec()
	}
	x := vec()
	weights := func(at int, v reg.VecVirtual) {
		VMOVUPS(Mem{Base: w, Disp: at}, v.AsY())
		if wide {
			VINSERTF64X4(Imm(1), Mem{Base: w2, Disp: at}, v, v)
		}
	}

	Label("strip")
	MOVQ(Mem{Base: call, Disp: rowsAt}, d)
	MOVQ(call, line)
	LEAQ(Mem{Base: call, Disp: linesAt}, to)
	Label("pointers")
	MOVQ(Mem{Base: line, Disp: fromAt}, a)
	MOVQ(Mem{Base: line, Disp: stepAt}, b)
	for i := range 2*edge + 1 {
		MOVLQSX(Mem{Base: table, Disp: size * (1 + i)}, c)
		TESTQ(c, c)
		LEAQ(Mem{Base: a, Index: c, Scale: size}, c)
		CMOVQLT(zero, c)
		TESTQ(b, b)
		CMOVQEQ(a, c)
		MOVQ(c, Mem{Base: to, Disp: 8 * i})
	}
	ADDQ(Imm(8), line)
	ADDQ(Imm(lineBytes), to)
	DECQ(d)
	JNZ(LabelRef("pointers"))

	MOVQ(Mem{Base: call, Disp: weightsAt}, w)
	XORQ(channel, channel)
	blocks := GP64()
	MOVQ(Mem{Base: call, Disp: blocksAt}, blocks)
	Label("block")
	MOVQ(Mem{Base: call, Disp: rowsAt}, d)
	if wide {
		Comment("The second block's weights are behind the bias and the taps of the first")
		IMUL3Q(U32(uint32(block*columns)), d, w2)
		LEAQ(Mem{Base: w, Index: w2, Scale: 1, Disp: block}, w2)
	}
	weights(0, acc[0])
	for _, v := range acc[1:] {
		if wide {
			VMOVAPS(acc[0], v)
		} else {
			VMOVUPS(Mem{Base: w}, v)
		}
	}
	ADDQ(Imm(block), w)
	if wide {
		ADDQ(Imm(block), w2)
	}
	MOVQ(call, line)
	LEAQ(Mem{Base: call, Disp: linesAt}, to)
	Label("row")
	for kx := range tap {
		weights(block*kx, tap[kx])
	}
	MOVQ(Mem{Base: to, Disp: 8 * edge}, a)
	MOVQ(Mem{Base: line, Disp: stepAt}, b)
	ADDQ(channel, a)
	all := (outputs-1)*stride + columns
	for i := range all {
		inner := i - edge
		switch {
		case inner < 0 || inner >= all-2*edge:
			at := i
			if inner > 0 {
				at = i - all + 2*edge + 1
			}
			MOVQ(Mem{Base: to, Disp: 8 * at}, c)
			VMOVUPS(Mem{Base: c, Index: channel, Scale: 1}, x)
		case inner%2 == 0:
			VMOVUPS(Mem{Base: a}, x)
		default:
			VMOVUPS(Mem{Base: a, Index: b, Scale: 1}, x)
			if inner+1 < all-2*edge {
				LEAQ(Mem{Base: a, Index: b, Scale: 2}, a)
			}
		}
		for kx := range tap {
			if j := (i - kx) / stride; i >= kx && (i-kx)%stride == 0 && j < outputs {
				VFMADD231PS(x, tap[kx], acc[j])
			}
		}
	}
	ADDQ(U32(uint32(block*columns)), w)
	if wide {
		ADDQ(U32(uint32(block*columns)), w2)
	}
	ADDQ(Imm(8), line)
	ADDQ(Imm(lineBytes), to)
	DECQ(d)
	JNZ(LabelRef("row"))

	lo, hi := tap[0], tap[1]
	MOVQ(Mem{Base: call, Disp: boundsAt}, a)
	VBROADCASTSS(Mem{Base: a}, lo)
	VBROADCASTSS(Mem{Base: a, Disp: size}, hi)
	MOVQ(Mem{Base: call, Disp: outAt}, a)
	MOVLQSX(Mem{Base: table}, c)
	LEAQ(Mem{Base: a, Index: c, Scale: size}, a)
	ADDQ(channel, a)
	for j, v := range acc {
		limit(lo, hi, v)
		VMOVUPS(v, Mem{Base: a})
		if j+1 < len(acc) {
			ADDQ(outStep, a)
		}
	}
	if wide {
		MOVQ(w2, w)
		ADDQ(Imm(2*block), channel)
	} else {
		ADDQ(Imm(block), channel)
		MOVQ(Mem{Base: call, Disp: lastAt}, b)
		CMPQ(channel, b)
		CMOVQGT(b, channel)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	ADDQ(Imm(uint64(size*(2+2*edge))), table)
	DECQ(Mem{Base: call, Disp: stripsAt})
	JNZ(LabelRef("strip"))
	VZEROUPPER()
	RET()
}

// pixel writes the kernel for one output of any number of taps, which goes through them once for each group of blocks.
func pixel(group int) {
	name := fmt.Sprintf("depthwisePixel%dAsm", group)
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
	TEXT("depthwiseSpreadAsm", NOSPLIT, "func(blocks, taps int, in *float32, offs *int32, zero, w, out *float32, bounds *[2]float32, spreads *byte)")
	Pragma("noescape")
	Doc("depthwiseSpreadAsm computes one output for a number of blocks of channels, whose inputs it loads and distributes as spreads, structs of type spread, say. offs are the",
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
