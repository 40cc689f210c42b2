package kernel

// outBytes is how much of the result is made before the next part of it: it is still in the second-level cache when its range is taken.
const outBytes = 256 << 10

// countedBytes is outBytes where the result is counted beside the next part of it, which is the case where the right operand takes at most weightBytes.
const (
	countedBytes = 64 << 10
	weightBytes  = 256 << 10
)

// leftBytes is how much of the left operand is gone through before the next panel is taken: it stays in the second-level cache.
const leftBytes = 128 << 10

// aheadMost is the greatest number of a panel's rows with which the next one is brought to the second-level cache before it is needed: it leaves room for the one
// before, and for what both are multiplied with.
const aheadMost = 5 << 10

// gemm is one product of matrices: row r of the result is start + the row r of the left operand times the right operand. Or it is several such products
// side by side, of groups of columns.
//
// Every element has one accumulator, started from the bias or from what out holds, to which the terms are added in the order
// of k, each by one fused multiply-add; then it is limited to the bounds.
type gemm struct {
	in     []float32 // the left operand: rows of k elements, row elements apart, unless rows says where they are
	row    int
	rows   *rows
	zero   []float32 // what rows reads where it says so
	right  panels
	groups int // products side by side; right is the first one's
	out    []float32
	outRow int  // from a row of the result to the next
	line   int  // so many rows are a line, if not 0, and lines are
	toLine int  // so far apart
	before int  // so many rows of the result are not in out, which begins with the next one
	resume bool // start from out
	bounds [2]float32
	from   int // the first of the rows that are computed together
	ahead  int // the panel that will be needed next begins at this column, if it is not 0
	// What of it is brought to the cache for each row, in elements, and in bytes for every 4 steps of k.
	aheadRow, aheadStep int
	scan                *F32Scan  // sees the result, if its rows follow each other without a gap
	lifted              *lifting  // if not nil, in was multiplied, and panels are divided
	panel               []float32 // that was divided
}

// span is a sequence of tiles whose rows are made alike: of ks runs of kc elements each. Where they are made of taps, those of a run follow each other.
type span struct {
	row         int // of the result
	tiles, rows int // so many rows each
	kc, ks      int
	taps        int // of a run
	step        int // from a run to the next, or 0 if it is not the same for all
}

// run computes the result's rows.
func (p *gemm) run(rows int) {
	in := p.in
	p.lift(rows)
	defer p.unlift(in)
	p.between(0, rows)
}

// between computes some of the result's rows.
func (p *gemm) between(from, to int) {
	step := p.blockRows(to - from)
	for row := from; row < to; row += step {
		end := min(row+step, to)
		p.block(row, end)
		if p.groups > 1 {
			p.others(row, end)
		}
		if p.scan.On() {
			p.scan.Include(p.out[p.at(row):][:(end-row)*p.outRow])
		}
	}
}

// others computes rows of the result of all groups but the first.
func (p *gemm) others(from, to int) {
	g, inputs := *p, p.right.k
	if p.rows != nil {
		inputs = p.rows.c
	}
	for range p.groups - 1 {
		g.right = g.right.in(g.right.next)
		g.in, g.out = g.in[inputs:], g.out[g.right.n:]
		g.block(from, to)
	}
}

// blockRows returns the number of rows for which all panels are gone through before the next ones: what they read and write stays in the cache.
func (p *gemm) blockRows(m int) int {
	if m <= tileRows {
		return max(m, 1)
	}
	k := p.row
	if p.rows != nil {
		k = p.rows.c * min(p.rows.taps, 3) // neighbours share what they read
	}
	out := outBytes
	if p.scan.counts() && 4*p.right.k*p.right.n <= weightBytes {
		out = countedBytes
	}
	most := max(1, min(leftBytes/(4*tileRows*max(k, 1)), out/(4*tileRows*max(p.outRow, 1)))) * tileRows
	blocks := max(1, (m+most-1)/most)
	return max(1, (m+blocks-1)/blocks)
}

// block computes rows of the result of one group. If there are lines, these are whole ones.
func (p *gemm) block(from, to int) {
	if from == to {
		return
	}
	first := 0
	if to-from == 1 && p.line == 0 && p.lifted == nil {
		first = p.vector(from)
	}
	for first < p.right.n {
		// Panels of one width take the same tiles.
		width := p.right.width(first)
		end := first + width
		for end < p.right.n && p.right.width(end) == width {
			end += width
		}
		p.from, p.aheadRow, p.aheadStep = from, width*p.right.k/(to-from), 4*4*width*tileHeight(width)/(to-from)
		var spans [16]span
		t := tiling{row: from, to: to, line: p.line, most: tileHeight(width)}
		for n := t.next(p, spans[:]); n > 0; n = t.next(p, spans[:]) {
			for panel := first; panel < end; panel += width {
				p.ahead = 0
				if panel+width < end && p.right.k <= aheadMost {
					p.ahead = panel + width
				}
				if p.lifted != nil {
					p.panel = p.lifted.divide(&p.right, panel)
				}
				for i := range spans[:n] {
					p.tiles(&spans[i], panel)
				}
			}
		}
		first = end
	}
}

// at returns where a row of the result starts.
func (p *gemm) at(row int) int {
	if p.line == 0 {
		return (row - p.before) * p.outRow
	}
	return row/p.line*p.toLine + row%p.line*p.outRow
}
