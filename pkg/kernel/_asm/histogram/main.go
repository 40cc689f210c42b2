// Command histogram writes the AVX2 kernels that count numbers by bins, and those of them for which AVX-512 is faster. Their Go counterpart is F32Histogram.add.
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
	size     = 4  // bytes of a number

	down      = 1 // VROUNDPS: to the next integer below
	equal     = 0 // VCMPPS: ordered, quiet
	unordered = 3
	lessThan  = 17
	unequal   = 4 // VPCMPD
)

// spikes ends the parameters of functions that leave out two bins.
const spikes = ", spikes *[2]int32) (left, first int)"

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	all()
	others()
	count()
	empty()
	wide()
	for _, results := range []int{1, 2} {
		joint(results, false)
		joint(results, true)
	}
	Generate()
}

// kind is what is known of the numbers whose bins are looked for.
type kind int

const (
	anyNumber kind = iota
	mayVanish      // the scale is less than 1
	positive       // negative numbers don't matter
)

// floored writes a function that computes bins by rounding down, and looks for extrema on the way. begin returns what is done with a vector of bins.
//
// A product with a power of two is exact, unless that is less than 1 and the product too small: then it may have become zero, but the bin of a negative number is -1.
// The processor's rounding mode is not changed: a signal handler might see it.
func floored(name, rest string, begin func(dst reg.Register) (step func(bin reg.VecVirtual)), end func(dst reg.Register), doc ...string) {
	TEXT(name, NOSPLIT, "func(dst *int32, x *float32, n int, scale float32, from int32, found *[2]float32"+rest)
	Pragma("noescape")
	Doc(doc...)
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	scale, zero, nan := YMM(), YMM(), YMM()
	var lo, hi [unroll]reg.VecVirtual // of each register in a step, so that comparisons don't wait for each other
	address, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, scale)
	VXORPS(zero, zero, zero)
	VXORPS(nan, nan, nan)
	for i := range unroll {
		lo[i], hi[i] = YMM(), YMM()
		VBROADCASTSS(Mem{Base: x}, lo[i])
		VBROADCASTSS(Mem{Base: x}, hi[i])
	}
	each := begin(dst)
	loop := func(label string, k kind) {
		Label(label)
		var v [unroll]reg.VecVirtual
		for i := range unroll {
			v[i] = YMM()
			VMOVUPS(Mem{Base: x, Disp: i * register}, v[i])
		}
		odd := YMM()
		VCMPPS(Imm(unordered), v[0], v[1], odd)
		VORPS(odd, nan, nan)
		for i, v := range v {
			bin, vanished := YMM(), YMM()
			VMINPS(lo[i], v, lo[i])
			VMAXPS(hi[i], v, hi[i])
			VMULPS(v, scale, bin)
			if k == mayVanish {
				VCMPPS(Imm(equal), zero, bin, vanished)
				VCMPPS(Imm(lessThan), zero, v, v)
				VANDPS(vanished, v, vanished)
			}
			if k != positive {
				VROUNDPS(Imm(down), bin, bin)
			}
			VCVTTPS2DQ(bin, bin)
			if k == mayVanish {
				VPADDD(vanished, bin, bin)
			}
			each(bin)
		}
		ADDQ(Imm(unroll*register), x)
		SUBQ(Imm(unroll*vector), n)
		JNZ(LabelRef(label))
	}
	bits, from := GP32(), Load(Param("from"), GP32())
	TESTL(from, from)
	JZ(LabelRef("positive"))
	MOVL(address.Addr, bits)
	CMPL(bits, U32(0x3f800000)) // 1
	JL(LabelRef("small"))
	loop("step", anyNumber)
	JMP(LabelRef("end"))
	loop("small", mayVanish)
	JMP(LabelRef("end"))
	loop("positive", positive)
	Label("end")
	end(dst)
	store(lo, hi, across([unroll]reg.VecVirtual{nan, nan}, func(ops ...Op) { VPOR(ops[0], ops[1], ops[2]) }))
}

// store ends a function: it stores the extrema, or NaN if a register's first lane is that.
func store(lo, hi [unroll]reg.VecVirtual, nan reg.VecVirtual) {
	found := Load(Param("found"), GP64())
	for i, v := range []reg.VecVirtual{across(lo, VMINPS), across(hi, VMAXPS)} {
		VORPS(nan, v, v)
		VMOVSS(v, Mem{Base: found, Disp: i * size})
	}
	VZEROUPPER()
	RET()
}

