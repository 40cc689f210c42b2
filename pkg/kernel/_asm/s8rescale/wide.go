package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// together is the number of rows whose results are packed into one register.
const together = 4

// wide writes a kernel for AVX-512: 16 columns at a time, whose numbers stay in registers for all rows.
func wide(f form) {
	const lanes = 16
	k := begin(f.name+"AVX512", f.what)
	a := f.wide(k)
	lo, hi, order := ZMM(), ZMM(), ZMM()
	VPBROADCASTB(k.field("lo"), lo)
	VPBROADCASTB(k.field("hi"), hi)
	VMOVDQU32(transposed, order)
	sumsRow, outRow := k.load("sumsRow"), k.load("outRow")
	sums3, out3 := GP64(), GP64()
	LEAQ(Mem{Base: sumsRow, Index: sumsRow, Scale: 2}, sums3)
	LEAQ(Mem{Base: outRow, Index: outRow, Scale: 2}, out3)
	column, mask := GP64(), K()
	XORQ(column, column)
	Label("columns")
	count, most := GP64(), GP64()
	MOVQ(k.field("n"), count)
	SUBQ(column, count)
	MOVQ(U32(lanes), most)
	CMPQ(count, most)
	CMOVQGT(most, count)
	MOVQ(I32(-1), most)
	SHLXQ(count, most, most)
	NOTQ(most)
	KMOVW(most.As32(), mask)
	a.columns(column)
	sums, out, rows := k.load("sums"), k.load("out"), k.load("rows")
	LEAQ(Mem{Base: sums, Index: column, Scale: size}, sums)
	ADDQ(column, out)
	SUBQ(Imm(together), rows)
	JL(LabelRef("rest"))
	Label("four")
	x := [together]reg.VecVirtual{}
	for r := range x {
		x[r] = ZMM()
		VMOVDQU32_Z(rowAt(sums, sumsRow, sums3, r), mask, x[r])
		a.of(x[r])
	}
	VPACKSSDW(x[1], x[0], x[0])
	VPACKSSDW(x[3], x[2], x[2])
	VPACKSSWB(x[2], x[0], x[0])
	VPMAXSB(lo, x[0], x[0])
	VPMINSB(hi, x[0], x[0])
	VPERMD(x[0], order, x[0])
	for r := range x {
		part := x[0].AsX()
		if r > 0 {
			part = x[r].AsX()
			VEXTRACTI32X4(Imm(uint64(r)), x[0], part)
		}
		VMOVDQU8(part, mask, rowAt(out, outRow, out3, r))
	}
	LEAQ(Mem{Base: sums, Index: sumsRow, Scale: 4}, sums)
	LEAQ(Mem{Base: out, Index: outRow, Scale: 4}, out)
	SUBQ(Imm(together), rows)
	JGE(LabelRef("four"))
	Label("rest")
	ADDQ(Imm(together), rows)
	JZ(LabelRef("done"))
	Label("single")
	y := ZMM()
	VMOVDQU32_Z(Mem{Base: sums}, mask, y)
	a.of(y)
	VPMOVSDB(y, y.AsX())
	VPMAXSB(lo.AsX(), y.AsX(), y.AsX())
	VPMINSB(hi.AsX(), y.AsX(), y.AsX())
	VMOVDQU8(y.AsX(), mask, Mem{Base: out})
	ADDQ(sumsRow, sums)
	ADDQ(outRow, out)
	DECQ(rows)
	JNZ(LabelRef("single"))
	Label("done")
	ADDQ(Imm(lanes), column)
	CMPQ(column, k.field("n"))
	JLT(LabelRef("columns"))
	VZEROUPPER()
	RET()
}

// odds are the upper words of pairs, evens a mask of the lower ones.
const odds, evens = 0xf5, 0x5555

// mask returns a mask of words.
func mask(bits uint32) reg.OpmaskVirtual {
	tmp, k := GP32(), K()
	MOVL(U32(bits), tmp)
	KMOVW(tmp, k)
	return k
}

// filled returns a register of 8 words of 64 bits.
func filled(bits uint64) reg.VecVirtual {
	tmp, v := GP64(), ZMM()
	MOVQ(U64(bits), tmp)
	VPBROADCASTQ(tmp, v)
	return v
}

