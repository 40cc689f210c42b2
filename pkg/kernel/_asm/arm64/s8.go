package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// s8Depthwise writes the kernel that adds up the products of depthwise convolutions of int8. Its Go counterpart is S8Depthwise.imageGeneric.
func s8Depthwise(file *File) {
	const channels, weights = 16, 32
	f := file.Function("s8Depthwise16NEON", "func(call *byte)",
		"s8Depthwise16NEON adds up products, two taps at a time; no weight is -128, so that two products have 16 bits.", "The call is an s8DepthwiseCall, which it changes.")
	call := f.Loaded("call")
	field := func(name string) R {
		r := f.R()
		f.Op("MOVD", call.Field("s8DepthwiseCall_"+name), r)
		return r
	}
	runs, table, zero, inStep, start, sums, sumsStep := field("runs"), field("table"), field("zero"), field("inStep"), field("start"), field("sums"), field("sumsStep")
	n, in, offs, w, groups, from := f.R(), f.R(), f.R(), f.R(), f.R(), f.R()
	acc, x, v, products := f.Vs(4), f.Vs(2), f.Vs(2), f.Vs(2)
	times(f, "run", runs, 1, func() {
		f.Op("MOVW.P", table.At(size), n)
		f.Op("MOVD", call.Field("s8DepthwiseCall_in"), in)
		times(f, "pixel", n, 1, func() {
			f.ReadPair(acc[0], acc[1], start, 0)
			f.ReadPair(acc[2], acc[3], start, weights)
			f.Op("MOVD", table, offs)
			f.Op("MOVD", call.Field("s8DepthwiseCall_w"), w)
			f.Op("MOVD", call.Field("s8DepthwiseCall_groups"), groups)
			times(f, "group", groups, 1, func() {
				for _, r := range x {
					f.Op("MOVW.P", offs.At(size), from)
					f.Op("CMP", Imm(0), from)
					f.Op("ADD", in, from)
					f.Op("CSEL", "LT", zero, from, from)
					f.Read(r, from, 0)
				}
				f.ReadPairNext(v[0], v[1], w)
				f.Do(
					SMULL.Of(products[0], x[0], v[0]), SMULL2.Of(products[1], x[0], v[0]),
					SMLAL.Of(products[0], x[1], v[1]), SMLAL2.Of(products[1], x[1], v[1]),
				)
				for i, p := range products {
					f.Do(SADDW.Of(acc[2*i], acc[2*i], p), SADDW2.Of(acc[2*i+1], acc[2*i+1], p))
				}
			})
			f.WritePair(acc[0], acc[1], sums, 0)
			f.WritePair(acc[2], acc[3], sums, 2*channels)
			f.Op("ADD", sumsStep, sums)
			f.Op("ADD", inStep, in)
		})
		f.Op("MOVD", offs, table)
	})
	f.Return()
}

// s8Step is the number of elements that the kernels below take at once.
const s8Step = 64

// Where the parameters of a row are, in bytes; see s8RowParameters.
const (
	s8Parameter = 32
	s8XZero     = iota - 1
	s8YZero
	s8Move
	s8Low
	s8First
	s8Second = s8First + 5
	s8Zero   = s8Second + 5
	s8Lo     = s8Zero + 1
	s8Hi     = s8Lo + 1
)

// s8Multiplier are registers filled with what rescales words.
type s8Multiplier struct {
	factor, left, right, less V
}

// s8Row are registers of a row in the making.
type s8Row struct {
	*Function
	parameters R
}

func (r s8Row) parameter(i int) V {
	v := r.V()
	r.Read(v, r.parameters, s8Parameter*i)
	return v
}

// multiplier loads what is at i. The shift to the left was made one more than that of the multiplier, for other variants.
func (r s8Row) multiplier(i int, one V) s8Multiplier {
	m := s8Multiplier{r.parameter(i), r.parameter(i + 2), r.parameter(i + 3), r.parameter(i + 4)}
	r.Do(SUB.Of(S4, m.left, m.left, one), CLEAR(one), SUB.Of(S4, m.right, one, m.right))
	return m
}

