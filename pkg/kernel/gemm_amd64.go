//go:build amd64 && !purego

package kernel

import "unsafe"

// tiles computes a span over the panel that starts at column first.
func (p *gemm) tiles(s *span, first int) {
	if !useAVX2 || s.kc*s.ks == 0 {
		p.tilesGeneric(s, first)
		return
	}
	width, cols := p.right.width(first), min(p.right.n-first, panelWidth)
	c := tileCall{kc: s.kc, ks: s.ks, in: unsafe.SliceData(p.in), b: &p.right.data[first*p.right.k], wide: width == panelWidth, bounds: &p.bounds}
	var even [tileRows]int32
	if s.table != nil {
		c.offs, c.offsStep = &s.table[0], 4*tileRows*s.ks
		c.zero = unsafe.SliceData(p.zero)
	} else {
		for r := range even {
			even[r] = int32(min(r, s.rows-1) * p.row)
		}
		c.in, c.inStep, c.offs = &p.in[s.row*p.row], 4*tileRows*p.row, &even[0]
	}
	if s.rows == s.tiles*tileRows && cols == width && p.place == nil {
		last := p.at(s.row+s.rows-1) + first + cols
		out := p.out[p.at(s.row)+first : last]
		start, startRow := &p.right.bias[first], 0
		if p.resume {
			start, startRow = &out[0], p.outRow
		}
		c.call(s.tiles, start, startRow, &out[0], p.outRow)
		return
	}
	// The kernel writes whole tiles: elsewhere, and what counts is copied.
	var tile [tileRows * panelWidth]float32
	for t := range s.tiles {
		rows := min(s.rows-t*tileRows, tileRows)
		start, startRow := &p.right.bias[first], 0
		if p.resume {
			for r := range rows {
				copy(tile[r*width:], p.out[p.at(s.row+t*tileRows+r)+first:][:cols])
			}
			start, startRow = &tile[0], width
		}
		c.call(1, start, startRow, &tile[0], width)
		for r := range rows {
			copy(p.out[p.at(s.row+t*tileRows+r)+first:][:cols], tile[r*width:])
		}
		if t+1 == s.tiles {
			return // a pointer behind the last tile would point outside
		}
		c.in = (*float32)(unsafe.Add(unsafe.Pointer(c.in), c.inStep))
		c.offs = (*int32)(unsafe.Add(unsafe.Pointer(c.offs), c.offsStep))
	}
}

// tileCall holds the arguments that the tiles of a span share.
type tileCall struct {
	kc, ks           int
	in, zero, b      *float32
	offs             *int32
	inStep, offsStep int // bytes
	bounds           *[2]float32
	wide             bool
}

// call computes tiles whose rows are startRow and outRow elements apart.
func (c *tileCall) call(tiles int, start *float32, startRow int, out *float32, outRow int) {
	if c.wide {
		gemm6x16AVX2(tiles, c.kc, c.ks, c.in, c.inStep, c.offs, c.offsStep, c.zero, c.b, start, 4*startRow, out, 4*outRow, c.bounds)
		return
	}
	gemm6x8AVX2(tiles, c.kc, c.ks, c.in, c.inStep, c.offs, c.offsStep, c.zero, c.b, start, 4*startRow, out, 4*outRow, c.bounds)
}

// vector computes what it can of a product of one row, and returns how many columns that is, from the first on.
func (p *gemm) vector() int {
	const columns = 4 * panelWidth
	k, n := p.right.k, p.right.n
	in := p.row0()
	if !useAVX2 || in == nil || k == 0 || n < columns || p.place != nil {
		return 0
	}
	group := func(first int) {
		out := p.out[first : first+columns]
		start := p.right.bias[first : first+columns]
		if p.resume {
			start = out
		}
		gemv4x16AVX2(k, &in[0], &p.right.data[first*k], 4*panelWidth*k, &start[0], &out[0], &p.bounds)
	}
	done := n / columns * columns
	for first := 0; first < done; first += columns {
		group(first)
	}
	if n%panelWidth == 0 && done < n && !p.resume {
		group(n - columns) // some columns come out again, the same
		return n
	}
	return done
}

// row0 returns the left operand if it is one row whose elements follow each other, else nil.
func (p *gemm) row0() []float32 {
	k := p.right.k
	if p.height() != 1 {
		return nil
	}
	if p.rows == nil {
		return p.in[:k]
	}
	s := &p.rows.blocks[0][0]
	if s.ks != 1 || s.kc != k || s.table[0] < 0 {
		return nil
	}
	return p.in[s.table[0]:][:k]
}
