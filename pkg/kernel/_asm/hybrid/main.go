// Command hybrid writes the kernels that make float results of the sums of products of integers. Their Go counterparts are hybridRight.add and hybridRight.scaled.
package main

//go:generate go run . -out ../../hybrid_amd64.s -stubs ../../hybrid_stub_amd64.go -pkg kernel

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	columns = 8 // of a register
	size    = 4 // bytes of an element
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	addRows()
	scaleRows()
	Generate()
}

// addRows writes the kernel of rows each of which has numbers of its own.
func addRows() {
	const affine, zeroAt = 16, 8 // bytes of a hybridAffine, and where its zero point is; its scale comes first
	k := begin("hybridAddRowsAsm", "func(out *float32, outRow int, sums *int32, sumsRow, rows int, weights *int32, scale *float32, n int, affine *byte)",
		"adds sums less the row's zero point times weights, times scale times the row's scale, to out", "Each row has a hybridAffine.")
	zero, by, scale := YMM(), YMM(), YMM()
	k.rows(func() {
		VBROADCASTSS(Mem{Base: k["affine"], Disp: zeroAt}, zero)
		VBROADCASTSS(Mem{Base: k["affine"]}, by)
		ADDQ(Imm(affine), k["affine"])
	}, func(column func(name string) Mem) {
		x := k.less(column, zero)
		VMULPS(column("scale"), by, scale)
		VMULPS(scale, x, x)
		VADDPS(column("out"), x, x)
		VMOVUPS(x, column("out"))
	})
}

// scaleRows writes the kernel of rows whose sums become results by the same numbers.
func scaleRows() {
	k := begin("hybridScaleRowsAsm", "func(out *float32, outRow int, sums *int32, sumsRow, rows int, weights *int32, scale *float32, n int, bias *float32, zero int32, by float32)",
		"stores sums less zero times weights, times scale times by, plus bias, in out")
	zero, by := filled("zero"), filled("by")
	k.rows(func() {}, func(column func(name string) Mem) {
		x := k.less(column, zero)
		VMULPS(column("scale"), x, x)
		VMULPS(by, x, x)
		VADDPS(column("bias"), x, x)
		VMOVUPS(x, column("out"))
	})
}

// kernel are the parameters of a function in the making.
type kernel map[string]reg.Register

func begin(name, signature, does string, more ...string) kernel {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(append([]string{name + " " + does + ", for n columns, a positive multiple of 8, of at least one row. From a row to the next there are outRow and sumsRow", "elements."}, more...)...)
	k := kernel{}
	for _, p := range []string{"out", "outRow", "sums", "sumsRow", "rows", "weights", "scale", "n"} {
		k[p] = Load(Param(p), GP64())
	}
	for _, p := range []string{"affine", "bias"} {
		if strings.Contains(signature, p+" *") {
			k[p] = Load(Param(p), GP64())
		}
	}
	return k
}

// rows writes the loop over rows, each of which begins with start, and over registers of columns.
func (k kernel) rows(start func(), of func(column func(name string) Mem)) {
	at := GP64()
	Label("row")
	start()
	XORQ(at, at)
	Label("loop")
	of(func(name string) Mem { return Mem{Base: k[name], Index: at, Scale: size} })
	ADDQ(Imm(columns), at)
	CMPQ(at, k["n"])
	JLT(LabelRef("loop"))
	LEAQ(Mem{Base: k["out"], Index: k["outRow"], Scale: size}, k["out"])
	LEAQ(Mem{Base: k["sums"], Index: k["sumsRow"], Scale: size}, k["sums"])
	DECQ(k["rows"])
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// less returns sums less zero times weights as floats.
func (k kernel) less(column func(name string) Mem, zero reg.VecVirtual) reg.VecVirtual {
	x, w := YMM(), YMM()
	VPMULLD(column("weights"), zero, w)
	VMOVDQU(column("sums"), x)
	VPSUBD(w, x, x)
	VCVTDQ2PS(x, x)
	return x
}

// filled returns a register filled with a parameter of 32 bits.
func filled(name string) reg.VecVirtual {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := YMM()
	VBROADCASTSS(a.Addr, v)
	return v
}