// rescale does what Multiplier.Rescale does.
func (m s8Multiplier) rescale(f *Function, x, tmp V) {
	f.Do(
		SSHL.Of(x, x, m.left), SQRDMULH.Of(x, x, m.factor), CMLTZero(tmp, x), AND.Of(B16, tmp, tmp, m.less),
		ADD.Of(S4, x, x, tmp), SRSHL.Of(x, x, m.right),
	)
}

// s8Elementwise writes the kernels of operators that compute each int8 of the result from one element of each operand. Their Go counterparts are the Rows
// of S8Sum, S8SquaredDifference, S8Product and S8Prelu, S8Table.Apply, Quantize, hybridAffine.quantize and Dequantize.
func s8Elementwise(file *File) {
	s8SumRow(file, "s8SumAsm", "a and b, rescaled, added and rescaled", false)
	s8SumRow(file, "s8DifferenceAsm", "a and b, rescaled, one less the other and rescaled", true)
	s8SquaredDifferenceRow(file)
	s8ProductRow(file, "s8ProductAsm", "the products of a and b, rescaled", false)
	s8ProductRow(file, "s8PreluAsm", "a or, where it is negative, its products with b, rescaled", true)
	s8Extremum(file, "s8MaximumAsm", "the greater of a and b", SMAXBytes)
	s8Extremum(file, "s8MinimumAsm", "the lesser of a and b", SMINBytes)
	s8Table(file)
	s8Quantize(file, "s8QuantizeAsm", "over", FDIV)
	s8Quantize(file, "s8QuantizeByAsm", "times", FMUL)
	s8Dequantize(file)
}

const s8RowSignature = "func(dst, a, b *int8, aStep, bStep, n int, parameters *byte)"

func s8RowDoc(name, does string) []string {
	return []string{
		name + " stores " + does + ", in dst, which may be a or b, for n elements, a positive multiple of 64.",
		"After 64, a and b step by so many bytes. The parameters are s8RowParameters.",
	}
}

// s8Loop writes a row. setup returns what makes four registers of words of the results of 16 elements of a and b, which it may change.
func s8Loop(file *File, name, does string, setup func(r s8Row) func(a, b V) [4]V) {
	f := file.Function(name, s8RowSignature, s8RowDoc(name, does)...)
	dst, a, b := f.Loaded("dst"), f.Loaded("a"), f.Loaded("b")
	aStep, bStep, n := f.Loaded("aStep"), f.Loaded("bStep"), f.Loaded("n")
	r := s8Row{f, f.Loaded("parameters")}
	zero, lo, hi, va, vb := r.parameter(s8Zero), r.parameter(s8Lo), r.parameter(s8Hi), f.V(), f.V()
	words := setup(r)
	times(f, "loop", n, s8Step, func() {
		for at := 0; at < s8Step; at += register {
			f.Read(va, a, at)
			f.Read(vb, b, at)
			x := words(va, vb)
			f.Do(SQXTN(va, x[0]), SQXTN2(va, x[1]), SQXTN(vb, x[2]), SQXTN2(vb, x[3]))
			f.Do(SQADD.Of(va, va, zero), SQADD.Of(vb, vb, zero))
			f.Do(SQXTNBytes(va, va), SQXTN2Bytes(va, vb), SMAXBytes.Of(va, va, lo), SMINBytes.Of(va, va, hi))
			f.Write(va, dst, at)
		}
		f.Op("ADD", aStep, a)
		f.Op("ADD", bStep, b)
		f.Op("ADD", Imm(s8Step), dst)
	})
	f.Return()
}

// words makes words of bytes.
func words(f *Function, x V, w [4]V) {
	f.Do(SXTL(w[1], x), SXTL2(w[3], x), SXTLWords(w[0], w[1]), SXTL2Words(w[1], w[1]), SXTLWords(w[2], w[3]), SXTL2Words(w[3], w[3]))
}

