// Command histogram writes the AVX2 kernels that count numbers by bins, and those of them for which AVX-512 is faster. Their Go counterpart is F32Histogram.add.
//
// A bin is found by one addition. Of 1.5·2^23·w, where w is the width of a bin, the last bit of the fraction is worth w. So the sum of that and x, rounded down, is what
// x's bin makes it, exactly where |x| is at most 2^22·w; its bits, read as an integer, are those of 1.5·2^23·w plus the bin. The last 16 of these are 0, so that the last
// 16 of the sum are the bin.
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
	binSize  = 2  // bytes of a bin

	less    = 1 // VPCMPD
	unequal = 4

	odd = 0xaa // VPBLENDW: every second one

	exponent = 0x7f800000 // of a number's bits: all of them where it is infinite or none
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
	most()
	wide()
	for _, results := range []int{1, 2} {
		joint(results, false)
		joint(results, true)
	}
	Generate()
}

// roundDown has the processor round sums down, and returns what ends that.
//
// Nobody else sees it: goroutines are not preempted within assembly, and a signal handler begins with a state of its own on Linux, and computes no results elsewhere.
func roundDown() (end func()) {
	modes := AllocLocal(8)
	was, now := modes, modes.Offset(4)
	STMXCSR(was)
	r := GP32()
	MOVL(was, r)
	ANDL(I32(^0x6000), r)
	ORL(I32(0x2000), r)
	MOVL(r, now)
	LDMXCSR(now)
	return func() { LDMXCSR(was) }
}

// floored writes a function that finds bins, and looks for extrema on the way. begin returns what is done with a register of bins of 16 bits, of which those of one
// register of numbers have the even places and those of the next one the odd ones: the first or the second such register of a step; and what is done after so many of them.
func floored(name, rest string, begin func(dst reg.Register) (each func(bins reg.VecVirtual, place int), next func(places int)), end func(dst reg.Register), doc ...string) {
	TEXT(name, NOSPLIT, "func(dst *int16, x *float32, n int, magic float32, found *[2]float32"+rest)
	Pragma("noescape")
	Doc(doc...)
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	magic, seen := YMM(), YMM()
	var lo, hi [2 * unroll]reg.VecVirtual // of each register in two steps, so that comparisons don't wait for each other
	VBROADCASTSS(parameter("magic"), magic)
	VXORPS(seen, seen, seen)
	for i := range lo {
		lo[i], hi[i] = YMM(), YMM()
		VBROADCASTSS(Mem{Base: x}, lo[i])
		VBROADCASTSS(Mem{Base: x}, hi[i])
	}
	each, next := begin(dst)
	ended := roundDown()
	find := func(first, at int) {
		var sums [unroll]reg.VecVirtual
		for i := range unroll {
			v, lo, hi := YMM(), lo[first+i], hi[first+i]
			sums[i] = YMM()
			VMOVUPS(Mem{Base: x, Disp: (at + i) * register}, v)
			VADDPS(v, magic, sums[i])
			VMINPS(lo, v, lo)
			VMAXPS(hi, v, hi)
			VPOR(sums[i], seen, seen)
		}
		each(packed(sums), at/unroll)
	}
	pairs(n, unroll*vector, func() {
		find(0, 0)
		find(unroll, unroll)
		ADDQ(Imm(2*unroll*register), x)
		next(2)
	}, func() {
		find(0, 0)
		next(1)
	})
	for i := range unroll {
		VMINPS(lo[unroll+i], lo[i], lo[i])
		VMAXPS(hi[unroll+i], hi[i], hi[i])
	}
	ended()
	end(dst)
	store([unroll]reg.VecVirtual(lo[:]), [unroll]reg.VecVirtual(hi[:]), orAcross(seen))
}

// pairs writes a loop over n, a positive multiple of each: it does two while there are two, and one in the end if there is one.
func pairs(n reg.Register, each int, two, one func()) {
	SUBQ(I8(2*each), n)
	JLT(LabelRef("rest"))
	Label("step")
	two()
	SUBQ(I8(2*each), n)
	JGE(LabelRef("step"))
	Label("rest")
	CMPQ(n, I8(-2*each))
	JEQ(LabelRef("end"))
	one()
	Label("end")
}

