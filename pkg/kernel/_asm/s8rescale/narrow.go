package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// narrow writes a kernel for AVX2: 8 columns at a time, whose numbers stay in registers for all rows.
func narrow(f form) {
	const lanes = 8
	k := begin(f.name+"AVX2", f.what)
	a := f.narrow(k)
	lo, hi := YMM(), YMM()
	VPBROADCASTB(k.field("lo"), lo)
	VPBROADCASTB(k.field("hi"), hi)
	column, count := GP64(), GP64()
	XORQ(column, column)
	Label("columns")
	a.columns(column)
	MOVQ(k.field("n"), count)
	SUBQ(column, count)
	sums, out, rows := k.load("sums"), k.load("out"), k.load("rows")
	LEAQ(Mem{Base: sums, Index: column, Scale: size}, sums)
	ADDQ(column, out)
	// of makes int8 of the sums in x.
	of := func(x reg.VecVirtual) {
		a.of(x)
		upper := XMM()
		VEXTRACTI128(Imm(1), x, upper)
		VPACKSSDW(upper, x.AsX(), x.AsX())
		VPACKSSWB(x.AsX(), x.AsX(), x.AsX())
		if a.order != nil {
			VPSHUFB(*a.order, x.AsX(), x.AsX())
		}
		VPMAXSB(lo.AsX(), x.AsX(), x.AsX())
		VPMINSB(hi.AsX(), x.AsX(), x.AsX())
	}
	next := func(label string) {
		ADDQ(k.field("sumsRow"), sums)
		ADDQ(k.field("outRow"), out)
		DECQ(rows)
		JNZ(LabelRef(label))
	}
	CMPQ(count, Imm(lanes))
	JLT(LabelRef("part"))
	if a.together {
		four(k, a, sums, out, rows, lo, hi)
	}
	x := YMM()
	Label("row")
	VMOVDQU(Mem{Base: sums}, x)
	of(x)
	VMOVQ(x.AsX(), Mem{Base: out})
	next("row")
	Label("next")
	ADDQ(Imm(lanes), column)
	CMPQ(column, k.field("n"))
	JLT(LabelRef("columns"))
	JMP(LabelRef("done"))

	Label("part")
	at, to, mask := GP64(), GP64(), YMM()
	LEAQ(firsts.Offset(lanes*size), at)
	NEGQ(count)
	VMOVDQU(Mem{Base: at, Index: count, Scale: size}, mask)
	NEGQ(count)
	Label("short")
	VPMASKMOVD(Mem{Base: sums}, mask, x)
	of(x)
	MOVQ(out, to)
	TESTQ(U32(4), count)
	JZ(LabelRef("pair"))
	VMOVD(x.AsX(), Mem{Base: to})
	VPSRLQ(Imm(32), x.AsX(), x.AsX())
	ADDQ(Imm(4), to)
	Label("pair")
	TESTQ(U32(2), count)
	JZ(LabelRef("one"))
	VPEXTRW(Imm(0), x.AsX(), Mem{Base: to})
	VPSRLQ(Imm(16), x.AsX(), x.AsX())
	ADDQ(Imm(2), to)
	Label("one")
	TESTQ(U32(1), count)
	JZ(LabelRef("stored"))
	VPEXTRB(Imm(0), x.AsX(), Mem{Base: to})
	Label("stored")
	next("short")
	Label("done")
	VZEROUPPER()
	RET()
}