// four hands out registers.
func four(f *Function) (v [4]V) {
	copy(v[:], f.Vs(4))
	return v
}

// s8SumRow adds a, whose factor is 1/2, and b. A difference has the bits of one of both inverted, which with a 1 more in what is added is its opposite.
func s8SumRow(file *File, name, does string, difference bool) {
	s8Loop(file, name, does, func(r s8Row) func(a, b V) [4]V {
		invertX, yZero, move, invertY := r.parameter(s8XZero), r.parameter(s8YZero), r.parameter(s8Move), r.parameter(s8Low)
		tmp := r.V()
		first, second := r.multiplier(s8First, r.one(tmp)), r.multiplier(s8Second, r.one(tmp))
		x, y := four(r.Function), r.V()
		half := four(r.Function)
		return func(a, b V) [4]V {
			words(r.Function, a, half)
			words(r.Function, b, x)
			for i, v := range x {
				if difference {
					r.Do(EOR.Of(B16, half[i], half[i], invertX))
				}
				r.Do(SUB.Of(S4, v, v, yZero))
				first.rescale(r.Function, v, y)
				if difference {
					r.Do(EOR.Of(B16, v, v, invertY))
				}
				r.Do(SHL.Of(S4, y, half[i], 19), ADD.Of(S4, y, y, move), ADD.Of(S4, v, v, y))
				second.rescale(r.Function, v, y)
			}
			return x
		}
	})
}

// s8SquaredDifferenceRow has a factor of 1/2 for a, as s8SumRow has.
func s8SquaredDifferenceRow(file *File) {
	s8Loop(file, "s8SquaredDifferenceAsm", "a and b, rescaled, one less the other, squared and rescaled", func(r s8Row) func(a, b V) [4]V {
		xZero, yZero, tmp := r.parameter(s8XZero), r.parameter(s8YZero), r.V()
		first, second := r.multiplier(s8First, r.one(tmp)), r.multiplier(s8Second, r.one(tmp))
		x, y := four(r.Function), four(r.Function)
		return func(a, b V) [4]V {
			words(r.Function, a, x)
			words(r.Function, b, y)
			for i, v := range x {
				r.Do(SUB.Of(S4, v, v, xZero), SUB.Of(S4, y[i], y[i], yZero), SHL.Of(S4, v, v, 6))
				first.rescale(r.Function, y[i], tmp)
				r.Do(SUB.Of(S4, v, v, y[i]), MULWords.Of(v, v, v))
				second.rescale(r.Function, v, tmp)
			}
			return x
		}
	})
}

// one fills a register with words of 1.
func (r s8Row) one(v V) V {
	r.Do(CLEAR(v), CMEQZero(v, v), USHR.Of(S4, v, v, 31))
	return v
}

// s8ProductRow is the row of a product, or of a PRELU.
func s8ProductRow(file *File, name, does string, prelu bool) {
	s8Loop(file, name, does, func(r s8Row) func(a, b V) [4]V {
		xZero, yZero, tmp := r.parameter(s8XZero), r.parameter(s8YZero), r.V()
		first := r.multiplier(s8First, r.one(tmp))
		second := first
		if prelu {
			second = r.multiplier(s8Second, r.one(tmp))
		}
		x, y := four(r.Function), four(r.Function)
		return func(a, b V) [4]V {
			words(r.Function, a, x)
			words(r.Function, b, y)
			for i, v := range x {
				r.Do(SUB.Of(S4, v, v, xZero), SUB.Of(S4, y[i], y[i], yZero), MULWords.Of(y[i], y[i], v))
				second.rescale(r.Function, y[i], tmp)
				if prelu {
					// The results of both ways are joined by the operand's sign, which the first way loses.
					r.Do(CMLTZero(a, v))
					first.rescale(r.Function, v, tmp)
					r.Do(BIF.Of(B16, y[i], v, a))
				}
			}
			return y
		}
	})
}

