// Command histogram writes the AVX2 kernels that count numbers by bins. Their Go counterpart is F32Histogram.add.
package main

//go:generate go run . -out ../../histogram_amd64.s -stubs ../../histogram_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector   = 8  // float32 in a register
	register = 32 // bytes
	unroll   = 2  // registers in a step
	bins     = 4  // counts of 64 bits in a register

	// roundDown in MXCSR masks all exceptions and makes every result the next number below.
	roundDown = 0x3f80
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	all()
	others()
	count()
	empty()
	Generate()
}

// floored writes a function that computes bins by rounding down. A product with a power of two is exact, or so small that rounding down keeps its sign. begin returns
// what is done with a vector of bins.
func floored(name, signature string, begin func(dst reg.Register) (step func(i int, bin reg.VecVirtual)), end func(dst reg.Register), doc ...string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(doc...)
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	scale := YMM()
	address, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, scale)
	step := begin(dst)
	saved, mode := AllocLocal(8), AllocLocal(8)
	VSTMXCSR(saved)
	MOVL(U32(roundDown), mode)
	VLDMXCSR(mode)
	Label("step")
	for i := range unroll {
		bin := YMM()
		VMULPS(Mem{Base: x, Disp: i * register}, scale, bin)
		VCVTPS2DQ(bin, bin)
		step(i, bin)
	}
	ADDQ(Imm(unroll*register), x)
	SUBQ(Imm(unroll*vector), n)
	JNZ(LabelRef("step"))
	VLDMXCSR(saved)
	end(dst)
	VZEROUPPER()
	RET()
}

// all writes the kernel that finds the bin of every number.
func all() {
	floored("binsAsm", "func(dst *int32, x *float32, n int, scale float32)",
		func(dst reg.Register) func(int, reg.VecVirtual) {
			return func(_ int, bin reg.VecVirtual) {
				VMOVDQU(bin, Mem{Base: dst})
				ADDQ(Imm(register), dst)
			}
		}, func(reg.Register) {},
		"binsAsm stores x * scale, rounded down, for n numbers, a positive multiple of 16. The scale is a power of two.")
}

// others writes the kernel that leaves out bin 0.
func others() {
	// Byte j of entry m is the position of the lane that comes to lane j when those in the mask m are left out.
	table := GLOBL("histogramLanes", 8|16) // RODATA, NOPTR
	for m := range 1 << vector {
		var entry uint64
		at := 0
		for lane := range vector {
			if m>>lane&1 == 0 {
				entry |= uint64(lane) << (8 * at)
				at++
			}
		}
		DATA(8*m, U64(entry))
	}
	floored("otherBinsAsm", "func(dst *int32, x *float32, n int, scale float32) (left int)",
		func(dst reg.Register) func(int, reg.VecVirtual) {
			zero, lookup := YMM(), GP64()
			VPXOR(zero, zero, zero)
			LEAQ(table, lookup)
			return func(_ int, bin reg.VecVirtual) {
				lanes, mask := YMM(), GP64()
				VPCMPEQD(zero, bin, lanes)
				VMOVMSKPS(lanes, mask.As32())
				VPMOVZXBD(Mem{Base: lookup, Index: mask, Scale: 8}, lanes)
				VPERMD(bin, lanes, bin)
				VMOVDQU(bin, Mem{Base: dst})
				POPCNTL(mask.As32(), mask.As32())
				NEGQ(mask)
				LEAQ(Mem{Base: dst, Index: mask, Scale: 4, Disp: register}, dst)
			}
		}, func(dst reg.Register) {
			start := Load(Param("dst"), GP64())
			SUBQ(start, dst)
			SHRQ(Imm(2), dst)
			Store(dst, ReturnIndex(0))
		},
		"otherBinsAsm is binsAsm without the numbers whose bin is 0, and returns how many are left. It may write 8 numbers behind them.")
}

// count writes the kernel that adds to counts.
func count() {
	TEXT("countAsm", NOSPLIT, "func(table *[2]uint32, bins *int32, n int)")
	Pragma("noescape")
	Doc("countAsm adds 1 for each of n bins, a positive multiple of 8, to an entry of the table, which points to bin 0: in turn to its first and its second number,",
		"so that two equal bins in a row don't wait for each other.")
	table := Load(Param("table"), GP64())
	at := Load(Param("bins"), GP64())
	n := Load(Param("n"), GP64())
	Label("step")
	for i := range vector / 2 {
		a, b := GP64(), GP64()
		MOVQ(Mem{Base: at, Disp: 8 * i}, b)
		MOVLQSX(b.As32(), a)
		SARQ(Imm(32), b)
		INCL(Mem{Base: table, Index: a, Scale: 8})
		INCL(Mem{Base: table, Index: b, Scale: 8, Disp: 4})
	}
	ADDQ(Imm(register), at)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("step"))
	RET()
}

// empty writes the kernel that moves counts to where they stay.
func empty() {
	TEXT("emptyTableAsm", NOSPLIT, "func(counts *uint64, table *[2]uint32, n int)")
	Pragma("noescape")
	Doc("emptyTableAsm adds the sums of n entries of the table, a positive multiple of 4, to counts, and sets the entries to 0.")
	counts := Load(Param("counts"), GP64())
	table := Load(Param("table"), GP64())
	n := Load(Param("n"), GP64())
	low, zero := YMM(), YMM()
	VPXOR(zero, zero, zero)
	VPCMPEQD(low, low, low)
	VPSRLQ(Imm(32), low, low)
	Label("step")
	first, second := YMM(), YMM()
	VMOVDQU(Mem{Base: table}, first)
	VPSRLQ(Imm(32), first, second)
	VPAND(low, first, first)
	VPADDQ(second, first, first)
	VPADDQ(Mem{Base: counts}, first, first)
	VMOVDQU(first, Mem{Base: counts})
	VMOVDQU(zero, Mem{Base: table})
	ADDQ(Imm(register), counts)
	ADDQ(Imm(register), table)
	SUBQ(Imm(bins), n)
	JNZ(LabelRef("step"))
	VZEROUPPER()
	RET()
}
