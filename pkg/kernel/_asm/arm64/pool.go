package main

import (
	"fmt"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

// poolMode is a kind of pool.
type poolMode struct {
	name, does string
	start      uint32 // the bits of what a window is joined to
	fold       func(f *Function, acc, x, tmp V)
	finish     func(f *Function, acc, n V) // nil if there is nothing to do
}

var poolModes = []poolMode{
	{"Sum", "the mean", 0,
		func(f *Function, acc, x, _ V) { f.Do(FADD.Of(S4, acc, acc, x)) },
		func(f *Function, acc, n V) { f.Do(FDIV.Of(S4, acc, acc, n)) },
	},
	{"Squares", "the root of the mean square", 0,
		func(f *Function, acc, x, _ V) { f.Do(FMLA.Of(S4, acc, x, x)) },
		func(f *Function, acc, n V) { f.Do(FDIV.Of(S4, acc, acc, n), FSQRT.Of(S4, acc, acc)) },
	},
	// Of two zeros the processor takes the positive one, not the maximum so far.
	{"Max", "the maximum", 0xff800000,
		func(f *Function, acc, x, tmp V) {
			f.Do(FCMEQ.Of(S4, tmp, acc, x), FMAX.Of(S4, x, acc, x), BIF.Of(B16, acc, x, tmp))
		},
		nil,
	},
}

// pool writes the kernels of pools. Their Go counterpart is F32Pool.pixelGeneric.
func pool(file *File) {
	for _, m := range poolModes {
		m.pixel(file, 4)
		m.pixel(file, 1)
	}
}

// pixel writes the kernel for one output, which goes through the window once for each group of blocks of 8 channels.
func (m poolMode) pixel(file *File, group int) {
	name := fmt.Sprintf("pool%s%dAsm", m.name, group)
	f := file.Function(name, "func(groups int, in *float32, rows, cols, rowStep, colStep int, out *float32, bounds *[2]float32)",
		fmt.Sprintf("%s stores %s of a window, whose rows and columns are so many bytes apart, for a number of groups of %d blocks of 8 channels.", name, m.does, group))
	groups, in, rows, cols := f.Loaded("groups"), f.Loaded("in"), f.Loaded("rows"), f.Loaded("cols")
	rowStep, colStep, out := f.Loaded("rowStep"), f.Loaded("colStep"), f.Loaded("out")
	line, from, y, x := f.R(), f.R(), f.R(), f.R()
	limits := newBounds(f, f.Loaded("bounds"))
	start, n, tmp := f.V(), f.V(), f.V()
	f.Op("MOVD", Imm(int(m.start)), y)
	f.Op("FMOVS", y, start.F())
	f.Do(DUP(start, start))
	if m.finish != nil {
		f.Op("MUL", rows, cols, y)
		f.Op("SCVTFS", y, n.F())
		f.Do(DUP(n, n))
	}
	acc, v := f.Vs(2*group), f.Vs(2)
	times(f, "group", groups, 1, func() {
		for _, a := range acc {
			f.Do(MOV(a, start))
		}
		f.Op("MOVD", in, line)
		f.Op("MOVD", rows, y)
		times(f, "row", y, 1, func() {
			f.Op("MOVD", line, from)
			f.Op("MOVD", cols, x)
			times(f, "column", x, 1, func() {
				for i := 0; i < len(acc); i += 2 {
					f.ReadPair(v[0], v[1], from, i*register)
					m.fold(f, acc[i], v[0], tmp)
					m.fold(f, acc[i+1], v[1], tmp)
				}
				f.Op("ADD", colStep, from)
			})
			f.Op("ADD", rowStep, line)
		})
		for i, a := range acc {
			if m.finish != nil {
				m.finish(f, a, n)
			}
			limits.limit(f, a)
			if i%2 == 1 {
				f.WritePairNext(acc[i-1], a, out)
			}
		}
		f.Op("ADD", Imm(len(acc)*register), in)
	})
	f.Return()
}
