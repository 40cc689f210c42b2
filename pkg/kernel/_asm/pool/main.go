// Command pool writes the AVX2 kernels of pools. Their Go counterpart is F32Pool.pixelGeneric.
package main

//go:generate go run . -out ../../pool_amd64.s -stubs ../../pool_stub_amd64.go -pkg kernel

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	size  = 4 // bytes of a float32
	block = 32
	unord = 3 // the predicate of a comparison that holds if an operand is NaN
)

// mode is a kind of pool.
type mode struct {
	name, does string
	start      float64
	fold       func(acc, x reg.VecVirtual)
	finish     func(acc, n reg.VecVirtual) // nil if there is nothing to do
}

var modes = []mode{
	{"Sum", "the mean", 0,
		func(acc, x reg.VecVirtual) { VADDPS(x, acc, acc) },
		func(acc, n reg.VecVirtual) { VDIVPS(n, acc, acc) },
	},
	{"Squares", "the root of the mean square", 0,
		func(acc, x reg.VecVirtual) { VFMADD231PS(x, x, acc) },
		func(acc, n reg.VecVirtual) {
			VDIVPS(n, acc, acc)
			VSQRTPS(acc, acc)
		},
	},
	// With a NaN, or two zeros, the processor returns the second operand: the maximum so far.
	{"Max", "the maximum", math.Inf(-1),
		func(acc, x reg.VecVirtual) {
			nan := YMM()
			VCMPPS(Imm(unord), x, x, nan)
			VMAXPS(acc, x, acc)
			VBLENDVPS(nan, x, acc, acc)
		},
		nil,
	},
}

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	for _, m := range modes {
		run(m, 4)
		run(m, 1)
	}
	Generate()
}

// run writes the kernel for outputs beside each other whose windows are as large, which goes through each window once for each group of blocks of 8 channels.
func run(m mode, group int) {
	name := fmt.Sprintf("pool%s%dAsm", m.name, group)
	TEXT(name, NOSPLIT, "func(groups int, in *float32, rows, cols, rowStep, colStep int, out *float32, bounds *[2]float32, pixels, inStep, outStep int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s stores %s of a window, whose rows and columns are so many bytes apart, for a number of groups of %d blocks of 8 channels, "+
		"and those of as many further windows, which are so many bytes apart, as their results are.", name, m.does, group))
	param := func(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }
	in, out, rowStep, colStep, pixels := param("in"), param("out"), param("rowStep"), param("colStep"), param("pixels")
	lo, hi, start, n := YMM(), YMM(), YMM(), YMM()
	bounds := param("bounds")
	VBROADCASTSS(Mem{Base: bounds}, lo)
	VBROADCASTSS(Mem{Base: bounds, Disp: size}, hi)
	groups, source, target, line, from, y, x := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVL(U32(math.Float32bits(float32(m.start))), y.As32())
	VMOVD(y.As32(), start.AsX())
	VBROADCASTSS(start.AsX(), start)
	if m.finish != nil {
		Load(Param("rows"), y)
		Load(Param("cols"), x)
		IMULQ(x, y)
		VXORPS(n, n, n)
		VCVTSI2SSQ(y, n.AsX(), n.AsX())
		VBROADCASTSS(n.AsX(), n)
	}
	acc := make([]reg.VecVirtual, group)
	for i := range acc {
		acc[i] = YMM()
	}

	Label("pixel")
	MOVQ(in, source)
	MOVQ(out, target)
	Load(Param("groups"), groups)
	Label("group")
	for _, a := range acc {
		VMOVAPS(start, a)
	}
	MOVQ(source, line)
	Load(Param("rows"), y)
	Label("row")
	MOVQ(line, from)
	Load(Param("cols"), x)
	Label("column")
	for i, a := range acc {
		v := YMM()
		VMOVUPS(Mem{Base: from, Disp: i * block}, v)
		m.fold(a, v)
	}
	ADDQ(colStep, from)
	DECQ(x)
	JNZ(LabelRef("column"))
	ADDQ(rowStep, line)
	DECQ(y)
	JNZ(LabelRef("row"))
	for i, a := range acc {
		if m.finish != nil {
			m.finish(a, n)
		}
		Comment("A NaN stays, and a zero of either sign: the processor returns the second operand")
		VMAXPS(a, lo, a)
		VMINPS(a, hi, a)
		VMOVUPS(a, Mem{Base: target, Disp: i * block})
	}
	ADDQ(U32(uint32(group*block)), source)
	ADDQ(U32(uint32(group*block)), target)
	DECQ(groups)
	JNZ(LabelRef("group"))
	Load(Param("inStep"), y)
	ADDQ(y, in)
	Load(Param("outStep"), y)
	ADDQ(y, out)
	DECQ(pixels)
	JNZ(LabelRef("pixel"))
	VZEROUPPER()
	RET()
}
