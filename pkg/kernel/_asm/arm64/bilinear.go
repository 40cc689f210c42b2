package main

import (
	"fmt"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

// bilinear writes the kernels of bilinear resizes. Their Go counterpart is F32Bilinear.rowGeneric.
func bilinear(file *File) {
	f := file.Function("bilinearAsm", "func(pixels int, columns *byte, channels int, lower, upper, out *float32, weights *[2]float32)",
		"bilinearAsm computes a row of the result from two of the image, for at least 8 channels. The columns are of type bracket, weights the rows'.")
	channels := f.Loaded("channels")
	i, last, at := f.R(), f.R(), f.R() // in bytes
	f.Op("LSL", Imm(2), channels)
	f.Op("SUB", Imm(block), channels, last)
	v, sum := f.Vs(2), f.Vs(2)
	bilinearPixels(f, func(from [4]R, out R, weights []V) {
		f.Op("MOVD", Imm(0), i)
		f.Label("block")
		for k, w := range weights {
			f.Op("ADD", from[k], i, at)
			f.ReadPair(v[0], v[1], at, 0)
			weighted(f, k, sum, v, w)
		}
		f.Op("ADD", out, i, at)
		f.WritePair(sum[0], sum[1], at, 0)
		f.Op("CMP", last, i)
		f.Op("BEQ", "next")
		f.Comment("The last block shares channels with the one before")
		f.Op("ADD", Imm(block), i)
		f.Op("CMP", last, i)
		f.Op("CSEL", "GT", last, i, i)
		f.Op("B", "block")
		f.Label("next")
		f.Op("ADD", channels, out)
	})

	f = file.Function("bilinearFewAsm", "func(pixels int, columns *byte, channels int, lower, upper, out *float32, weights *[2]float32)",
		"bilinearFewAsm is bilinearAsm for fewer than 8 channels.")
	channels = f.Loaded("channels")
	at, to := f.R(), f.R()
	v, sum = f.Vs(2), f.Vs(2)
	tmp := f.V()
	bilinearPixels(f, func(from [4]R, out R, weights []V) {
		for k, w := range weights {
			readFirst(f, fmt.Sprint("load", k), v, from[k], channels, at, tmp)
			weighted(f, k, sum, v, w)
		}
		f.Op("MOVD", out, to)
		f.Op("ADD", channels.Shifted(2), out)
		writeFirst(f, "store", sum, to, channels)
	})
}

// weighted adds pixel k times its weight to the sum, or begins it.
func weighted(f *Function, k int, sum, pixel []V, weight V) {
	for i, s := range sum {
		if k == 0 {
			f.Do(FMUL.Of(S4, s, pixel[i], weight))
			continue
		}
		f.Do(FMUL.Of(S4, pixel[i], pixel[i], weight), FADD.Of(S4, s, s, pixel[i]))
	}
}

// bilinearPixels writes the loop over the result's pixels, and the function's end. pixel computes one from the addresses of four and their weights, and steps to the next.
func bilinearPixels(f *Function, pixel func(from [4]R, out R, weights []V)) {
	n, columns, lower, upper, out := f.Loaded("pixels"), f.Loaded("columns"), f.Loaded("lower"), f.Loaded("upper"), f.Loaded("out")
	at := f.Loaded("weights")
	rows, weights := f.Vs(2), f.Vs(4)
	for i, r := range rows {
		f.Fill(r, at, i*size)
	}
	var from [4]R
	for k := range from {
		from[k] = f.R()
	}
	w := f.V()
	times(f, "pixel", n, 1, func() {
		for col, fields := range [][2]string{{"bracket_lower", "bracket_wLower"}, {"bracket_upper", "bracket_wUpper"}} {
			f.Op("MOVW", columns.Field(fields[0]), at)
			f.Op("FMOVS", columns.Field(fields[1]), w.F())
			f.Do(DUP(w, w))
			for row, base := range []R{lower, upper} {
				k := 2*col + row
				f.Op("ADD", at.Shifted(2), base, from[k])
				f.Do(FMUL.Of(S4, weights[k], rows[row], w))
			}
		}
		f.Op("ADD", Operand("$bracket__size"), columns)
		pixel(from, out, weights)
	})
	f.Return()
}