// s8Extremum writes the kernel of MAXIMUM or MINIMUM.
func s8Extremum(file *File, name, does string, of Text) {
	f := file.Function(name, s8RowSignature, s8RowDoc(name, does)...)
	dst, a, b := f.Loaded("dst"), f.Loaded("a"), f.Loaded("b")
	aStep, bStep, n := f.Loaded("aStep"), f.Loaded("bStep"), f.Loaded("n")
	x, y := f.Vs(4), f.Vs(4)
	times(f, "loop", n, s8Step, func() {
		for i := range x {
			f.Read(x[i], a, register*i)
			f.Read(y[i], b, register*i)
		}
		for i := range x {
			f.Do(of.Of(x[i], x[i], y[i]))
			f.Write(x[i], dst, register*i)
		}
		f.Op("ADD", aStep, a)
		f.Op("ADD", bStep, b)
		f.Op("ADD", Imm(s8Step), dst)
	})
	f.Return()
}

// s8Table looks up bytes, of which the sign is turned, in four parts of the table.
func s8Table(file *File) {
	f := file.Function("s8TableAsm", "func(dst, src *int8, n int, table *byte)",
		"s8TableAsm stores the elements of a table in dst, which may be src, for n elements, a positive multiple of 64. The table has the elements from -128 on.")
	dst, src, n, table := f.Loaded("dst"), f.Loaded("src"), f.Loaded("n"), f.Loaded("table")
	parts := f.Vs(16)
	for i := 0; i < len(parts); i += 2 {
		f.ReadPair(parts[i], parts[i+1], table, register*i)
	}
	sign, sixtyFour, x, y, tmp := f.V(), f.V(), f.Vs(4), f.Vs(4), f.R()
	for _, c := range []struct {
		v     V
		value int
	}{{sign, 128}, {sixtyFour, 64}} {
		f.Op("MOVD", Imm(c.value), tmp)
		f.Op("FMOVS", tmp, c.v.F())
		f.Do(DUPByte(c.v, c.v))
	}
	times(f, "loop", n, s8Step, func() {
		for i := range x {
			f.Read(x[i], src, register*i)
		}
		for i := range x {
			f.Do(EOR.Of(B16, x[i], x[i], sign), TBL4.Of(y[i], parts[0], x[i]))
		}
		for part := 4; part < len(parts); part += 4 {
			for i := range x {
				f.Do(SUBBytes.Of(x[i], x[i], sixtyFour), TBX4.Of(y[i], parts[part], x[i]))
			}
		}
		for i := range y {
			f.Write(y[i], dst, register*i)
		}
		f.Op("ADD", Imm(s8Step), src)
		f.Op("ADD", Imm(s8Step), dst)
	})
	f.Return()
}

// s8Quantize makes integers of numbers.
func s8Quantize(file *File, name, by string, operation Three) {
	f := file.Function(name, "func(dst *int8, src *float32, n int, scale float32, zero int32)",
		name+" stores src "+by+" the scale, rounded, plus the zero point, for n elements, a positive multiple of 64.", "Both halves of zero are the zero point.")
	dst, src, n := f.Loaded("dst"), f.Loaded("src"), f.Loaded("n")
	scale, zero, x := f.V(), f.V(), f.Vs(4)
	f.FillArgument(scale, "scale")
	f.FillArgument(zero, "zero")
	times(f, "loop", n, s8Step, func() {
		for at := 0; at < s8Step; at += register {
			f.ReadPairNext(x[0], x[1], src)
			f.ReadPairNext(x[2], x[3], src)
			for _, v := range x {
				f.Do(operation.Of(S4, v, v, scale), FCVTAS(v, v))
			}
			f.Do(SQXTN(x[0], x[0]), SQXTN2(x[0], x[1]), SQXTN(x[2], x[2]), SQXTN2(x[2], x[3]))
			f.Do(SQADD.Of(x[0], x[0], zero), SQADD.Of(x[2], x[2], zero), SQXTNBytes(x[0], x[0]), SQXTN2Bytes(x[0], x[2]))
			f.Write(x[0], dst, at)
		}
		f.Op("ADD", Imm(s8Step), dst)
	})
	f.Return()
}