// across applies f to all lanes of all registers, and returns a register whose first lane is the result.
func across(v [unroll]reg.VecVirtual, f func(ops ...Op)) reg.VecVirtual {
	for _, w := range v[1:] {
		f(w, v[0], v[0])
	}
	half, x := XMM(), v[0].AsX()
	VEXTRACTI128(Imm(1), v[0], half)
	f(half, x, x)
	VPSHUFD(Imm(0x0e), x, half)
	f(half, x, x)
	VPSHUFD(Imm(0x01), x, half)
	f(half, x, x)
	return x.(reg.VecVirtual)
}

// all writes the kernel that finds the bin of every number.
func all() {
	floored("binsAsm", ")",
		func(dst reg.Register) func(reg.VecVirtual) {
			return func(bin reg.VecVirtual) {
				VMOVDQU(bin, Mem{Base: dst})
				ADDQ(Imm(register), dst)
			}
		}, func(reg.Register) {},
		"binsAsm stores x * scale, rounded down, for n numbers, a positive multiple of 16. The scale is a power of two. It finds the extrema of x: NaN if there is one, and",
		"what they are or NaN if a bin does not fit into 32 bits. If from is 0, bins of negative numbers are undefined.")
}

// others writes the kernel that leaves out two bins.
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
	var firsts reg.VecVirtual
	floored("otherBinsAsm", spikes,
		func(dst reg.Register) func(reg.VecVirtual) {
			first, second, at, lookup := YMM(), YMM(), Load(Param("spikes"), GP64()), GP64()
			firsts = YMM()
			VPBROADCASTD(Mem{Base: at}, first)
			VPBROADCASTD(Mem{Base: at, Disp: size}, second)
			VPXOR(firsts, firsts, firsts)
			LEAQ(table, lookup)
			return func(bin reg.VecVirtual) {
				lanes, others, mask := YMM(), YMM(), GP64()
				VPCMPEQD(first, bin, lanes)
				VPCMPEQD(second, bin, others)
				VPSUBD(lanes, firsts, firsts)
				VPOR(others, lanes, lanes)
				VMOVMSKPS(lanes, mask.As32())
				VPMOVZXBD(Mem{Base: lookup, Index: mask, Scale: 8}, lanes)
				VPERMD(bin, lanes, bin)
				VMOVDQU(bin, Mem{Base: dst})
				XORL(U8(1<<vector-1), mask.As32())
				POPCNTL(mask.As32(), mask.As32())
				LEAQ(Mem{Base: dst, Index: mask, Scale: size}, dst)
			}
		}, func(dst reg.Register) {
			storeLeft(dst)
			Store(sum(firsts), Return("first"))
		},
		"otherBinsAsm is binsAsm without the numbers whose bins are the two spikes. It returns how many are left, and how many were in the first spike. It may write 8 numbers",
		"behind those that are left.")
}

// storeLeft stores how many numbers lie before dst.
func storeLeft(dst reg.Register) {
	start := Load(Param("dst"), GP64())
	SUBQ(start, dst)
	SHRQ(Imm(2), dst)
	Store(dst, Return("left"))
}

// sum returns the sum of the lanes of 8 integers.
func sum(v reg.VecVirtual) reg.GPVirtual {
	half, x, n := XMM(), v.AsX(), GP64()
	VEXTRACTI128(Imm(1), v, half)
	VPADDD(half, x, x)
	VPSHUFD(Imm(0x0e), x, half)
	VPADDD(half, x, x)
	VPSHUFD(Imm(0x01), x, half)
	VPADDD(half, x, x)
	VMOVD(x, n.As32())
	return n
}

// count writes the kernel that adds to counts.
func count() {
	TEXT("countAsm", NOSPLIT, "func(table *[2]uint16, bins *int32, n int)")
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
		INCW(Mem{Base: table, Index: a, Scale: 4})
		INCW(Mem{Base: table, Index: b, Scale: 4, Disp: 2})
	}
	ADDQ(Imm(register), at)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("step"))
	RET()
}

