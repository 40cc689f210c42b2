//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// s8TileCall is what a kernel for tiles of int8 products is told. The kernels know the order of the fields.
type s8TileCall struct {
	rows, tiles, steps int // of a tile, of the call, of k
	in                 *byte
	inRow              int
	b                  *byte
	start              *int32
	terms              *int32 // added to the sums of each row
	termRow            int
	out                *int32
	outRow             int
}

// tiles stores the sums of the first m rows of a strip over the panel that starts at column first, one row behind the other.
func (r *s8Right) tiles(sums []int32, strip []byte, m, first, width int, terms []int32) {
	const size = int(unsafe.Sizeof(sums[0]))
	f := r.form
	most, row := f.tileRows(width), f.row(r.k)
	tiles := (m + most - 1) / most
	rows, more := m/tiles, m%tiles
	panel, start := r.panels[first*row:][:width*row], r.start[first:][:width]
	strip, sums = strip[:m*row], sums[:m*width]
	// The least number of tiles, as equal as possible: first those with a row more.
	for done, n, left := 0, rows+1, more; done < m; n, left = rows, tiles-more {
		if left == 0 {
			continue
		}
		c := s8TileCall{
			rows: n, tiles: left, steps: row / (f.whole * f.bytes), in: unsafe.SliceData(strip[done*row:]), inRow: row, b: unsafe.SliceData(panel), start: &start[0],
			terms: &terms[0], out: &sums[done*width], outRow: size * width,
		}
		if len(terms) > 1 {
			c.terms, c.termRow = &terms[done], size
		}
		c.run(f, width)
		done += n * left
	}
}