// packed returns the last 16 bits of the lanes of two registers, in turn.
func packed(v [unroll]reg.VecVirtual) reg.VecVirtual {
	VPSLLD(Imm(16), v[1], v[1])
	VPBLENDW(Imm(odd), v[1], v[0], v[0])
	return v[0]
}

// parameter is the place of a parameter in memory.
func parameter(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// orAcross returns a register whose first lane is that of all lanes.
func orAcross(v reg.VecVirtual) reg.VecVirtual {
	return across([unroll]reg.VecVirtual{v, v}, func(ops ...Op) { VPOR(ops[0], ops[1], ops[2]) })
}

// store ends a function: it stores the extrema, or NaN if the bits of a register's first lane have the exponent of that.
func store(lo, hi [unroll]reg.VecVirtual, seen reg.VecVirtual) {
	found, r := Load(Param("found"), GP64()), GP32()
	all, nan := XMM(), seen.AsX()
	MOVL(U32(exponent), r)
	VMOVD(r, all)
	VPAND(all, nan, nan)
	VPCMPEQD(all, nan, nan)
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
		func(dst reg.Register) (func(reg.VecVirtual, int), func(int)) {
			return func(bins reg.VecVirtual, place int) { VMOVDQU(bins, Mem{Base: dst, Disp: place * register}) },
				func(places int) { ADDQ(Imm(uint64(places*register)), dst) }
		}, func(reg.Register) {},
		"binsAsm stores the bins of n numbers, a positive multiple of 16, in some order. magic is 1.5·2^23 times the width. It finds the extrema of x, or NaN if one of the numbers is none.",
		"A bin that does not fit into 16 bits is undefined.")
}

// others writes the kernel that leaves out two bins.
func others() {
	// The bytes of entry m are the positions of those that come to their place when the lanes of 16 bits in the mask m are kept.
	table := GLOBL("histogramLanes", 8|16) // RODATA, NOPTR
	for m := range 1 << vector {
		var entry [2]uint64
		at := 0
		for lane := range vector {
			if m>>lane&1 == 1 {
				entry[at/4] |= uint64(2*lane|(2*lane+1)<<8) << (16 * (at % 4))
				at++
			}
		}
		for i, half := range entry {
			DATA(16*m+8*i, U64(half))
		}
	}
	var firsts reg.VecVirtual
	floored("otherBinsAsm", spikes,
		func(dst reg.Register) (func(reg.VecVirtual, int), func(int)) {
			first, second, at, lookup := YMM(), YMM(), Load(Param("spikes"), GP64()), GP64()
			firsts = YMM()
			VPBROADCASTW(Mem{Base: at}, first)
			VPBROADCASTW(Mem{Base: at, Disp: size}, second)
			VPXOR(firsts, firsts, firsts)
			LEAQ(table, lookup)
			return func(bins reg.VecVirtual, _ int) {
				lanes, others, upper, masks := YMM(), YMM(), XMM(), GP64()
				VPCMPEQW(first, bins, lanes)
				VPCMPEQW(second, bins, others)
				VPSUBW(lanes, firsts, firsts)
				VPOR(others, lanes, lanes)
				VEXTRACTI128(Imm(1), lanes, upper)
				VPACKSSWB(upper, lanes.AsX(), upper)
				VPMOVMSKB(upper, masks.As32())
				VEXTRACTI128(Imm(1), bins, upper)
				NOTL(masks.As32())
				for i, half := range []reg.VecVirtual{bins.AsX().(reg.VecVirtual), upper} {
					if i > 0 {
						SHRL(Imm(vector), masks.As32())
					}
					mask, left := GP64(), GP64()
					MOVBLZX(masks.As8(), mask.As32())
					POPCNTL(mask.As32(), left.As32())
					ADDL(mask.As32(), mask.As32())
					VPSHUFB(Mem{Base: lookup, Index: mask, Scale: 8}, half, half)
					VMOVDQU(half, Mem{Base: dst})
					LEAQ(Mem{Base: dst, Index: left, Scale: binSize}, dst)
				}
			}, func(int) {}
		}, func(dst reg.Register) {
			storeLeft(dst)
			one := YMM()
			VPCMPEQW(one, one, one)
			VPSRLW(Imm(15), one, one)
			VPMADDWD(one, firsts, firsts)
			Store(sum(firsts), Return("first"))
		},
		"otherBinsAsm is binsAsm without the numbers whose bins are the two spikes; n is less than 2^19. It returns how many are left, and how many were in the first spike. It may write 8 bins",
		"behind those that are left.")
}

