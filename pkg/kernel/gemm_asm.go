//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// mostRows is the greatest number of rows of a tile.
const mostRows = 8

// leastPanels is the number of panels from which on a row is computed over several at a time.
const leastPanels = 2

// tileHeight returns how many rows a tile has at most that is as wide as a panel: so many as there are accumulators for.
func tileHeight(width int) int {
	switch {
	case wideRegisters():
		return mostRows
	case width == 16:
		return 6
	case width == 24:
		return 4
	default:
		return mostRows
	}
}

// kernelSteps is the number of steps of k that the kernels take at a time.
const kernelSteps = 4

// tileCall is what a kernel for tiles is told. The kernels know the order of the fields.
type tileCall struct {
	rows, tiles, kc, ks        int
	in                         *float32
	inStep                     int
	offs                       *int32
	offsRow, offsRun, offsStep int // from a row, a run and a tile to the next
	step                       int // from a run to the next in memory, or 0: as the offsets say
	zero, b                    *float32
	ahead                      *float32 // what will be needed soon
	aheadStep                  int      // bytes for every 4 steps of k
	start                      *float32
	startRow                   int
	out                        *float32
	outRow, last               int
	bounds                     *[2]float32
	left                       int         // for the kernel
	bins, binsEnd              *waitingBin // what is counted beside, and from where on too few are left for that
	counts                     *countEntry // of bin 0
	inRow                      int         // from a row to the next in memory, where rows are evenly spaced
}

// tiles computes a span over the panel that starts at column first.
func (p *gemm) tiles(s *span, first int) {
	width := p.right.width(first)
	if !hasTiles(width) || s.kc*s.ks == 0 {
		p.tilesGeneric(s, first)
		return
	}
	const size = int(unsafe.Sizeof(float32(0)))
	cols := min(p.right.n-first, width)
	out := p.out[p.at(s.row)+first : p.at(s.row+s.tiles*s.rows-1)+first+cols]
	c := tileCall{
		rows: s.rows, tiles: s.tiles, kc: s.kc, ks: s.ks, zero: unsafe.SliceData(p.zero), b: &p.right.data[first*p.right.k], start: &p.right.bias[first],
		out: &out[0], outRow: size * p.outRow, last: cols - width + panelStep, bounds: &p.bounds,
	}
	c.ahead = c.b
	if p.lifted != nil {
		c.b = &p.panel[0]
	}
	if p.ahead > 0 { // every tile brings its share
		c.ahead = &p.right.data[p.ahead*p.right.k+(s.row-p.from)*p.aheadRow]
		c.aheadStep = p.aheadStep
	}
	if p.resume {
		c.start, c.startRow = c.out, c.outRow
	}
	var even [mostRows]int32
	if p.rows != nil {
		r := p.rows
		c.in, c.step = unsafe.SliceData(p.in), size*s.step
		c.offs, c.offsRow, c.offsRun, c.offsStep = &r.offs[s.row*r.taps], size*r.taps, size*s.taps, size*s.rows*r.taps
	} else {
		c.offsRow = size
		for r := range even {
			even[r] = int32(r * p.row)
		}
		c.in, c.inStep, c.inRow, c.offs = &p.in[s.row*p.row], size*s.rows*p.row, size*p.row, &even[0]
	}
	c.prepare()
	if n := tileBeside(width, s.rows); n > 0 && p.scan.counts() {
		c.beside(width, n, p.scan.by)
	}
	if c.tiles > 0 {
		c.run(width)
	}
}

// beside computes tiles while there are bins to count beside them, n in each step, and leaves the others.
func (c *tileCall) beside(width, n int, by *F32Counter) {
	each := n * (c.kc &^ (kernelSteps - 1)) * c.ks // bins that are counted beside a tile
	least := n * kernelSteps
	for each > 0 && c.tiles > 0 {
		q := by.fullest()
		if q.waiting() < least {
			return
		}
		rest := c.tiles
		c.tiles = min(rest, (q.waiting()+each-1)/each)
		rest -= c.tiles
		c.bins, c.binsEnd, c.counts = &q.bins[q.first], &q.bins[q.last-least+1], q.zero()
		c.run(width)
		q.first = int(uintptr(unsafe.Pointer(c.bins))-uintptr(unsafe.Pointer(&q.bins[0]))) / int(unsafe.Sizeof(q.bins[0]))
		c.tiles, c.bins, c.binsEnd = rest, nil, nil
	}
}

// vector computes what it can of one row of the result, several panels at a time, and returns how many columns that is, from the first on.
func (p *gemm) vector(row int) int {
	k, wide := p.right.k, p.right.wide
	if !hasVector(wide) || k == 0 {
		return 0
	}
	in := p.whole(row)
	if in == nil {
		return 0
	}
	out, start := p.out[p.at(row):][:p.right.n], p.right.bias
	if p.resume {
		start = out
	}
	full := p.right.n / wide // panels without a column that is not the result's
	if full > 0 && p.right.width((full-1)*wide) != wide {
		full--
	}
	done := 0
	for full-done >= leastPanels {
		panels, first := min(full-done, mostPanels), done*wide
		vectorPanels(wide, panels, k, &in[0], &p.right.data[first*k], int(unsafe.Sizeof(in[0]))*wide*k, &start[first], &out[first], &p.bounds)
		done += panels
	}
	return done * wide
}

// mostPanels is the number of panels over which a row is computed at a time.
const mostPanels = 4

// whole returns a row of the left operand if its elements follow each other, else nil.
func (p *gemm) whole(row int) []float32 {
	if p.rows == nil {
		return p.in[row*p.row:][:p.right.k]
	}
	off := p.rows.off(row, 0)
	if s := p.rows.alike(span{row: row, tiles: 1, rows: 1}, p.rows.at(row)); s.ks != 1 || off < 0 {
		return nil
	}
	return p.in[off:][:p.right.k]
}
