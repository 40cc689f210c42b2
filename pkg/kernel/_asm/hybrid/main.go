// Command hybrid writes the kernels that make float results of the sums of products of integers. Their Go counterparts are hybridRight.add and hybridRight.scaled.
package main

//go:generate go run . -out ../../hybrid_amd64.s -stubs ../../hybrid_stub_amd64.go -pkg kernel

import (
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
	row("hybridAddAsm", "func(out *float32, sums, weights *int32, scale *float32, n int, zero int32, by float32)",
		"adds sums less zero times weights, times scale times by, to out", func(pointer func(name string) Mem, x, by reg.VecVirtual) {
			scale := YMM()
			VMULPS(pointer("scale"), by, scale)
			VMULPS(scale, x, x)
			VADDPS(pointer("out"), x, x)
		})
	scaleRows()
	Generate()
}

// scaleRows writes the kernel of rows whose sums become results by the same numbers.
func scaleRows() {
	TEXT("hybridScaleRowsAsm", NOSPLIT, "func(out *float32, outRow int, sums *int32, sumsRow, rows int, weights *int32, scale, bias *float32, n int, zero int32, by float32)")
	Pragma("noescape")
	Doc("hybridScaleRowsAsm stores sums less zero times weights, times scale times by, plus bias, in out, for n columns, a positive multiple of 8, of at least one row. From a row to the",
		"next there are outRow and sumsRow elements.")
	pointer := map[string]reg.Register{}
	for _, p := range []string{"out", "outRow", "sums", "sumsRow", "rows", "weights", "scale", "bias", "n"} {
		pointer[p] = Load(Param(p), GP64())
	}
	at := GP64()
	column := func(name string) Mem { return Mem{Base: pointer[name], Index: at, Scale: size} }
	zero, by, x, w := filled("zero"), filled("by"), YMM(), YMM()
	Label("row")
	XORQ(at, at)
	Label("loop")
	VPMULLD(column("weights"), zero, w)
	VMOVDQU(column("sums"), x)
	VPSUBD(w, x, x)
	VCVTDQ2PS(x, x)
	VMULPS(column("scale"), x, x)
	VMULPS(by, x, x)
	VADDPS(column("bias"), x, x)
	VMOVUPS(x, column("out"))
	ADDQ(Imm(columns), at)
	CMPQ(at, pointer["n"])
	JLT(LabelRef("loop"))
	LEAQ(Mem{Base: pointer["out"], Index: pointer["outRow"], Scale: size}, pointer["out"])
	LEAQ(Mem{Base: pointer["sums"], Index: pointer["sumsRow"], Scale: size}, pointer["sums"])
	DECQ(pointer["rows"])
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
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

// row writes a kernel of a row, a register at a time. of makes results of sums as floats, and of what pointers point to.
func row(name, signature, does string, of func(pointer func(name string) Mem, x, by reg.VecVirtual)) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " " + does + ", for n columns, a positive multiple of 8.")
	n, at := Load(Param("n"), GP64()), GP64()
	loaded := map[string]reg.GPVirtual{}
	pointer := func(name string) Mem { return Mem{Base: loaded[name], Index: at, Scale: size} }
	for _, p := range []string{"out", "sums", "weights", "scale"} {
		loaded[p] = Load(Param(p), GP64()).(reg.GPVirtual)
	}
	zero, by, x, w := filled("zero"), filled("by"), YMM(), YMM()
	XORQ(at, at)
	Label("loop")
	VPMULLD(pointer("weights"), zero, w)
	VMOVDQU(pointer("sums"), x)
	VPSUBD(w, x, x)
	VCVTDQ2PS(x, x)
	of(pointer, x, by)
	VMOVUPS(x, pointer("out"))
	ADDQ(Imm(columns), at)
	CMPQ(at, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
