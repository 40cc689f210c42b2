package kernel

// tileRows is the number of rows that the matrix kernel computes at a time.
const tileRows = 6

// outBytes is how much of the result is made before the next part of it: it is still in the second-level cache when its range is taken.
const outBytes = 256 << 10

// leftBytes is how much of the left operand is gone through before the next panel is taken: it stays in the second-level cache.
const leftBytes = 128 << 10

// gemm is one product of matrices: row r of the result is start + the row r of the left operand times the right operand.
//
// Every element has one accumulator, started from the bias or from what out holds, to which the terms are added in the order
// of k, each by one fused multiply-add; then it is limited to the bounds.
type gemm struct {
	in     []float32 // the left operand: m rows of k elements, row elements apart, unless rows says where they are
	m, row int
	rows   *rows
	zero   []float32 // what rows reads where it says so
	right  *panels
	out    []float32
	outRow int     // from a row of the result to the next
	place  []int32 // where the rows of the result start, if they don't follow each other
	resume bool    // start from out
	bounds [2]float32
	scan   *F32Scan // sees the result, if its rows follow each other without a gap
}

// span is a sequence of tiles whose rows are made alike: of ks runs of kc elements each, at the offsets of a table. Without
// a table there is one run, and the rows are evenly spaced.
type span struct {
	row    int // of the result
	tiles  int
	rows   int // tileRows of each tile, fewer if there is one tile
	kc, ks int
	table  []int32 // of tiles × ks × tileRows offsets; negative: zeros
}

// run computes the product.
func (p *gemm) run() {
	if p.right.n == 0 || p.height() == 0 {
		return
	}
	done := p.vector()
	if p.rows != nil {
		for _, block := range p.rows.blocks {
			for first := done; first < p.right.n; first += panelWidth {
				for i := range block {
					p.tiles(&block[i], first)
				}
			}
			last := &block[len(block)-1]
			p.see(block[0].row, last.row+last.rows)
		}
		return
	}
	k := p.right.k
	tiles := max(1, min(leftBytes/(4*tileRows*max(k, 1)), outBytes/(4*tileRows*p.right.n)))
	for row := 0; row < p.m; row += tiles * tileRows {
		rows := min(p.m-row, tiles*tileRows)
		full := rows / tileRows
		for first := done; first < p.right.n; first += panelWidth {
			if full > 0 {
				p.tiles(&span{row: row, tiles: full, rows: full * tileRows, kc: k, ks: 1}, first)
			}
			if rest := rows - full*tileRows; rest > 0 {
				p.tiles(&span{row: row + full*tileRows, tiles: 1, rows: rest, kc: k, ks: 1}, first)
			}
		}
		p.see(row, row+rows)
	}
}

// see looks at rows of the result.
func (p *gemm) see(from, to int) {
	if n := p.right.n; p.scan.On() && p.outRow == n && p.place == nil {
		p.scan.Include(p.out[from*n : to*n])
	}
}

// height returns the number of rows.
func (p *gemm) height() int {
	if p.rows != nil {
		return p.rows.m
	}
	return p.m
}

// at returns where a row of the result starts in out.
func (p *gemm) at(row int) int {
	if p.place != nil {
		return int(p.place[row])
	}
	return row * p.outRow
}