// s8Dequantize makes numbers of integers. An integer of 9 bits times a number is rounded once in float32 as well.
func s8Dequantize(file *File) {
	f := file.Function("s8DequantizeAsm", "func(dst *float32, src *int8, n int, scale float32, zero int32)",
		"s8DequantizeAsm stores the scale times src less the zero point, for n elements, a positive multiple of 64.")
	dst, src, n := f.Loaded("dst"), f.Loaded("src"), f.Loaded("n")
	scale, zero, x, w := f.V(), f.V(), f.V(), four(f)
	f.FillArgument(scale, "scale")
	f.FillArgument(zero, "zero")
	times(f, "loop", n, s8Step, func() {
		for at := 0; at < s8Step; at += register {
			f.Read(x, src, at)
			words(f, x, w)
			for _, v := range w {
				f.Do(SUB.Of(S4, v, v, zero), SCVTF(v, v), FMUL.Of(S4, v, v, scale))
			}
			f.WritePairNext(w[0], w[1], dst)
			f.WritePairNext(w[2], w[3], dst)
		}
		f.Op("ADD", Imm(s8Step), src)
	})
	f.Return()
}

// s8Window writes the kernels that join int8 of several pixels, channel by channel. Their Go counterparts are intPool, sumOver and ResizeBilinear.
func s8Window(file *File) {
	s8Pool(file, "s8PoolMaxAsm", "the greatest element", false)
	s8Pool(file, "s8PoolMeanAsm", "the mean, halves rounded away from zero,", true)

	f := file.Function("s8SumLinesAsm", "func(acc *int32, blocks int, src *int8, step, lines int)",
		"s8SumLinesAsm adds the elements of lines, step bytes apart, for a number of blocks of 16.")
	acc, blocks, src, step, at, lines := f.Loaded("acc"), f.Loaded("blocks"), f.Loaded("src"), f.Loaded("step"), f.R(), f.R()
	sums, x, h := f.Vs(4), f.V(), f.Vs(2)
	times(f, "block", blocks, 1, func() {
		f.ReadPair(sums[0], sums[1], acc, 0)
		f.ReadPair(sums[2], sums[3], acc, 2*register)
		f.Op("MOVD", src, at)
		f.Load("lines", lines)
		times(f, "line", lines, 1, func() {
			f.Read(x, at, 0)
			f.Op("ADD", step, at)
			f.Do(SXTL(h[0], x), SXTL2(h[1], x))
			for i, v := range h {
				f.Do(SADDW.Of(sums[2*i], sums[2*i], v), SADDW2.Of(sums[2*i+1], sums[2*i+1], v))
			}
		})
		f.WritePairNext(sums[0], sums[1], acc)
		f.WritePairNext(sums[2], sums[3], acc)
		f.Op("ADD", Imm(register), src)
	})
	f.Return()
	s8Bilinear(file)
}