// empty writes the kernel that moves counts to where they stay.
func empty() {
	TEXT("emptyTableAsm", NOSPLIT, "func(counts *uint64, table *[2]uint16, n int)")
	Pragma("noescape")
	Doc("emptyTableAsm adds the sums of n entries of the table, a positive multiple of 8, to counts, and sets the entries to 0.")
	counts := Load(Param("counts"), GP64())
	table := Load(Param("table"), GP64())
	n := Load(Param("n"), GP64())
	low, zero := YMM(), YMM()
	VPXOR(zero, zero, zero)
	VPCMPEQD(low, low, low)
	VPSRLD(Imm(16), low, low)
	Label("step")
	sums, second, upper := YMM(), YMM(), XMM()
	VMOVDQU(Mem{Base: table}, sums)
	VPSRLD(Imm(16), sums, second)
	VPAND(low, sums, sums)
	VPADDD(second, sums, sums)
	VEXTRACTI128(Imm(1), sums, upper)
	for i, half := range []Op{sums.AsX(), upper} {
		wide := YMM()
		VPMOVZXDQ(half, wide)
		VPADDQ(Mem{Base: counts, Disp: i * register}, wide, wide)
		VMOVDQU(wide, Mem{Base: counts, Disp: i * register})
	}
	VMOVDQU(zero, Mem{Base: table})
	ADDQ(Imm(2*register), counts)
	ADDQ(Imm(register), table)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("step"))
	VZEROUPPER()
	RET()
}

// wide writes the kernels that find bins by AVX-512, which rounds each result as its instruction says.
func wide() {
	wideFloored("binsAVX512", ")", func(reg.Register) func(reg.VecVirtual) { return nil }, func(reg.Register) {}, "binsAVX512 is binsAsm.")
	var others reg.VecVirtual
	wideFloored("otherBinsAVX512", spikes,
		func(dst reg.Register) func(reg.VecVirtual) {
			first, second, one, at := ZMM(), ZMM(), ZMM(), Load(Param("spikes"), GP64())
			others = ZMM()
			VPBROADCASTD(Mem{Base: at}, first)
			VPBROADCASTD(Mem{Base: at, Disp: size}, second)
			VPTERNLOGD(Imm(0xff), one, one, one)
			VPXORD(others, others, others)
			return func(bin reg.VecVirtual) {
				other, mask, count := K(), K(), GP64()
				VPCMPD(Imm(unequal), first, bin, other)
				VPSUBD(one, others, other, others)
				VPCMPD(Imm(unequal), second, bin, other, mask)
				VPCOMPRESSD_Z(bin, mask, bin)
				VMOVDQU32(bin, Mem{Base: dst})
				KMOVW(mask, count.As32())
				POPCNTL(count.As32(), count.As32())
				LEAQ(Mem{Base: dst, Index: count, Scale: size}, dst)
			}
		}, func(dst reg.Register) {
			storeLeft(dst)
			both := halves(others)
			VPADDD(both[1], both[0], both[0])
			n := Load(Param("n"), GP64())
			SUBQ(sum(both[0]), n)
			Store(n, Return("first"))
		},
		"otherBinsAVX512 is otherBinsAsm. It may write 16 numbers behind those that are left.")
}

// wideFloored is floored for registers of 16 numbers. Without a step, all bins are stored.
func wideFloored(name, rest string, begin func(dst reg.Register) (step func(bin reg.VecVirtual)), end func(dst reg.Register), doc ...string) {
	TEXT(name, NOSPLIT, "func(dst *int32, x *float32, n int, scale float32, found *[2]float32"+rest)
	Pragma("noescape")
	Doc(doc...)
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	scale, lo, hi, least := ZMM(), ZMM(), ZMM(), ZMM()
	address, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, scale)
	VBROADCASTSS(Mem{Base: x}, lo)
	VBROADCASTSS(Mem{Base: x}, hi)
	VPXORD(least, least, least)
	each := begin(dst)
	Label("step")
	v, bin := ZMM(), ZMM()
	VMOVUPS(Mem{Base: x}, v)
	VMINPS(lo, v, lo)
	VMAXPS(hi, v, hi)
	VMULPS_RD_SAE(v, scale, bin)
	VCVTPS2DQ_RD_SAE(bin, bin)
	VPMINSD(bin, least, least)
	if each != nil {
		each(bin)
	} else {
		VMOVDQU32(bin, Mem{Base: dst})
		ADDQ(Imm(2*register), dst)
	}
	ADDQ(Imm(2*register), x)
	SUBQ(Imm(2*vector), n)
	JNZ(LabelRef("step"))
	end(dst)
	notFit := XMM()
	VPCMPEQD(notFit, notFit, notFit)
	VPSLLD(Imm(31), notFit, notFit)
	VPCMPEQD(across(halves(least), VPMINSD), notFit, notFit)
	store(halves(lo), halves(hi), notFit)
}

// halves returns both halves of a register of 16 numbers.
func halves(v reg.VecVirtual) [unroll]reg.VecVirtual {
	upper := YMM()
	VEXTRACTI64X4(Imm(1), v, upper)
	return [unroll]reg.VecVirtual{v.AsY().(reg.VecVirtual), upper}
}