// four writes the loop over four rows of 8 columns at a time, which are packed into one register. It goes on behind what is left of the rows, or to it.
func four(k kernel, a arithmetic, sums, out, rows reg.GPVirtual, lo, hi reg.VecVirtual) {
	sumsRow, outRow, sums3, out3 := k.load("sumsRow"), k.load("outRow"), GP64(), GP64()
	LEAQ(Mem{Base: sumsRow, Index: sumsRow, Scale: 2}, sums3)
	LEAQ(Mem{Base: outRow, Index: outRow, Scale: 2}, out3)
	SUBQ(Imm(together), rows)
	JL(LabelRef("rest"))
	Label("four")
	load := func(r int) reg.VecVirtual {
		x := YMM()
		VMOVDQU(rowAt(sums, sumsRow, sums3, r), x)
		a.of(x)
		return x
	}
	x, y := load(0), load(1)
	VPACKSSDW(y, x, x)
	y, z := load(2), load(3)
	VPACKSSDW(z, y, y)
	VPACKSSWB(y, x, x)
	if a.order != nil {
		VPSHUFB(*a.order, x, x)
	}
	VPMAXSB(lo, x, x)
	VPMINSB(hi, x, x)
	order := YMM()
	VMOVDQU(joined, order)
	VPERMD(x, order, x)
	VMOVQ(x.AsX(), rowAt(out, outRow, out3, 0))
	VPEXTRQ(Imm(1), x.AsX(), rowAt(out, outRow, out3, 1))
	VEXTRACTI128(Imm(1), x, order.AsX())
	VMOVQ(order.AsX(), rowAt(out, outRow, out3, 2))
	VPEXTRQ(Imm(1), order.AsX(), rowAt(out, outRow, out3, 3))
	LEAQ(Mem{Base: sums, Index: sumsRow, Scale: together}, sums)
	LEAQ(Mem{Base: out, Index: outRow, Scale: together}, out)
	SUBQ(Imm(together), rows)
	JGE(LabelRef("four"))
	Label("rest")
	ADDQ(Imm(together), rows)
	JZ(LabelRef("next"))
}

// rowAt is the place of one of four rows from a pointer on; step3 is three times the distance of two.
func rowAt(base, step, step3 reg.GPVirtual, r int) Mem {
	return []Mem{{Base: base}, {Base: base, Index: step, Scale: 1}, {Base: base, Index: step, Scale: 2}, {Base: base, Index: step3, Scale: 1}}[r]
}

// filledY is filled for AVX2.
func filledY(bits uint64) reg.VecVirtual {
	tmp, v := GP64(), YMM()
	MOVQ(U64(bits), tmp)
	VMOVQ(tmp, v.AsX())
	VPBROADCASTQ(v.AsX(), v)
	return v
}

func anyNarrow(k kernel) arithmetic {
	left, right, less, last := YMM(), YMM(), YMM(), YMM()
	even, odd := YMM(), YMM()
	half, one, zero := filledY(1<<30), filledY(1<<32|1), YMM()
	VPBROADCASTD(k.field("zero"), zero)
	return arithmetic{
		together: true,
		columns: func(column reg.GPVirtual) {
			for _, c := range []struct {
				name string
				v    reg.VecVirtual
			}{{"m", even}, {"left", left}, {"right", right}} {
				VMOVDQU(Mem{Base: k.load(c.name), Index: column, Scale: size}, c.v)
			}
			VPSHUFD(Imm(odds), even, odd)
			VPSUBD(one, right, last)
			VPXOR(less, less, less)
			VPCMPGTD(less, right, less)
		},
		of: func(x reg.VecVirtual) {
			y, t := YMM(), YMM()
			VPSLLVD(left, x, x)
			VPSHUFD(Imm(odds), x, y)
			VPMULDQ(even, x, x)
			VPMULDQ(odd, y, y)
			VPADDQ(half, x, x)
			VPADDQ(half, y, y)
			VPSRLQ(Imm(31), x, x)
			VPADDQ(y, y, y)
			VPBLENDD(Imm(0xaa), y, x, x)
			VPSRAD(Imm(31), x, t)
			VPAND(less, t, t)
			VPADDD(t, x, x)
			VPSRLVD(last, x, t)
			VPSRAVD(right, x, x)
			VPAND(one, t, t)
			VPADDD(t, x, x)
			VPADDD(zero, x, x)
		},
	}
}