// s8Pool writes the kernel of a pool for one output. A mean divides in float32: what is cut off of a quotient of integers below 2^24 is what division of integers
// cuts off.
func s8Pool(file *File, name, does string, mean bool) {
	f := file.Function(name, "func(blocks int, in *int8, rows, cols, rowStep, colStep int, out, limits *int8, count, half float32)",
		name+" stores "+does+" of a window for a number of blocks of 16 channels. Of the window's rows and columns, rowStep and",
		"colStep bytes apart, there is at least one; for a mean, there are less than 256. count is the number of elements, half the whole part of its half. Limits are 16 least results and",
		"16 greatest ones.")
	blocks, in, rowStep, colStep, out := f.Loaded("blocks"), f.Loaded("in"), f.Loaded("rowStep"), f.Loaded("colStep"), f.Loaded("out")
	row, rows, at, cols, limits := f.R(), f.R(), f.R(), f.R(), f.Loaded("limits")
	lo, hi, count, half, sign := f.V(), f.V(), f.V(), f.V(), f.V()
	x, acc, w, tmp := f.V(), f.Vs(2), four(f), f.V()
	f.ReadPair(lo, hi, limits, 0)
	f.FillArgument(count, "count")
	f.FillArgument(half, "half")
	f.Do(CLEAR(sign), CMEQZero(sign, sign), SHL.Of(S4, sign, sign, 31))
	times(f, "block", blocks, 1, func() {
		f.Do(CLEAR(acc[0]), CLEAR(acc[1]))
		if !mean {
			f.Read(acc[0], in, 0)
		}
		f.Op("MOVD", in, row)
		f.Load("rows", rows)
		times(f, "row", rows, 1, func() {
			f.Op("MOVD", row, at)
			f.Load("cols", cols)
			times(f, "col", cols, 1, func() {
				f.Read(x, at, 0)
				f.Op("ADD", colStep, at)
				if mean {
					f.Do(SADDWBytes.Of(acc[0], acc[0], x), SADDW2Bytes.Of(acc[1], acc[1], x))
				} else {
					f.Do(SMAXBytes.Of(acc[0], acc[0], x))
				}
			})
			f.Op("ADD", rowStep, row)
		})
		if mean {
			for i, a := range acc {
				f.Do(SXTLWords(w[2*i], a), SXTL2Words(w[2*i+1], a))
			}
			for _, v := range w {
				f.Do(SCVTF(v, v), MOV(tmp, sign), BSL.Of(B16, tmp, v, half), FADD.Of(S4, v, v, tmp), FDIV.Of(S4, v, v, count), FCVTZS(v, v))
			}
			f.Do(SQXTN(acc[0], w[0]), SQXTN2(acc[0], w[1]), SQXTN(acc[1], w[2]), SQXTN2(acc[1], w[3]))
			f.Do(SQXTNBytes(acc[0], acc[0]), SQXTN2Bytes(acc[0], acc[1]))
		}
		f.Do(SMAXBytes.Of(acc[0], acc[0], lo), SMINBytes.Of(acc[0], acc[0], hi))
		f.Op("FMOVQ.P", acc[0].F(), out.At(register))
		f.Op("ADD", Imm(register), in)
	})
	f.Return()
}

// s8Bilinear writes the kernel for one pixel between four.
func s8Bilinear(file *File) {
	const shift = 20
	f := file.Function("s8BilinearAsm", "func(dst, a, b, c, d *int8, blocks int, weights *int32)",
		"s8BilinearAsm stores the sums of four pixels by four weights that add up to 2^20, over that, halves rounded away from zero, for a number of blocks of 8 channels.")
	dst, blocks, weights := f.Loaded("dst"), f.Loaded("blocks"), f.Loaded("weights")
	var from [4]R
	w := f.Vs(4)
	for i, name := range []string{"a", "b", "c", "d"} {
		from[i] = f.Loaded(name)
		f.Fill(w[i], weights, size*i)
	}
	half, x, y, acc, sign := f.V(), f.V(), f.V(), f.Vs(2), f.V()
	f.Do(CLEAR(half), CMEQZero(half, half), USHR.Of(S4, half, half, 31), SHL.Of(S4, half, half, shift-1))
	times(f, "block", blocks, 1, func() {
		f.Do(CLEAR(acc[0]), CLEAR(acc[1]))
		for i, at := range from {
			f.Op("FMOVD.P", at.At(8), x.F())
			f.Do(SXTL(x, x), SXTLWords(y, x), SXTL2Words(x, x), MLAWords.Of(acc[0], y, w[i]), MLAWords.Of(acc[1], x, w[i]))
		}
		for _, v := range acc {
			f.Do(CMLTZero(sign, v), ABSWords(v, v), ADD.Of(S4, v, v, half), USHR.Of(S4, v, v, shift), EOR.Of(B16, v, v, sign), SUB.Of(S4, v, v, sign))
		}
		f.Do(SQXTN(x, acc[0]), SQXTN2(x, acc[1]), SQXTNBytes(x, x))
		f.Op("FMOVD.P", x.F(), dst.At(8))
	})
	f.Return()
}
