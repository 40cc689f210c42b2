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
	row("hybridAddAsm", "func(out *float32, sums, weights *int32, scale *float32, n int, zero int32, by float32)",
		"adds sums less zero times weights, times scale times by, to out", func(pointer func(name string) Mem, x, by reg.VecVirtual) {
			scale := YMM()
			VMULPS(pointer("scale"), by, scale)
			VMULPS(scale, x, x)
			VADDPS(pointer("out"), x, x)
		})
	row("hybridScaleAsm", "func(out *float32, sums, weights *int32, scale, bias *float32, n int, zero int32, by float32)",
		"stores sums less zero times weights, times scale, times by, plus bias, in out", func(pointer func(name string) Mem, x, by reg.VecVirtual) {
			VMULPS(pointer("scale"), x, x)
			VMULPS(by, x, x)
			VADDPS(pointer("bias"), x, x)
		})
	Generate()
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
	if strings.Contains(signature, "bias") {
		loaded["bias"] = Load(Param("bias"), GP64()).(reg.GPVirtual)
	}
	zero, by, x, w := YMM(), YMM(), YMM(), YMM()
	for _, p := range []struct {
		name string
		v    reg.VecVirtual
	}{{"zero", zero}, {"by", by}} {
		a, err := Param(p.name).Resolve()
		if err != nil {
			panic(err)
		}
		VBROADCASTSS(a.Addr, p.v)
	}
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
