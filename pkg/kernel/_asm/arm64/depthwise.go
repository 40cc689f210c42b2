package main

import (
	"fmt"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

const block = 2 * register // bytes of a block of channels

// depthwise writes the kernels of depthwise convolutions. Their Go counterpart is F32Depthwise.rowGeneric.
func depthwise(file *File) {
	for _, side := range []int{3, 5} {
		for _, stride := range []int{1, 2} {
			for _, outputs := range []int{8, 4} {
				strip(file, side, stride, outputs)
			}
		}
	}
	pixel(file, 4)
	pixel(file, 1)
	spread(file)
}

// strip writes the kernel for neighbouring outputs of a row. It goes through the input's pixels from left to right and gives each
// to the outputs that see it, so that each output takes its taps in order.
func strip(file *File, side, stride, outputs int) {
	name := fmt.Sprintf("depthwise%dx%ds%dn%dAsm", side, side, stride, outputs)
	f := file.Function(name, fmt.Sprintf("func(blocks int, rows *[%d]*float32, rowSteps *[%[1]d]int, w, out *float32, outStep int, bounds *[2]float32)", side),
		fmt.Sprintf("%s computes %d neighbouring outputs, outStep bytes apart, with a kernel of %d×%d taps and stride %d, for a number of", name, outputs, side, side, stride),
		"blocks of channels. rows are where the input's rows start that the first output sees, with the bytes between their pixels.")
	blocks, rows, rowSteps, w := f.Loaded("blocks"), f.Loaded("rows"), f.Loaded("rowSteps"), f.Loaded("w")
	out, outStep, limit := f.Loaded("out"), f.Loaded("outStep"), f.Loaded("bounds")
	channel, from, step, to := f.R(), f.R(), f.R(), f.R() // channel counts bytes
	f.Op("MOVD", Imm(0), channel)
	acc, tap, x := f.Vs(2*outputs), f.Vs(2*side), f.Vs(2)
	limits := bounds{tap[0], tap[1], tap[2]}
	times(f, "block", blocks, 1, func() {
		f.ReadPairNext(acc[0], acc[1], w)
		for j := 2; j < len(acc); j++ {
			f.Do(MOV(acc[j], acc[j%2]))
		}
		for ky := range side {
			f.Op("MOVD", rows.At(8*ky), from)
			f.Op("MOVD", rowSteps.At(8*ky), step)
			f.Op("ADD", channel, from)
			for kx := range side {
				f.ReadPairNext(tap[2*kx], tap[2*kx+1], w)
			}
			columns := (outputs-1)*stride + side
			for i := range columns {
				f.ReadPair(x[0], x[1], from, 0)
				if i+1 < columns {
					f.Op("ADD", step, from)
				}
				for kx := range side {
					if j := (i - kx) / stride; i >= kx && (i-kx)%stride == 0 && j < outputs {
						for half := range x {
							f.Do(FMLA.Of(S4, acc[2*j+half], x[half], tap[2*kx+half]))
						}
					}
				}
			}
		}
		limits.load(f, limit)
		f.Op("ADD", channel, out, to)
		for j := 0; j < len(acc); j += 2 {
			limits.limit(f, acc[j])
			limits.limit(f, acc[j+1])
			f.WritePair(acc[j], acc[j+1], to, 0)
			f.Op("ADD", outStep, to)
		}
		f.Op("ADD", Imm(block), channel)
	})
	f.Return()
}

// tapAddress sets from to the pixel that the next of offs says: an offset in elements of in, or zero where it is negative.
func tapAddress(f *Function, from, offs, in, zero, off R) {
	f.Op("MOVW.P", offs.At(size), off)
	f.Op("ADD", off.Shifted(2), in, from)
	f.Op("CMP", Imm(0), off)
	f.Op("CSEL", "LT", zero, from, from)
}

// pixel writes the kernel for one output of any number of taps, which goes through them once for each group of blocks.
func pixel(file *File, group int) {
	name := fmt.Sprintf("depthwisePixel%dAsm", group)
	f := file.Function(name, "func(groups, taps int, in *float32, offs *int32, zero, w, out *float32, bounds *[2]float32)",
		fmt.Sprintf("%s computes one output for a number of groups of %d blocks of channels. offs are the taps' offsets in elements of in;", name, group),
		"negative ones stand for zero.")
	groups, taps, in, zero, w, out := f.Loaded("groups"), f.Loaded("taps"), f.Loaded("in"), f.Loaded("zero"), f.Loaded("w"), f.Loaded("out")
	limits := newBounds(f, f.Loaded("bounds"))
	offs, from, off, n, stride := f.R(), f.R(), f.R(), f.R(), f.R()
	f.Comment("From a block of weights to the next")
	f.Op("ADD", Imm(1), taps, stride)
	f.Op("LSL", Imm(5), stride)
	line := make([]R, group)
	for i := range line {
		line[i] = f.R()
	}
	acc, x, tap := f.Vs(2*group), f.Vs(2), f.Vs(2)
	times(f, "group", groups, 1, func() {
		for i := range line {
			f.Op("MOVD", w, line[i])
			f.Op("ADD", stride, w)
			f.ReadPairNext(acc[2*i], acc[2*i+1], line[i])
		}
		f.Load("offs", offs)
		f.Op("MOVD", taps, n)
		times(f, "tap", n, 1, func() {
			tapAddress(f, from, offs, in, zero, off)
			for i := range line {
				f.ReadPair(x[0], x[1], from, block*i)
				f.ReadPairNext(tap[0], tap[1], line[i])
				for half := range x {
					f.Do(FMLA.Of(S4, acc[2*i+half], x[half], tap[half]))
				}
			}
		})
		for i, a := range acc {
			limits.limit(f, a)
			if i%2 == 1 {
				f.WritePairNext(acc[i-1], a, out)
			}
		}
		f.Op("ADD", Imm(group*block), in)
		f.Op("ADD", Imm(group*block), zero)
	})
	f.Return()
}

// spread writes the kernel for one output whose channels don't find their inputs side by side: several share one, or there are fewer than a vector holds.
func spread(file *File) {
	f := file.Function("depthwiseSpreadAsm", "func(blocks, taps int, in *float32, offs *int32, zero, w, out *float32, bounds *[2]float32, spreads *byte)",
		"depthwiseSpreadAsm computes one output for a number of blocks of channels, whose inputs it loads and distributes as spreads, structs of type spread, say. offs are the",
		"taps' offsets in elements of in; negative ones stand for zero.")
	blocks, taps, in, zero, w, out := f.Loaded("blocks"), f.Loaded("taps"), f.Loaded("in"), f.Loaded("zero"), f.Loaded("w"), f.Loaded("out")
	limits := newBounds(f, f.Loaded("bounds"))
	spreads, offs, from, off, n := f.Loaded("spreads"), f.R(), f.R(), f.R(), f.R()
	first, to, loads, stores, at := f.R(), f.R(), f.R(), f.R(), f.R()
	acc, x, take, part, tap := f.Vs(2), f.Vs(2), f.Vs(2), f.Vs(2), f.Vs(2)
	times(f, "block", blocks, 1, func() {
		f.Op("LDP.P", spreads.At(16), "("+Operand(first.String())+", "+Operand(to.String())+")")
		f.Op("LDP.P", spreads.At(16), "("+Operand(loads.String())+", "+Operand(stores.String())+")")
		f.ReadPairNext(take[0], take[1], spreads)
		f.Op("ADD", out, to)
		f.ReadPairNext(acc[0], acc[1], w)
		f.Load("offs", offs)
		f.Op("MOVD", taps, n)
		times(f, "tap", n, 1, func() {
			tapAddress(f, from, offs, in, zero, off)
			f.Op("ADD", first, from)
			readFirst(f, "load", x, from, loads, at, part[0])
			f.ReadPairNext(tap[0], tap[1], w)
			for half := range part {
				f.Do(TBL2(part[half], x[0], take[half]), FMLA.Of(S4, acc[half], part[half], tap[half]))
			}
		})
		for _, a := range acc {
			limits.limit(f, a)
		}
		writeFirst(f, "store", acc, to, stores)
	})
	f.Return()
}
