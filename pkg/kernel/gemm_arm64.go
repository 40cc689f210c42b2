//go:build arm64 && !purego

package kernel

import "unsafe"

// panelWidth is the number of columns of a panel.
const panelWidth = 16

// tileHeight returns how many rows a tile has at most that is as wide as a panel.
func tileHeight(width int) int {
	if width == 24 {
		return 4
	}
	return tileRows
}

// tiles computes a span over the panel that starts at column first.
func (p *gemm) tiles(s *span, first int) {
	if s.tiles == 0 {
		return
	}
	if !useNEON || s.kc*s.ks == 0 {
		p.tilesGeneric(s, first)
		return
	}
	const size = int(unsafe.Sizeof(float32(0)))
	width := p.right.width(first)
	cols := min(p.right.n-first, width)
	in, inStep, offs, offsRun, offsStep := unsafe.SliceData(p.in), 0, (*int32)(nil), 0, 0
	var even [tileRows]int32
	if p.rows != nil {
		offs, offsRun, offsStep = &p.rows.offs[s.row], size*s.taps*p.rows.m, size*s.rows
	} else {
		for r := range even {
			even[r] = int32(r * p.row)
		}
		in, inStep, offs = &p.in[s.row*p.row], size*s.rows*p.row, &even[0]
	}
	out := p.out[p.at(s.row)+first : p.at(s.row+s.tiles*s.rows-1)+first+cols]
	start, startRow := &p.right.bias[first], 0
	if p.resume {
		start, startRow = &out[0], size*p.outRow
	}
	zero, b, last := unsafe.SliceData(p.zero), &p.right.data[first*p.right.k], cols-width+panelStep
	switch width {
	case 8:
		gemm8NEON(s.rows, s.tiles, s.kc, s.ks, in, inStep, offs, offsRun, offsStep, zero, b, start, startRow, &out[0], size*p.outRow, last, &p.bounds)
	case 16:
		gemm16NEON(s.rows, s.tiles, s.kc, s.ks, in, inStep, offs, offsRun, offsStep, zero, b, start, startRow, &out[0], size*p.outRow, last, &p.bounds)
	case 24:
		gemm24NEON(s.rows, s.tiles, s.kc, s.ks, in, inStep, offs, offsRun, offsStep, zero, b, start, startRow, &out[0], size*p.outRow, last, &p.bounds)
	}
}

// vector computes what it can of one row of the result, and returns how many columns that is, from the first on.
func (p *gemm) vector(row int) int {
	const columns = 4 * panelWidth
	k, n := p.right.k, p.right.n
	if !useNEON || k == 0 || n < columns {
		return 0
	}
	in := p.whole(row)
	if in == nil {
		return 0
	}
	row *= p.outRow
	group := func(first int) {
		out := p.out[row+first : row+first+columns]
		start := p.right.bias[first : first+columns]
		if p.resume {
			start = out
		}
		gemv4x16NEON(k, &in[0], &p.right.data[first*k], 4*panelWidth*k, &start[0], &out[0], &p.bounds)
	}
	first := 0
	for ; n-first >= columns && p.right.width(first+columns-panelWidth) == panelWidth; first += columns {
		group(first)
	}
	return first
}

// whole returns a row of the left operand if its elements follow each other, else nil.
func (p *gemm) whole(row int) []float32 {
	if p.rows == nil {
		return p.in[row*p.row:][:p.right.k]
	}
	if s := p.rows.alike(span{row: row, tiles: 1, rows: 1}); s.ks != 1 || p.rows.offs[row] < 0 {
		return nil
	}
	return p.in[p.rows.offs[row]:][:p.right.k]
}
