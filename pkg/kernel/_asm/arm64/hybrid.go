package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// hybrid writes the kernels that make float results of the sums of products of integers. Their Go counterparts are hybridRight.add and hybridRight.scaled.
func hybrid(file *File) {
	hybridRow(file, "hybridAddAsm", "func(out *float32, sums, weights *int32, scale *float32, n int, zero int32, by float32)",
		"adds sums less zero times weights, times scale times by, to out", "", func(f *Function, out, scale R, sums []V, by V) {
			results, scales := f.Vs(2), f.Vs(2)
			f.ReadPair(results[0], results[1], out, 0)
			f.ReadPairNext(scales[0], scales[1], scale)
			for i, x := range sums {
				f.Do(FMUL.Of(S4, scales[i], scales[i], by), FMUL.Of(S4, x, x, scales[i]), FADD.Of(S4, x, results[i], x))
			}
		})
	hybridRow(file, "hybridScaleAsm", "func(out *float32, sums, weights *int32, scale, bias *float32, n int, zero int32, by float32)",
		"stores sums less zero times weights, times scale, times by, plus bias, in out", "bias", func(f *Function, _, scale R, sums []V, by V) {
			scales := f.Vs(2)
			f.ReadPairNext(scales[0], scales[1], scale)
			for i, x := range sums {
				f.Do(FMUL.Of(S4, x, x, scales[i]), FMUL.Of(S4, x, x, by))
			}
		})
}

// hybridRow writes a kernel of a row, 8 columns at a time. of makes results of sums as floats; what last points to, unless it is empty, is added to them.
func hybridRow(file *File, name, signature, does, last string, of func(f *Function, out, scale R, sums []V, by V)) {
	const columns = 8
	f := file.Function(name, signature, name+" "+does+", for n columns, a positive multiple of 8.")
	out, sums, weights, scale, n := f.Loaded("out"), f.Loaded("sums"), f.Loaded("weights"), f.Loaded("scale"), f.Loaded("n")
	var bias R
	if last != "" {
		bias = f.Loaded(last)
	}
	zero, by, x, w := f.V(), f.V(), f.Vs(2), f.Vs(2)
	f.FillArgument(zero, "zero")
	f.FillArgument(by, "by")
	times(f, "loop", n, columns, func() {
		f.ReadPairNext(x[0], x[1], sums)
		f.ReadPairNext(w[0], w[1], weights)
		for i := range x {
			f.Do(MULWords.Of(w[i], w[i], zero), SUB.Of(S4, x[i], x[i], w[i]), SCVTF(x[i], x[i]))
		}
		of(f, out, scale, x, by)
		if last != "" {
			f.ReadPairNext(w[0], w[1], bias)
			f.Do(FADD.Of(S4, x[0], x[0], w[0]), FADD.Of(S4, x[1], x[1], w[1]))
		}
		f.WritePairNext(x[0], x[1], out)
	})
	f.Return()
}
