package kernel

import (
	"fmt"
	"sort"
)

// rows says where the rows of a product's left operand lie in an image: each is put together from taps of c elements. It is the
// same for every image, so that it is made once.
type rows struct {
	m, taps, c int
	offs       []int32 // of each row's taps; negative: zeros
	joins      []join  // by row; the last is behind all rows
}

// join says how many taps follow each other without a gap from a row on, to the next join. These are runs, which lie step elements apart, if not 0.
type join struct{ row, taps, step int }

// maxTable bounds the offsets that are looked up beforehand.
const maxTable = 1 << 28

// checkTable reports more outputs and taps than maxTable allows.
func checkTable(outputs, taps int) error {
	if taps > 0 && outputs > maxTable/taps {
		return fmt.Errorf("kernel: %d outputs of %d taps each: more than %d offsets", outputs, taps, maxTable)
	}
	return nil
}

// newRows returns the rows of m outputs. at returns the offset at which a row's tap starts, or -1 if the tap lies outside the
// image. Taps that follow each other without a gap, all of them or every inner ones, may be read as one run.
func newRows(m, taps, inner, c int, at func(row, tap int) int) (*rows, error) {
	if err := checkTable(m, taps); err != nil {
		return nil, err
	}
	r := &rows{m: m, taps: taps, c: c, offs: make([]int32, m*taps)}
	for row := range m {
		for t := range taps {
			r.offs[row*taps+t] = int32(at(row, t))
		}
		j := join{row: row, taps: min(taps, 1)}
		for _, n := range []int{taps, inner} {
			if n > 0 && (n == taps || c < joinBelow()) && r.joined(row, n) {
				j.taps, j.step = n, r.step(row, n)
				break
			}
		}
		if n := len(r.joins); n == 0 || r.joins[n-1].taps != j.taps || r.joins[n-1].step != j.step {
			r.joins = append(r.joins, j)
		}
	}
	r.joins = append(r.joins, join{row: m})
	return r, nil
}

// joined reports whether every n taps of a row lie in the image one after the other.
func (r *rows) joined(row, n int) bool {
	for t := range r.taps {
		off := r.off(row, t)
		if off < 0 || t%n != 0 && off != r.off(row, t-1)+r.c {
			return false
		}
	}
	return true
}

// step returns how far runs of n taps of a row lie apart, or 0 if some lie further than others.
func (r *rows) step(row, n int) int {
	step := 0
	for t := n; t < r.taps; t += n {
		d := r.off(row, t) - r.off(row, t-n)
		if step != 0 && d != step {
			return 0
		}
		step = d
	}
	return step
}

// off returns where a tap of a row starts in the image, or a negative number.
func (r *rows) off(row, tap int) int { return int(r.offs[row*r.taps+tap]) }

// at returns the number of the join that holds a row.
func (r *rows) at(row int) int {
	return sort.Search(len(r.joins)-1, func(i int) bool { return r.joins[i+1].row > row })
}

// alike returns the first of the tiles, as many as have runs of the same length. Join i holds the first row.
func (r *rows) alike(s span, i int) span {
	tiles := s.tiles
	s.tiles = 0
	for s.tiles < tiles {
		row := s.row + s.tiles*s.rows
		for r.joins[i+1].row <= row {
			i++
		}
		taps, step, n := r.joins[i].taps, r.joins[i].step, (r.joins[i+1].row-row)/s.rows
		if n == 0 {
			n, step = 1, 0
			for j := i + 1; r.joins[j].row < row+s.rows; j++ {
				taps = min(taps, r.joins[j].taps)
			}
		}
		if s.tiles > 0 && (taps != s.taps || step != s.step) {
			break
		}
		s.taps, s.step = taps, step
		s.tiles += min(n, tiles-s.tiles)
	}
	if s.taps > 0 {
		s.kc, s.ks = s.taps*r.c, r.taps/s.taps
	}
	return s
}
