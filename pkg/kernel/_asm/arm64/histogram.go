package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// histogram writes the kernels that count numbers by bins. Their Go counterpart is F32Histogram.add.
func histogram(file *File) {
	f := file.Function("binsAsm", "func(dst *int32, x *float32, n int, scale float32, found *[2]float32)",
		"binsAsm stores x * scale, rounded down, for n numbers, a positive multiple of 16. The scale is a power of two. It finds the extrema of x: NaN if there is one.")
	dst := f.Loaded("dst")
	floored(f, func(bins []V) {
		for i := 0; i < len(bins); i += 2 {
			f.WritePairNext(bins[i], bins[i+1], dst)
		}
	})
	f.Return()
	others(file)
	count(file)
	empty(file)
}

// floored writes the loop that computes four registers of bins at a time, and looks for extrema on the way. A product with a power of two is exact, or so small
// that it may have become zero: then the bin of a negative number is -1.
func floored(f *Function, step func(bins []V)) {
	x, n, found, scale := f.Loaded("x"), f.Loaded("n"), f.Loaded("found"), f.V()
	f.FillArgument(scale, "scale")
	v, bins, mask, lo, hi := f.Vs(4), f.Vs(4), f.V(), f.V(), f.V()
	f.Read(lo, x, 0)
	f.Do(MOV(hi, lo))
	times(f, "step", n, 4*lanes, func() {
		f.ReadPairNext(v[0], v[1], x)
		f.ReadPairNext(v[2], v[3], x)
		for i, bin := range bins {
			f.Do(
				FMIN.Of(S4, lo, lo, v[i]), FMAX.Of(S4, hi, hi, v[i]),
				FMUL.Of(S4, bin, v[i], scale), FCVTMS.Of(S4, bin, bin),
				FCMLTZero.Of(S4, v[i], v[i]), CMEQZero(mask, bin), AND.Of(B16, mask, mask, v[i]), ORR.Of(B16, bin, bin, mask),
			)
		}
		step(bins)
	})
	f.Do(FMINV(lo, lo), FMAXV(hi, hi))
	f.Op("FMOVS", lo.F(), found.At(0))
	f.Op("FMOVS", hi.F(), found.At(size))
}

// others writes the kernel that leaves out bin 0.
func others(file *File) {
	// Entry m holds the bytes of the words that are left when those in the mask m are left out.
	var table []uint32
	for m := range 1 << lanes {
		var entry []uint32
		for lane := range uint32(lanes) {
			if m>>lane&1 == 0 {
				entry = append(entry, 0x03020100+0x04040404*lane)
			}
		}
		table = append(table, append(entry, make([]uint32, lanes-len(entry))...)...)
	}
	file.Constants("histogramLanes", table)
	// Their sum over words that are left out is the mask, and 16 for each.
	file.Constants("histogramBits", []uint32{17, 18, 20, 24})

	f := file.Function("otherBinsAsm", "func(dst *int32, x *float32, n int, scale float32, found *[2]float32) (left int)",
		"otherBinsAsm is binsAsm without the numbers whose bin is 0, and returns how many are left. It may write 8 numbers behind them.")
	dst, lookup, sum, at := f.Loaded("dst"), f.R(), f.R(), f.R()
	bits, zero := f.V(), f.V()
	f.Op("MOVD", "$histogramBits<>(SB)", at)
	f.Read(bits, at, 0)
	f.Op("MOVD", "$histogramLanes<>(SB)", lookup)
	floored(f, func(bins []V) {
		for _, bin := range bins {
			f.Do(CMEQZero(zero, bin), AND.Of(B16, zero, zero, bits), ADDV(zero, zero))
			f.Op("FMOVS", zero.F(), sum)
			f.Op("AND", Imm(15), sum, at)
			f.Op("ADD", at.Shifted(4), lookup, at)
			f.Read(zero, at, 0)
			f.Do(TBL(bin, bin, zero))
			f.Write(bin, dst, 0)
			f.Op("LSR", Imm(4), sum)
			f.Op("SUB", sum.Shifted(2), dst)
			f.Op("ADD", Imm(register), dst)
		}
	})
	f.Load("dst", at)
	f.Op("SUB", at, dst)
	f.Op("LSR", Imm(2), dst)
	f.Op("MOVD", dst, f.Argument("left"))
	f.Return()
}

// count writes the kernel that adds to counts.
func count(file *File) {
	f := file.Function("countAsm", "func(table *[2]uint16, bins *int32, n int)",
		"countAsm adds 1 for each of n bins, a positive multiple of 8, to an entry of the table, which points to bin 0: in turn to its first and its second number,",
		"so that two equal bins in a row don't wait for each other.")
	table, bins, n := f.Loaded("table"), f.Loaded("bins"), f.Loaded("n")
	at, counted := [2]R{f.R(), f.R()}, [2]R{f.R(), f.R()}
	times(f, "step", n, 8, func() {
		for range 4 {
			f.Op("LDPSW.P", bins.At(2*size), Operand("("+at[0].String()+", "+at[1].String()+")"))
			for i, a := range at {
				f.Op("ADD", a.Shifted(2), table, a)
				f.Op("MOVHU", a.At(2*i), counted[i])
				f.Op("ADD", Imm(1), counted[i])
				f.Op("MOVH", counted[i], a.At(2*i))
			}
		}
	})
	f.Return()
}

// empty writes the kernel that moves counts to where they stay.
func empty(file *File) {
	f := file.Function("emptyTableAsm", "func(counts *uint64, table *[2]uint16, n int)",
		"emptyTableAsm adds the sums of n entries of the table, a positive multiple of 8, to counts, and sets the entries to 0.")
	counts, table, n := f.Loaded("counts"), f.Loaded("table"), f.Loaded("n")
	sum, entries, zero := f.Vs(4), f.Vs(2), f.V()
	f.Do(CLEAR(zero))
	times(f, "step", n, 8, func() {
		f.ReadPair(entries[0], entries[1], table, 0)
		f.ReadPair(sum[0], sum[1], counts, 0)
		f.ReadPair(sum[2], sum[3], counts, block)
		for i, e := range entries {
			f.Do(UADDLP(e, e), UADDW(sum[2*i], e), UADDW2(sum[2*i+1], e))
		}
		f.WritePairNext(zero, zero, table)
		f.WritePairNext(sum[0], sum[1], counts)
		f.WritePairNext(sum[2], sum[3], counts)
	})
	f.Return()
}