// anyWide rounds as Multiplier.Rescale does: a product of 64 bits to y, of 32, and that is shifted right, to which the last bit that goes is added;
// before that 1 is taken from a negative y, so that halves are rounded away from zero.
func anyWide(k kernel) arithmetic {
	left, right, less, last := ZMM(), ZMM(), ZMM(), ZMM()
	even, odd, upper := ZMM(), ZMM(), mask(evens<<1)
	half, one, zero, none := filled(1<<30), ZMM(), ZMM(), ZMM()
	tmp := GP32()
	MOVL(U32(1), tmp)
	VPBROADCASTD(tmp, one)
	VPBROADCASTD(k.field("zero"), zero)
	VPXORD(none, none, none)
	return arithmetic{
		columns: func(column reg.GPVirtual) {
			for _, c := range []struct {
				name string
				v    reg.VecVirtual
			}{{"m", even}, {"left", left}, {"right", right}} {
				VMOVDQU32(Mem{Base: k.load(c.name), Index: column, Scale: size}, c.v)
			}
			VPSHUFD(Imm(odds), even, odd)
			VPSUBD(one, right, last)
			positive := K()
			VPCMPGTD(none, right, positive)
			VPTERNLOGD_Z(Imm(0xff), less, less, positive, less)
		},
		of: func(x reg.VecVirtual) {
			y, t := ZMM(), ZMM()
			VPSLLVD(left, x, x)
			VPSHUFD(Imm(odds), x, y)
			VPMULDQ(even, x, x)
			VPMULDQ(odd, y, y)
			VPADDQ(half, x, x)
			VPADDQ(half, y, y)
			VPSRLQ(Imm(31), x, x)
			VPADDQ(y, y, y)
			VMOVDQA32(y, upper, x)
			VPSRAD(Imm(31), x, t)
			VPANDD(less, t, t)
			VPADDD(t, x, x)
			VPSRLVD(last, x, t)
			VPSRAVD(right, x, x)
			VPANDD(one, t, t)
			VPADDD(t, x, x)
			VPADDD(zero, x, x)
		},
	}
}

// smallWide adds everything that is to be added before the one shift: half of what that divides by, the zero point times that, and -1 if the sum is
// negative. A doubled product has what remains of it in its upper word.
func smallWide(k kernel) arithmetic {
	right, even, odd := ZMM(), ZMM(), ZMM()
	addEven, addOdd := ZMM(), ZMM()
	lower, half, high := mask(evens), filled(1<<31), filled(0xffffffff<<32)
	return arithmetic{
		columns: func(column reg.GPVirtual) {
			VMOVDQU32(Mem{Base: k.load("m"), Index: column, Scale: size}, even)
			VMOVDQU32(Mem{Base: k.load("right"), Index: column, Scale: size}, right)
			VMOVDQU32(Mem{Base: k.load("add"), Index: column, Scale: size}, addOdd)
			VPSHUFD(Imm(odds), even, odd)
			VPSLLQ(Imm(32), addOdd, addEven)
			VPANDQ(high, addOdd, addOdd)
			VPORQ(half, addEven, addEven)
			VPORQ(half, addOdd, addOdd)
		},
		of: func(x reg.VecVirtual) {
			y, t := ZMM(), ZMM()
			VPSRAD(Imm(31), x, t)
			VPADDD(x, x, x)
			VPSHUFD(Imm(odds), x, y)
			VPMULDQ(even, x, x)
			VPMULDQ(odd, y, y)
			VPADDQ(addEven, x, x)
			VPADDQ(addOdd, y, y)
			VPSHUFD(Imm(odds), x, lower, y)
			VPADDD(t, y, x)
			VPSRAVD(right, x, x)
		},
	}
}

// factorWide rounds halves away from zero, as math.Round does: 1 of the product's sign is added to what truncation leaves, if that lost at least half.
func factorWide(k kernel) arithmetic {
	factors := [2]reg.VecVirtual{ZMM(), ZMM()}
	half, one, sign := filled(0x3fe<<52), filled(0x3ff<<52), filled(1<<63)
	var limits [3]reg.VecVirtual
	for i, name := range []string{"zero", "lo", "hi"} {
		limits[i] = ZMM()
		VPBROADCASTD(k.field(name), limits[i].AsY())
		VCVTDQ2PD(limits[i].AsY(), limits[i])
	}
	return arithmetic{
		columns: func(column reg.GPVirtual) {
			at := k.load("factor")
			for i, f := range factors {
				VMOVUPD(Mem{Base: at, Index: column, Scale: 8, Disp: 64 * i}, f)
			}
		},
		of: func(x reg.VecVirtual) {
			upper := YMM()
			VEXTRACTI64X4(Imm(1), x, upper)
			halves := [2]reg.Register{x.AsY(), upper}
			for i, h := range halves {
				v, t, d, away := ZMM(), ZMM(), ZMM(), K()
				VCVTDQ2PD(h, v)
				VMULPD(factors[i], v, v)
				VRNDSCALEPD(Imm(0xb), v, t)
				VSUBPD(t, v, d)
				VPANDNQ(d, sign, d)
				VCMPPD(Imm(0xd), half, d, away)
				VPANDQ(sign, v, v)
				VPORQ(one, v, v)
				VADDPD(v, t, away, t)
				VADDPD(limits[0], t, t)
				VMAXPD(limits[1], t, t)
				VMINPD(limits[2], t, t)
				VCVTTPD2DQ(t, h)
			}
			VINSERTI64X4(Imm(1), upper, x, x)
		},
	}
}