// storeLeft stores how many bins lie before dst.
func storeLeft(dst reg.Register) {
	start := Load(Param("dst"), GP64())
	SUBQ(start, dst)
	SHRQ(Imm(1), dst)
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
	TEXT("countAsm", NOSPLIT, "func(table *[2]uint16, bins *int16, n int)")
	Pragma("noescape")
	Doc("countAsm adds 1 for each of n bins, a positive multiple of 4, to an entry of the table, which points to bin 0: in turn to its first and its second number,",
		"so that two equal bins in a row don't wait for each other.")
	table := Load(Param("table"), GP64())
	at := Load(Param("bins"), GP64())
	n := Load(Param("n"), GP64())
	group := func(first int) { // bins are read before anything is written, for which they would wait
		var bins [4]reg.GPVirtual
		for i := range bins {
			bins[i] = GP64()
			MOVWQSX(Mem{Base: at, Disp: (first + i) * binSize}, bins[i])
		}
		for i, b := range bins {
			INCW(Mem{Base: table, Index: b, Scale: 4, Disp: i % 2 * 2})
		}
	}
	pairs(n, 4, func() {
		group(0)
		group(4)
		ADDQ(Imm(8*binSize), at)
	}, func() { group(0) })
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

// most writes the kernel that finds the greatest count.
func most() {
	TEXT("mostCountedAsm", NOSPLIT, "func(table *[2]uint16, n int) (most int)")
	Pragma("noescape")
	Doc("mostCountedAsm returns the greatest number in n entries of the table, a positive multiple of 8.")
	table := Load(Param("table"), GP64())
	n := Load(Param("n"), GP64())
	found, half, r := YMM(), XMM(), GP64()
	VPXOR(found, found, found)
	Label("step")
	VPMAXUW(Mem{Base: table}, found, found)
	ADDQ(Imm(register), table)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("step"))
	x := found.AsX()
	VEXTRACTI128(Imm(1), found, half)
	VPMAXUW(half, x, x)
	VPCMPEQW(half, half, half)
	VPXOR(half, x, x)
	VPHMINPOSUW(x, x) // of complements
	VPXOR(half, x, x)
	VPEXTRW(Imm(0), x, r.As32())
	Store(r, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// wide writes the kernels that find bins by AVX-512, which rounds each sum as its instruction says.
func wide() {
	wideFloored("binsAVX512", ")", 2, func(reg.Register) func(...reg.VecVirtual) { return nil }, func(reg.Register) {}, "binsAVX512 is binsAsm.")
	var others reg.VecVirtual
	wideFloored("otherBinsAVX512", spikes, 1,
		func(dst reg.Register) func(...reg.VecVirtual) {
			first, second, bias, one, at := ZMM(), ZMM(), ZMM(), ZMM(), Load(Param("spikes"), GP64())
			others = ZMM()
			VPBROADCASTD(Mem{Base: at}, first)
			VPBROADCASTD(Mem{Base: at, Disp: size}, second)
			VBROADCASTSS(parameter("magic"), bias)
			VPADDD(bias, first, first)
			VPADDD(bias, second, second)
			VPTERNLOGD(Imm(0xff), one, one, one)
			VPXORD(others, others, others)
			return func(sums ...reg.VecVirtual) {
				other, mask, count := K(), K(), GP64()
				VPCMPD(Imm(unequal), first, sums[0], other)
				VPSUBD(one, others, other, others)
				VPCMPD(Imm(unequal), second, sums[0], other, mask)
				VPCOMPRESSD_Z(sums[0], mask, sums[0])
				VPMOVDW(sums[0], Mem{Base: dst})
				KMOVW(mask, count.As32())
				POPCNTL(count.As32(), count.As32())
				LEAQ(Mem{Base: dst, Index: count, Scale: binSize}, dst)
			}
		}, func(dst reg.Register) {
			storeLeft(dst)
			both := halves(others)
			VPADDD(both[1], both[0], both[0])
			n := Load(Param("n"), GP64())
			SUBQ(sum(both[0]), n)
			Store(n, Return("first"))
		},
		"otherBinsAVX512 is otherBinsAsm. It may write 16 bins behind those that are left.")
}

// wideFloored is floored for registers of 16 numbers, so many in a step, and one in the last where their number is odd. A step gets sums whose last bits are bins. Without one, all bins are stored.
func wideFloored(name, rest string, registers int, begin func(dst reg.Register) (step func(sums ...reg.VecVirtual)), end func(dst reg.Register), doc ...string) {
	TEXT(name, NOSPLIT, "func(dst *int16, x *float32, n int, magic float32, found *[2]float32"+rest)
	Pragma("noescape")
	Doc(doc...)
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	magic, seen, low, r := ZMM(), ZMM(), ZMM(), GP32()
	VBROADCASTSS(parameter("magic"), magic)
	var lo, hi [unroll]reg.VecVirtual
	for i := range registers {
		lo[i], hi[i] = ZMM(), ZMM()
		VBROADCASTSS(Mem{Base: x}, lo[i])
		VBROADCASTSS(Mem{Base: x}, hi[i])
	}
	VPXORD(seen, seen, seen)
	each := begin(dst)
	if each == nil {
		MOVL(U32(1<<16-1), r)
		VPBROADCASTD(r, low)
		each = func(sums ...reg.VecVirtual) {
			if len(sums) == 1 {
				VPMOVDW(sums[0], Mem{Base: dst})
				return
			}
			VPSLLD(Imm(16), sums[1], sums[1])
			VPTERNLOGD(Imm(0xf8), low, sums[0], sums[1]) // its own bits, and those that are in both others
			VMOVDQU32(sums[1], Mem{Base: dst})
			ADDQ(Imm(2*register), dst)
		}
	}
	find := func(registers int) {
		var sums []reg.VecVirtual
		for i := range registers {
			v, s := ZMM(), ZMM()
			VMOVUPS(Mem{Base: x, Disp: 2 * i * register}, v)
			VADDPS_RD_SAE(v, magic, s)
			VMINPS(lo[i], v, lo[i])
			VMAXPS(hi[i], v, hi[i])
			sums = append(sums, s)
		}
		if registers == 2 {
			VPTERNLOGD(Imm(0xfe), sums[0], sums[1], seen) // all bits of three
		} else {
			VPORD(sums[0], seen, seen)
		}
		each(sums...)
	}
	if registers == 1 {
		Label("step")
		find(1)
		ADDQ(Imm(2*register), x)
		SUBQ(Imm(2*vector), n)
		JNZ(LabelRef("step"))
	} else {
		pairs(n, 2*vector, func() {
			find(2)
			ADDQ(Imm(4*register), x)
		}, func() { find(1) })
		VMINPS(lo[1], lo[0], lo[0])
		VMAXPS(hi[1], hi[0], hi[0])
	}
	end(dst)
	half := halves(seen)
	VPOR(half[1], half[0], half[0])
	store(halves(lo[0]), halves(hi[0]), orAcross(half[0]))
}

// halves returns both halves of a register of 16 numbers.
func halves(v reg.VecVirtual) [unroll]reg.VecVirtual {
	upper := YMM()
	VEXTRACTI64X4(Imm(1), v, upper)
	return [unroll]reg.VecVirtual{v.AsY().(reg.VecVirtual), upper}
}
