package kernel

// tiling divides rows of a product into spans.
type tiling struct {
	row, to   int // the rows that are left
	line      int // tiles don't lie across a line of so many rows, if not 0
	most      int // rows of a tile
	now, then span
	join      int // of the left operand's rows: holds a row before the next span
	joined    bool
}

// next puts the next spans into the list, and returns how many.
func (t *tiling) next(p *gemm, list []span) int {
	n := 0
	for n < len(list) && t.begin() {
		if p.rows == nil {
			t.now.kc, t.now.ks, t.now.taps = p.right.k, 1, 1
			list[n] = t.now
			t.now.tiles = 0
			n++
			continue
		}
		if !t.joined {
			t.join, t.joined = p.rows.at(t.now.row), true
		}
		for p.rows.joins[t.join+1].row <= t.now.row {
			t.join++
		}
		list[n] = p.rows.alike(t.now, t.join)
		t.now.row += list[n].tiles * t.now.rows
		t.now.tiles -= list[n].tiles
		n++
	}
	return n
}

// begin makes sure that there are tiles in now, and reports whether there are.
func (t *tiling) begin() bool {
	for t.now.tiles == 0 {
		if t.then.tiles > 0 {
			t.now, t.then.tiles = t.then, 0
			continue
		}
		if t.row >= t.to {
			return false
		}
		m := t.line
		if m == 0 {
			m = t.to - t.row
		}
		// The least number of tiles, as equal as possible.
		tiles := (m + t.most - 1) / t.most
		rows, more := m/tiles, m%tiles
		t.now = span{row: t.row, tiles: more, rows: rows + 1}
		t.then = span{row: t.row + more*(rows+1), tiles: tiles - more, rows: rows}
		t.row += m
	}
	return true
}
