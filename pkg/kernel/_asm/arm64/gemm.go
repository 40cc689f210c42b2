package main

import (
	"fmt"
	"slices"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

// forms are the columns of the tiles and their greatest number of rows. 24 accumulators leave eight registers: one with four steps of k for each row, and
// two for the right operand, which is gone through eight columns at a time. They are multiplied by elements of the others. More than 8 rows have no
// registers for their addresses.
var forms = []struct{ columns, rows int }{{8, 8}, {16, 6}, {24, 4}}

// gemm writes the kernels of products of matrices. Their Go counterpart is gemm_generic.go.
func gemm(file *File) {
	for _, f := range forms {
		tiles(file, f.columns, f.rows)
	}
	vector(file, 4, 16)
}

// tiles writes the kernel for tiles of so many columns: one function, which goes to the loop for the number of rows.
func tiles(file *File, columns, most int) {
	name := fmt.Sprintf("gemm%dNEON", columns)
	f := file.Function(name, "func(call *tileCall)",
		fmt.Sprintf("%s computes tiles of up to %d rows and %d columns, one below the other, as tilesGeneric does.", name, most, columns))
	t := newTile(f, columns, most)
	rows := t.at
	t.load("rows", rows)
	for r := 1; r < most; r++ {
		f.Op("CMP", Imm(r), rows)
		f.Op("BEQ", fmt.Sprintf("tile%d", r))
	}
	for r := most; r > 0; r-- {
		t.write(r)
	}
}

// tile is a tile in registers.
type tile struct {
	f     *Function
	acc   [][]V
	left  []V
	right []V
	row   []R

	call                         R // points to a tileCall
	tiles, in, offs, start, out  R // what changes from tile to tile
	last, b, runs, k             R
	at, tmp, zero, offsRow, from R
}

func newTile(f *Function, columns, rows int) *tile {
	t := &tile{f: f, call: f.Loaded("call")}
	for range rows {
		t.acc, t.row = append(t.acc, f.Vs(columns/lanes)), append(t.row, f.R())
	}
	t.left, t.right = f.Vs(rows), f.Vs(2)
	for _, r := range []*R{&t.tiles, &t.in, &t.offs, &t.start, &t.out, &t.last, &t.b, &t.runs, &t.k, &t.at, &t.tmp, &t.zero, &t.offsRow, &t.from} {
		*r = f.R()
	}
	t.load("tiles", t.tiles)
	t.load("in", t.in)
	t.load("offs", t.offs)
	t.load("start", t.start)
	t.load("out", t.out)
	t.load("last", t.last)
	return t
}

// load sets r to a field of the call.
func (t *tile) load(field string, r R) { t.f.Op("MOVD", t.call.Field("tileCall_"+field), r) }

// write writes the loop over tiles of the given number of rows.
func (t *tile) write(rows int) {
	f := t.f
	acc, left, right, row := t.acc[:rows], t.left[:rows], t.right, t.row[:rows]
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	final := len(acc[0]) - 2 // the first of the last two registers

	// step is a step of k, for which element index of left holds the left operand.
	step := func(index int) {
		for j := 0; j <= final; j += 2 {
			f.ReadPairNext(right[0], right[1], t.b)
			for r := range acc {
				for i := range right {
					f.Do(FMLAElement.Of(S4, acc[r][j+i], right[i], left[r], index))
				}
			}
		}
	}

	f.Label(label("tile"))
	t.load("startRow", t.at)
	for r := range acc {
		f.Op("MOVD", t.start, row[r])
		f.Op("ADD", t.at, t.start)
		for j := 0; j < final; j += 2 {
			f.ReadPair(acc[r][j], acc[r][j+1], row[r], j*register)
		}
		if final > 0 {
			f.Op("ADD", Imm(final*register), row[r])
		}
	}
	f.Op("TBZ", Imm(3), t.last, label("part"))
	for r := range acc {
		f.ReadPair(acc[r][final], acc[r][final+1], row[r], 0)
	}
	f.Op("B", label("started"))
	f.Label(label("part"))
	for r := range acc {
		readFirst(f, fmt.Sprintf("%s%d", label("start"), r), acc[r][final:], row[r], t.last, t.at, right[0])
	}
	f.Label(label("started"))
	t.load("b", t.b)
	t.load("ks", t.runs)
	f.Op("MOVD", t.offs, t.from)

	f.Label(label("offsets"))
	t.load("zero", t.zero)
	t.load("offsRow", t.offsRow)
	f.Op("MOVD", t.from, t.at)
	for r := range row {
		f.Op("MOVW", t.at.At(0), t.tmp)
		f.Op("ADD", t.offsRow, t.at)
		f.Op("ADD", t.tmp.Shifted(2), t.in, row[r])
		f.Op("CMP", Imm(0), t.tmp)
		f.Op("CSEL", "LT", t.zero, row[r], row[r])
	}
	t.load("offsRun", t.tmp)
	f.Op("ADD", t.tmp, t.from)
	f.Label(label("run"))
	t.load("kc", t.k)
	f.Op("SUBS", Imm(lanes), t.k)
	f.Op("BLT", label("rest"))
	f.Label(label("steps"))
	for r := range left {
		f.ReadNext(left[r], row[r])
	}
	for index := range lanes {
		step(index)
	}
	f.Op("SUBS", Imm(lanes), t.k)
	f.Op("BGE", label("steps"))
	f.Label(label("rest"))
	f.Op("ADDS", Imm(lanes), t.k)
	f.Op("BEQ", label("done"))
	times(f, label("single"), t.k, 1, func() {
		for r := range left {
			f.ReadOne(left[r], row[r])
		}
		step(0)
	})
	f.Label(label("done"))
	f.Op("SUBS", Imm(1), t.runs)
	f.Op("BEQ", label("end"))
	t.load("step", t.at)
	f.Op("CBZ", t.at, label("offsets"))
	f.Comment("From the end of a run to the next")
	t.load("kc", t.tmp)
	f.Op("SUB", t.tmp.Shifted(2), t.at)
	for r := range row {
		f.Op("ADD", t.at, row[r])
	}
	f.Op("B", label("run"))
	f.Label(label("end"))

	t.load("bounds", t.at)
	limits(f, label, t.at, t.tmp, right[0], right[1], slices.Concat(acc...))
	t.load("outRow", t.at)
	for r := range acc {
		f.Op("MOVD", t.out, row[r])
		f.Op("ADD", t.at, t.out)
		for j := 0; j < final; j += 2 {
			f.WritePairNext(acc[r][j], acc[r][j+1], row[r])
		}
	}
	f.Op("TBZ", Imm(3), t.last, label("few"))
	for r := range acc {
		f.WritePair(acc[r][final], acc[r][final+1], row[r], 0)
	}
	f.Op("B", label("stored"))
	f.Label(label("few"))
	for r := range acc {
		writeFirst(f, fmt.Sprintf("%s%d", label("store"), r), acc[r][final:], row[r], t.last)
	}
	f.Label(label("stored"))
	t.load("inStep", t.at)
	f.Op("ADD", t.at, t.in)
	t.load("offsStep", t.at)
	f.Op("ADD", t.at, t.offs)
	f.Op("SUBS", Imm(1), t.tiles)
	f.Op("BNE", label("tile"))
	f.Return()
}

// vector writes the kernel for one row: one function, which goes to the loop for the number of panels. With fewer accumulators the sums would wait for each other.
func vector(file *File, most, columns int) {
	f := file.Function("gemvNEON", "func(panels, k int, in, b *float32, panel int, start, out *float32, bounds *[2]float32)",
		fmt.Sprintf("gemvNEON computes one row over up to %d panels of %d columns, which are panel bytes apart, as tilesGeneric does.", most, columns))
	k, in, panel, start, out, at := f.Loaded("panels"), f.Loaded("in"), f.Loaded("panel"), f.Loaded("start"), f.Loaded("out"), f.Loaded("bounds")
	b := make([]R, most)
	for i := range b {
		b[i] = f.R()
	}
	each := columns / lanes // registers of a panel
	left, right, acc := f.V(), f.Vs(each), f.Vs(most*each)
	for n := 1; n < most; n++ {
		f.Op("CMP", Imm(n), k)
		f.Op("BEQ", fmt.Sprintf("panels%d", n))
	}
	for n := most; n > 0; n-- {
		label := func(s string) string { return fmt.Sprintf("%s%d", s, n) }
		b, acc := b[:n], acc[:n*each]
		step := func(index int) {
			for i := range b {
				for j := 0; j < each; j += 2 {
					f.ReadPairNext(right[j], right[j+1], b[i])
				}
				for j, r := range right {
					f.Do(FMLAElement.Of(S4, acc[i*each+j], r, left, index))
				}
			}
		}
		f.Label(label("panels"))
		f.Load("k", k)
		for i := range b {
			if i == 0 {
				f.Load("b", b[i])
			} else {
				f.Op("ADD", panel, b[i-1], b[i])
			}
		}
		for j := 0; j < len(acc); j += 2 {
			f.ReadPair(acc[j], acc[j+1], start, j*register)
		}
		f.Op("SUBS", Imm(lanes), k)
		f.Op("BLT", label("rest"))
		f.Label(label("steps"))
		f.ReadNext(left, in)
		for index := range lanes {
			step(index)
		}
		f.Op("SUBS", Imm(lanes), k)
		f.Op("BGE", label("steps"))
		f.Label(label("rest"))
		f.Op("ADDS", Imm(lanes), k)
		f.Op("BEQ", label("done"))
		times(f, label("single"), k, 1, func() {
			f.ReadOne(left, in)
			step(0)
		})
		f.Label(label("done"))
		limits(f, label, at, k, right[0], right[1], acc)
		for j := 0; j < len(acc); j += 2 {
			f.WritePair(acc[j], acc[j+1], out, j*register)
		}
		f.Return()
	}
}
