package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// sum writes the kernels that add up numbers in float64. Their Go counterparts are F32Sum, F32SumSquares, foldRows and sumLinesGeneric.
func sum(file *File) {
	sumLanes(file, "sumAsm", "every eighth element", func(*Function, V) {})
	sumLanes(file, "sumSquaresAsm", "the square of every eighth element", func(f *Function, v V) { f.Do(FMUL.Of(D2, v, v, v)) })
	addRows(file)
	sumLines(file)
}

// addRows writes the kernel that adds to each of many sums.
func addRows(file *File) {
	f := file.Function("addRowsAsm", "func(sums *float64, x *float32, n, step, rows int)",
		"addRowsAsm adds x[k·step + i] to sums[i] for n elements, a positive multiple of 8, and every row k, ascending. step is in bytes.")
	sums, x, n, step, count := f.Loaded("sums"), f.Loaded("x"), f.Loaded("n"), f.Loaded("step"), f.Loaded("rows")
	at, k := f.R(), f.R()
	s, v, wide := f.Vs(16), f.Vs(8), f.Vs(8)
	// rows goes through all rows with some sums in registers.
	rows := func(name string, s []V) {
		v, wide := v[:len(s)/2], wide[:len(s)/2]
		for i := 0; i < len(s); i += 2 {
			f.ReadPair(s[i], s[i+1], sums, i*register)
		}
		f.Op("MOVD", x, at)
		f.Op("MOVD", count, k)
		times(f, name, k, 1, func() {
			for i := 0; i < len(v); i += 2 {
				f.ReadPair(v[i], v[i+1], at, i*register)
			}
			f.Op("ADD", step, at)
			for half := 0; half < len(s); half += len(wide) {
				widen(f, wide, v[half/2:][:len(wide)/2])
				for i, w := range wide {
					f.Do(FADD.Of(D2, s[half+i], s[half+i], w))
				}
			}
		})
		for i := 0; i < len(s); i += 2 {
			f.WritePairNext(s[i], s[i+1], sums)
		}
		f.Op("ADD", Imm(len(v)*register), x)
	}
	f.Label("columns")
	f.Op("SUBS", Imm(32), n)
	f.Op("BLT", "rest")
	rows("long", s)
	f.Op("B", "columns")
	f.Label("rest")
	f.Op("ADDS", Imm(32), n)
	f.Op("BEQ", "done")
	f.Label("eight")
	rows("short", s[:4])
	f.Op("SUBS", Imm(8), n)
	f.Op("BNE", "eight")
	f.Label("done")
	f.Return()
}

// sumLines writes the kernel that adds up each of many lines.
func sumLines(file *File) {
	f := file.Function("sumLinesAsm", "func(sums *float64, x *float32, n, lines int)",
		"sumLinesAsm stores the sums of lines of n elements, each as F32Sum adds up.")
	sums, x, n, count := f.Loaded("sums"), f.Loaded("x"), f.Loaded("n"), f.Loaded("lines")
	rest, left, at := f.R(), f.R(), f.R()
	s, v, wide, tmp := f.Vs(4), f.Vs(2), f.Vs(4), f.V()
	take := func() {
		widen(f, wide, v)
		for i := range s {
			f.Do(FADD.Of(D2, s[i], s[i], wide[i]))
		}
	}
	f.Op("AND", Imm(7), n, rest)
	times(f, "line", count, 1, func() {
		for _, a := range s {
			f.Do(CLEAR(a))
		}
		f.Op("SUBS", Imm(8), n, left)
		f.Op("BLT", "rest")
		f.Label("step")
		f.ReadPairNext(v[0], v[1], x)
		take()
		f.Op("SUBS", Imm(8), left)
		f.Op("BGE", "step")
		f.Label("rest")
		f.Op("CBZ", rest, "fold")
		f.Comment("A sum is never minus zero, so that adding zeros changes nothing")
		readFirst(f, "load", v, x, rest, at, tmp)
		take()
		f.Op("ADD", rest.Shifted(2), x)
		f.Label("fold")
		fold(f, s)
		f.Op("FMOVD.P", s[0].F(), sums.At(8))
	})
	f.Return()
}

// fold makes one sum, the first of s, of eight.
func fold(f *Function, s []V) {
	f.Do(
		FADD.Of(D2, s[0], s[0], s[2]), FADD.Of(D2, s[1], s[1], s[3]), FADD.Of(D2, s[0], s[0], s[1]),
		DUPUpper(s[1], s[0]), FADD.Of(D2, s[0], s[0], s[1]),
	)
}

// sumLanes writes a kernel that adds what change makes of the elements to eight sums.
func sumLanes(file *File, name, what string, change func(f *Function, v V)) {
	f := file.Function(name, "func(x *float32, n int, sums *[8]float64)",
		name+" adds "+what+" to each of sums, one after the other. n is a positive multiple of 8.")
	x, n, at := f.Loaded("x"), f.Loaded("n"), f.Loaded("sums")
	s, v, wide := f.Vs(4), f.Vs(2), f.Vs(4)
	for i := 0; i < len(s); i += 2 {
		f.ReadPair(s[i], s[i+1], at, i*register)
	}
	times(f, "step", n, 2*lanes, func() {
		f.ReadPairNext(v[0], v[1], x)
		widen(f, wide, v)
		for i := range s {
			change(f, wide[i])
			f.Do(FADD.Of(D2, s[i], s[i], wide[i]))
		}
	})
	for i := 0; i < len(s); i += 2 {
		f.WritePair(s[i], s[i+1], at, i*register)
	}
	f.Return()
}

// widen makes the float32 of each v the float64 of two of wide.
func widen(f *Function, wide, v []V) {
	for i := range v {
		f.Do(FCVTL(wide[2*i], v[i]), FCVTL2(wide[2*i+1], v[i]))
	}
}
