package kernel

import "fmt"

// rows says where the rows of a product's left operand lie in an image: each is put together from taps of c elements. It is the
// same for every image, so that it is made once.
type rows struct {
	m      int
	blocks [][]span // a block is what stays in the cache while all panels are gone through
}

// maxTable bounds the offsets that are looked up beforehand.
const maxTable = 1 << 28

// checkTable reports more outputs and taps than maxTable allows.
func checkTable(outputs, taps int) error {
	if taps > 0 && outputs > maxTable/taps {
		return fmt.Errorf("kernel: %d outputs of %d taps each: more than %d offsets", outputs, taps, maxTable)
	}
	return nil
}

// newRows returns the rows of m outputs of n elements. at returns the offset at which a row's tap starts, or -1 if the tap lies outside the
// image. Taps that follow each other without a gap, all of them or every inner ones, are read as one run.
func newRows(m, n, taps, inner, c int, at func(row, tap int) int) (*rows, error) {
	if err := checkTable(m, taps); err != nil {
		return nil, err
	}
	r := &rows{m: m}
	limit := max(1, min(leftBytes/(4*tileRows*c*max(1, min(taps, 3))), outBytes/(4*tileRows*max(1, n))))
	tile := make([]int, tileRows*taps)
	var table []int32
	tiles := 0 // in the last block
	for row := 0; row < m; row += tileRows {
		for t := range taps {
			for i := range tileRows {
				tile[t*tileRows+i] = at(min(row+i, m-1), t)
			}
		}
		run := 1
		for _, n := range []int{taps, inner} {
			if n > 0 && joined(tile, n, c) {
				run = n
				break
			}
		}
		if tiles == limit || r.blocks == nil {
			r.blocks, tiles = append(r.blocks, nil), 0
		}
		tiles++
		block := &r.blocks[len(r.blocks)-1]
		s := span{row: row, tiles: 1, rows: min(tileRows, m-row), kc: run * c}
		if taps > 0 {
			s.ks = taps / run
		}
		for i := range s.ks {
			for _, off := range tile[i*run*tileRows:][:tileRows] {
				table = append(table, int32(off))
			}
		}
		if n := len(*block); n > 0 && s.rows == tileRows && (*block)[n-1].kc == s.kc {
			last := &(*block)[n-1]
			last.tiles++
			last.rows += tileRows
			continue
		}
		*block = append(*block, s)
	}
	// The table has grown and moved; now the spans can point into it.
	for _, block := range r.blocks {
		for i := range block {
			n := block[i].tiles * block[i].ks * tileRows
			block[i].table, table = table[:n:n], table[n:]
		}
	}
	return r, nil
}

// joined reports whether every n taps of a tile's rows lie in the image one after the other.
func joined(tile []int, n, c int) bool {
	for i, off := range tile {
		if off < 0 || i/tileRows%n != 0 && off != tile[i-tileRows]+c {
			return false
		}
	}
	return true
}
