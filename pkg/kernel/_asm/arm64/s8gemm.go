package main

import (
	"fmt"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

// s8Gemm writes the kernels of products of int8 matrices. Their Go counterparts are s8Dot1 and s8Dot2.
func s8Gemm(file *File) {
	for _, columns := range []int{16, 8} {
		s8Tiles(file, "NEON", columns, s8Elements)
	}
	for _, columns := range []int{16, 8} {
		s8Tiles(file, "Dot", columns, s8Dots)
	}
	s8Widen(file)
}

// s8Multiply adds the products of 16 bytes of each row of left and what follows at b.
type s8Multiply func(f *Function, acc [][]V, left, right []V, b R)

// s8Elements multiplies int16: one of a row by those of 8 columns, which are one register.
func s8Elements(f *Function, acc [][]V, left, right []V, b R) {
	for index := range 8 {
		each := len(acc[0]) / 2
		if each == 2 {
			f.ReadPairNext(right[0], right[1], b)
		} else {
			f.ReadNext(right[0], b)
		}
		for r := range acc {
			for j := range each {
				f.Do(SMLALElement(acc[r][2*j], right[j], left[r], index), SMLAL2Element(acc[r][2*j+1], right[j], left[r], index))
			}
		}
	}
}

// s8Dots multiplies bytes: four of a row by those of 4 columns, which are one register.
func s8Dots(f *Function, acc [][]V, left, right []V, b R) {
	for index := range 4 {
		for j := 0; j < len(acc[0]); j += 2 {
			f.ReadPairNext(right[0], right[1], b)
			for r := range acc {
				for i := range right {
					f.Do(SDOTElement(acc[r][j+i], right[i], left[r], index))
				}
			}
		}
	}
}

// s8Tiles writes the kernel for tiles of so many columns: one function, which goes to the loop for the number of rows.
func s8Tiles(file *File, isa string, columns int, multiply s8Multiply) {
	const most = 6
	name := fmt.Sprintf("s8Tiles%d%s", columns, isa)
	f := file.Function(name, "func(call *s8TileCall)",
		fmt.Sprintf("%s computes sums of tiles of up to %d rows and %d columns, one below the other.", name, most, columns),
		"inRow, termRow and outRow count bytes.")
	call := f.Loaded("call")
	field := func(name string, r R) { f.Op("MOVD", call.Field("s8TileCall_"+name), r) }
	left, right, acc, row := f.Vs(most), f.Vs(2), make([][]V, most), make([]R, most)
	for r := range acc {
		acc[r], row[r] = f.Vs(columns/lanes), f.R()
	}
	tiles, in, inRow, term, out, b, k, at := f.R(), f.R(), f.R(), f.R(), f.R(), f.R(), f.R(), f.R()
	field("tiles", tiles)
	field("in", in)
	field("inRow", inRow)
	field("terms", term)
	field("out", out)
	field("rows", k)
	for r := 1; r < most; r++ {
		f.Op("CMP", Imm(r), k)
		f.Op("BEQ", fmt.Sprintf("tile%d", r))
	}
	for rows := most; rows > 0; rows-- {
		label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
		acc, left, row := acc[:rows], left[:rows], row[:rows]
		f.Label(label("tile"))
		field("start", b)
		field("termRow", k)
		for r := range acc {
			f.Fill(right[0], term, 0)
			f.Op("ADD", k, term)
			for j := 0; j < len(acc[r]); j += 2 {
				f.ReadPair(acc[r][j], acc[r][j+1], b, j*register)
				f.Do(ADD.Of(S4, acc[r][j], acc[r][j], right[0]), ADD.Of(S4, acc[r][j+1], acc[r][j+1], right[0]))
			}
		}
		for r := range row {
			f.Op("MOVD", in, row[r])
			f.Op("ADD", inRow, in)
		}
		field("b", b)
		field("steps", k)
		f.Op("CBZ", k, label("end"))
		times(f, label("step"), k, 1, func() {
			for r := range left {
				f.ReadNext(left[r], row[r])
			}
			multiply(f, acc, left, right, b)
		})
		f.Label(label("end"))
		field("outRow", k)
		for r := range acc {
			f.Op("MOVD", out, at)
			f.Op("ADD", k, out)
			for j := 0; j < len(acc[r]); j += 2 {
				f.WritePairNext(acc[r][j], acc[r][j+1], at)
			}
		}
		f.Op("SUBS", Imm(1), tiles)
		f.Op("BNE", label("tile"))
		f.Return()
	}
}

// s8Widen writes the kernel that copies lines as int16. What is left of a line is copied together with what stands before it, of a short line in two halves.
func s8Widen(file *File) {
	f := file.Function("s8WidenNEON", "func(dst *byte, dstStep int, src *int8, srcStep, n, lines int)",
		"s8WidenNEON copies lines of n int8, which are srcStep bytes apart, to dst as int16, where they are dstStep bytes apart.")
	dst, dstStep, src, srcStep, n, lines := f.Loaded("dst"), f.Loaded("dstStep"), f.Loaded("src"), f.Loaded("srcStep"), f.Loaded("n"), f.Loaded("lines")
	from, to, left, tmp, v := f.R(), f.R(), f.R(), f.R(), f.V()
	// each repeats body for all lines.
	each := func(name string, body func()) {
		times(f, name, lines, 1, func() {
			f.Op("MOVD", src, from)
			f.Op("MOVD", dst, to)
			body()
			f.Op("ADD", srcStep, src)
			f.Op("ADD", dstStep, dst)
		})
		f.Return()
	}
	// move copies so many bytes from the one on whose number is in left.
	move := func(bytes int) {
		f.Op("ADD", left, src, from)
		f.Op("ADD", left.Shifted(1), dst, to)
		f.Op(map[int]string{8: "FMOVD", 4: "FMOVS"}[bytes], from.At(0), v.F())
		f.Do(SXTL(v, v))
		f.Op(map[int]string{8: "FMOVQ", 4: "FMOVD"}[bytes], v.F(), to.At(0))
	}
	for _, bytes := range []int{8, 4} {
		next := fmt.Sprintf("below%d", bytes)
		f.Op("CMP", Imm(bytes), n)
		f.Op("BLT", next)
		each(fmt.Sprintf("lines%d", bytes), func() {
			block := fmt.Sprintf("block%d", bytes)
			f.Op("MOVD", Imm(0), left)
			f.Op("SUB", Imm(bytes), n, tmp)
			f.Label(block)
			move(bytes)
			f.Op("ADD", Imm(bytes), left)
			f.Op("CMP", tmp, left)
			f.Op("BLE", block)
			f.Op("MOVD", tmp, left)
			move(bytes)
		})
		f.Label(next)
	}
	each("short", func() {
		f.Op("MOVD", n, left)
		times(f, "one", left, 1, func() {
			f.Op("MOVB.P", from.At(1), tmp)
			f.Op("MOVH.P", tmp, to.At(2))
		})
	})
}
