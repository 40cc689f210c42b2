package main

import (
	"fmt"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

const block = 2 * register // bytes of a block of channels

// depthwise writes the kernels of depthwise convolutions. Their Go counterpart is F32Depthwise.rowsGeneric.
func depthwise(file *File) {
	for _, columns := range []int{3, 5, 7} {
		for _, stride := range []int{1, 2} {
			for outputs := 15 - columns; outputs >= 4; outputs-- { // each takes two registers, as do a tap and a pixel
				strips(file, columns, stride, outputs)
			}
		}
	}
	pixel(file, 4)
	pixel(file, 1)
	spread(file)
}

// strips writes the kernel for strips of outputs with a window of so many columns and any number of rows. It goes through the input's columns from left to
// right and gives each to the outputs that see it, so that each output takes its taps in order. The outermost half window of columns on
// either side has pointers of its own, so that it may be zeros.
func strips(file *File, columns, stride, outputs int) {
	name := fmt.Sprintf("depthwise%ds%dn%dAsm", columns, stride, outputs)
	f := file.Function(name, "func(call *byte)",
		fmt.Sprintf("%s computes strips of %d outputs with windows of %d columns and stride %d. The call is a stripCall.", name, outputs, columns, stride))
	const lineBytes = 8 * 8 // of an element of lines
	edge := columns / 2
	call := f.Loaded("call")
	field := func(name string) R {
		r := f.R()
		f.Op("MOVD", call.Field("stripCall_"+name), r)
		return r
	}
	table, zero, outStep, last, count := field("table"), field("zero"), field("outStep"), field("last"), field("strips")
	w, channel, line, to, blocks := f.R(), f.R(), f.R(), f.R(), f.R() // channel counts bytes
	from, step, at, rows := f.R(), f.R(), f.R(), f.R()
	acc, tap, x := f.Vs(2*outputs), f.Vs(2*columns), f.Vs(2)
	start := func() {
		f.Op("MOVD", call.Field("stripCall_rows"), rows)
		f.Op("MOVD", call, line)
		f.Op("ADD", Operand("$stripCall_lines"), call, to)
	}
	next := func() {
		f.Op("ADD", Imm(8), line)
		f.Op("ADD", Imm(lineBytes), to)
	}
	times(f, "strip", count, 1, func() {
		start()
		times(f, "pointers", rows, 1, func() {
			f.Op("MOVD", line.Field("stripCall_from"), from)
			f.Op("MOVD", line.Field("stripCall_step"), step)
			for i := range 2*edge + 1 {
				f.Op("MOVW", table.At(size*(1+i)), at)
				f.Op("CMP", Imm(0), at)
				f.Op("ADD", at.Shifted(2), from, at)
				f.Op("CSEL", "LT", zero, at, at)
				f.Op("CMP", Imm(0), step)
				f.Op("CSEL", "EQ", from, at, at)
				f.Op("MOVD", at, to.At(8*i))
			}
			next()
		})
		f.Op("MOVD", call.Field("stripCall_w"), w)
		f.Op("MOVD", Imm(0), channel)
		f.Op("MOVD", call.Field("stripCall_blocks"), blocks)
		times(f, "block", blocks, 1, func() {
			f.ReadPairNext(acc[0], acc[1], w)
			for j := 2; j < len(acc); j++ {
				f.Do(MOV(acc[j], acc[j%2]))
			}
			start()
			times(f, "row", rows, 1, func() {
				for kx := range columns {
					f.ReadPairNext(tap[2*kx], tap[2*kx+1], w)
				}
				f.Op("MOVD", to.At(8*edge), from)
				f.Op("MOVD", line.Field("stripCall_step"), step)
				f.Op("ADD", channel, from)
				all := (outputs-1)*stride + columns
				for i := range all {
					if inner := i - edge; inner >= 0 && inner < all-2*edge {
						f.ReadPair(x[0], x[1], from, 0)
						f.Op("ADD", step, from)
					} else {
						if inner > 0 {
							inner -= all - 2*edge - 1
						}
						f.Op("MOVD", to.At(8*(edge+inner)), at)
						f.Op("ADD", channel, at)
						f.ReadPair(x[0], x[1], at, 0)
					}
					for kx := range columns {
						if j := (i - kx) / stride; i >= kx && (i-kx)%stride == 0 && j < outputs {
							for half := range x {
								f.Do(FMLA.Of(S4, acc[2*j+half], x[half], tap[2*kx+half]))
							}
						}
					}
				}
				next()
			})
			f.Op("MOVD", call.Field("stripCall_bounds"), at)
			limits(f, plain, at, from, tap[0], tap[1], acc)
			f.Op("MOVD", call.Field("stripCall_out"), from)
			f.Op("MOVW", table.At(0), at)
			f.Op("ADD", at.Shifted(2), from)
			f.Op("ADD", channel, from)
			for j := 0; j < len(acc); j += 2 {
				f.WritePair(acc[j], acc[j+1], from, 0)
				f.Op("ADD", outStep, from)
			}
			f.Comment("The last block may begin before the one before it ends")
			f.Op("ADD", Imm(block), channel)
			f.Op("CMP", last, channel)
			f.Op("CSEL", "GT", last, channel, channel)
		})
		f.Op("ADD", Imm(size*(2+2*edge)), table)
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
		f.Op("MOVD", spreads.Field("spread_in"), first)
		f.Op("MOVD", spreads.Field("spread_out"), to)
		f.Op("MOVD", spreads.Field("spread_load"), loads)
		f.Op("MOVD", spreads.Field("spread_store"), stores)
		f.Op("FLDPQ", spreads.Field("spread_take"), "("+take[0].F()+", "+take[1].F()+")")
		f.Op("ADD", Operand("$spread__size"), spreads)
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