func smallNarrow(k kernel) arithmetic {
	right, even, odd := YMM(), YMM(), YMM()
	addEven, addOdd := YMM(), YMM()
	half, high := filledY(1<<31), filledY(0xffffffff<<32)
	return arithmetic{
		together: true,
		columns: func(column reg.GPVirtual) {
			VMOVDQU(Mem{Base: k.load("m"), Index: column, Scale: size}, even)
			VMOVDQU(Mem{Base: k.load("right"), Index: column, Scale: size}, right)
			VMOVDQU(Mem{Base: k.load("add"), Index: column, Scale: size}, addOdd)
			VPSHUFD(Imm(odds), even, odd)
			VPSLLQ(Imm(32), addOdd, addEven)
			VPAND(high, addOdd, addOdd)
			VPOR(half, addEven, addEven)
			VPOR(half, addOdd, addOdd)
		},
		of: func(x reg.VecVirtual) {
			y, t := YMM(), YMM()
			VPSRAD(Imm(31), x, t)
			VPADDD(x, x, x)
			VPSHUFD(Imm(odds), x, y)
			VPMULDQ(even, x, x)
			VPMULDQ(odd, y, y)
			VPADDQ(addEven, x, x)
			VPADDQ(addOdd, y, y)
			VPSHUFD(Imm(odds), x, x)
			VPBLENDD(Imm(0xaa), y, x, x)
			VPADDD(t, x, x)
			VPSRAVD(right, x, x)
		},
	}
}

// aboveNarrow is smallNarrow where what is below 0 becomes the least result anyway. Doubled factors are without a sign; columns 1 and 2 of each four change places on the way.
func aboveNarrow(k kernel) arithmetic {
	right, even, odd := YMM(), YMM(), YMM()
	addEven, addOdd, none := YMM(), YMM(), YMM()
	half, high := filledY(1<<31), filledY(0xffffffff<<32)
	VPXOR(none, none, none)
	return arithmetic{
		together: true,
		order:    &swapped,
		columns: func(column reg.GPVirtual) {
			VMOVDQU(Mem{Base: k.load("m"), Index: column, Scale: size}, even)
			VPSHUFD(Imm(0xd8), Mem{Base: k.load("right"), Index: column, Scale: size}, right)
			VMOVDQU(Mem{Base: k.load("add"), Index: column, Scale: size}, addOdd)
			VPADDD(even, even, even)
			VPSHUFD(Imm(odds), even, odd)
			VPSLLQ(Imm(32), addOdd, addEven)
			VPAND(high, addOdd, addOdd)
			VPOR(half, addEven, addEven)
			VPOR(half, addOdd, addOdd)
		},
		of: func(x reg.VecVirtual) {
			y := YMM()
			VPMAXSD(none, x, x)
			VPSRLQ(Imm(32), x, y)
			VPMULUDQ(even, x, x)
			VPMULUDQ(odd, y, y)
			VPADDQ(addEven, x, x)
			VPADDQ(addOdd, y, y)
			VSHUFPS(Imm(0xdd), y, x, x)
			VPSRAVD(right, x, x)
		},
	}
}

func factorNarrow(k kernel) arithmetic {
	factors := [2]reg.VecVirtual{YMM(), YMM()}
	half, one, sign := filledY(0x3fe<<52), filledY(0x3ff<<52), filledY(1<<63)
	var limits [3]reg.VecVirtual
	for i, name := range []string{"zero", "lo", "hi"} {
		limits[i] = YMM()
		VPBROADCASTD(k.field(name), limits[i].AsX())
		VCVTDQ2PD(limits[i].AsX(), limits[i])
	}
	return arithmetic{
		columns: func(column reg.GPVirtual) {
			at := k.load("factor")
			for i, f := range factors {
				VMOVUPD(Mem{Base: at, Index: column, Scale: 8, Disp: 32 * i}, f)
			}
		},
		of: func(x reg.VecVirtual) {
			upper := XMM()
			VEXTRACTI128(Imm(1), x, upper)
			for i, h := range []reg.Register{x.AsX(), upper} {
				v, t, d := YMM(), YMM(), YMM()
				VCVTDQ2PD(h, v)
				VMULPD(factors[i], v, v)
				VROUNDPD(Imm(0xb), v, t)
				VSUBPD(t, v, d)
				VANDNPD(d, sign, d)
				VCMPPD(Imm(0xd), half, d, d)
				VANDPD(sign, v, v)
				VORPD(one, v, v)
				VANDPD(v, d, d)
				VADDPD(d, t, t)
				VADDPD(limits[0], t, t)
				VMAXPD(limits[1], t, t)
				VMINPD(limits[2], t, t)
				VCVTTPD2DQY(t, h)
			}
			VINSERTI128(Imm(1), upper, x, x)
		},
	}
}
