package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// s8Rescale writes the kernels that make int8 of sums. Their Go counterpart is S8Result.of.
func s8Rescale(file *File) {
	s8Rows(file, "s8RescaleNEON", "rescales sums by multipliers.", s8ByMultipliers)
	s8Rows(file, "s8ScaleNEON", "multiplies sums by factors in float64.", s8ByFactors)
}

// s8Arithmetic loads what belongs to 8 columns, from the one on whose number is in a register, and makes of sums in a pair integers that are still to be limited.
type s8Arithmetic struct {
	columns func(column R)
	of      func(x []V)
}

// s8Rows writes a kernel: 8 columns at a time, whose numbers stay in registers for all rows.
func s8Rows(file *File, name, what string, arithmetic func(f *Function, call R) s8Arithmetic) {
	f := file.Function(name, "func(call *s8RescaleCall)", name+" "+what+" It reads and writes n columns of rows and no more.")
	call := f.Loaded("call")
	field := func(name string, r R) { f.Op("MOVD", call.Field("s8RescaleCall_"+name), r) }
	a := arithmetic(f, call)
	x, tmp, lo, hi := f.Vs(2), f.V(), f.V(), f.V()
	column, n, sums, out, rows, at, bits, sumsRow, outRow := f.R(), f.R(), f.R(), f.R(), f.R(), f.R(), f.R(), f.R(), f.R()
	for _, limit := range []struct {
		name string
		v    V
	}{{"lo", lo}, {"hi", hi}} {
		f.Op("FMOVS", call.Field("s8RescaleCall_"+limit.name), limit.v.F())
		f.Do(DUP(limit.v, limit.v))
	}
	field("sumsRow", sumsRow)
	field("outRow", outRow)
	f.Op("MOVD", Imm(0), column)
	f.Label("columns")
	a.columns(column)
	field("n", n)
	f.Op("SUB", column, n)
	field("sums", sums)
	f.Op("ADD", column.Shifted(2), sums)
	field("out", out)
	f.Op("ADD", column, out)
	field("rows", rows)
	of := func() {
		a.of(x)
		for _, v := range x {
			f.Do(SMAXWords.Of(v, v, lo), SMINWords.Of(v, v, hi))
		}
		f.Do(SQXTN(x[0], x[0]), SQXTN2(x[0], x[1]), SQXTNBytes(x[0], x[0]))
	}
	f.Op("CMP", Imm(8), n)
	f.Op("BLT", "part")
	times(f, "row", rows, 1, func() {
		f.ReadPair(x[0], x[1], sums, 0)
		of()
		f.Op("FMOVD", x[0].F(), out.At(0))
		f.Op("ADD", sumsRow, sums)
		f.Op("ADD", outRow, out)
	})
	f.Op("ADD", Imm(8), column)
	f.Op("SUBS", Imm(8), n)
	f.Op("BNE", "columns")
	f.Return()
	f.Label("part")
	times(f, "short", rows, 1, func() {
		readFirst(f, "load", x, sums, n, at, tmp)
		of()
		f.Op("FMOVD", x[0].F(), bits)
		f.Op("MOVD", out, at)
		for _, part := range []struct {
			bit   int
			store string
		}{{2, "MOVW.P"}, {1, "MOVH.P"}, {0, "MOVB.P"}} {
			next := "below" + part.store[3:4]
			f.Op("TBZ", Imm(part.bit), n, next)
			f.Op(part.store, bits, at.At(1<<part.bit))
			f.Op("LSR", Imm(8<<part.bit), bits)
			f.Label(next)
		}
		f.Op("ADD", sumsRow, sums)
		f.Op("ADD", outRow, out)
	})
	f.Return()
}

// s8ByMultipliers rescales as Multiplier.Rescale does.
func s8ByMultipliers(f *Function, call R) s8Arithmetic {
	var m [2]s8Multiplier
	for i := range m {
		m[i] = s8Multiplier{f.V(), f.V(), f.V(), f.V()}
	}
	tmp, zero, at := f.V(), f.V(), f.R()
	f.Op("FMOVS", call.Field("s8RescaleCall_zero"), zero.F())
	f.Do(DUP(zero, zero))
	return s8Arithmetic{
		columns: func(column R) {
			for _, c := range []struct {
				name string
				a, b V
			}{{"m", m[0].factor, m[1].factor}, {"left", m[0].left, m[1].left}, {"right", m[0].right, m[1].right}} {
				f.Op("MOVD", call.Field("s8RescaleCall_"+c.name), at)
				f.Op("ADD", column.Shifted(2), at)
				f.ReadPair(c.a, c.b, at, 0)
			}
			for _, m := range m {
				f.Do(NEGWords(m.right, m.right), CMLTZero(m.less, m.right))
			}
		},
		of: func(x []V) {
			for i, v := range x {
				m[i].rescale(f, v, tmp)
				f.Do(ADD.Of(S4, v, v, zero))
			}
		},
	}
}

// s8ByFactors rounds as math.Round does.
func s8ByFactors(f *Function, call R) s8Arithmetic {
	factors, v, w, limits, at := f.Vs(4), f.V(), f.V(), f.Vs(3), f.R()
	for i, name := range []string{"zero", "lo", "hi"} {
		f.Op("FMOVS", call.Field("s8RescaleCall_"+name), limits[i].F())
		f.Do(DUP(limits[i], limits[i]), SXTLLongs(limits[i], limits[i]), SCVTFLongs(limits[i], limits[i]))
	}
	return s8Arithmetic{
		columns: func(column R) {
			f.Op("MOVD", call.Field("s8RescaleCall_factor"), at)
			f.Op("ADD", column.Shifted(3), at)
			f.ReadPair(factors[0], factors[1], at, 0)
			f.ReadPair(factors[2], factors[3], at, 2*register)
		},
		of: func(x []V) {
			for i := range x {
				f.Do(SXTLLongs(v, x[i]), SXTL2Longs(w, x[i]))
				for j, h := range []V{v, w} {
					f.Do(
						SCVTFLongs(h, h), FMUL.Of(D2, h, h, factors[2*i+j]), FRINTA.Of(D2, h, h), FADD.Of(D2, h, h, limits[0]),
						FMAX.Of(D2, h, h, limits[1]), FMIN.Of(D2, h, h, limits[2]), FCVTZSLongs(h, h),
					)
				}
				f.Do(XTN(x[i], v), XTN2(x[i], w))
			}
		},
	}
}
