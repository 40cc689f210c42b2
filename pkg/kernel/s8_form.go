package kernel

import "encoding/binary"

// s8Form says how the operands of a product of int8 matrices lie in memory.
//
// The right one is rearranged to panels of some columns, which hold a group of elements of k after the other: those of the first column, of the second, and so
// on. Columns up to a multiple of lanes and elements up to a whole step are zeros. Rows of the left operand are whole steps too; what they are filled up
// with does not matter.
type s8Form struct {
	group  int   // elements of k of a column that lie together; 0 is the generic form
	whole  int   // elements of k of a step: groups of all columns, one behind the other
	bytes  int   // of an element
	lanes  int   // columns of a register of sums, or of a tile of the generic form
	wide   int   // columns of a panel at most
	offset int32 // elements of the left operand are so much greater
}

// s8Words is the generic form; see packWords.
var s8Words = s8Form{bytes: 1, lanes: 4, wide: 4}

// row returns the bytes of a row of the left operand, and of a column of the right.
func (f *s8Form) row(k int) int { return (k + f.whole - 1) / f.whole * f.whole * f.bytes }

// columns returns n rounded up to whole registers.
func (f *s8Form) columns(n int) int { return (n + f.lanes - 1) / f.lanes * f.lanes }

// width returns the columns of the panel that starts at one of n columns.
func (f *s8Form) width(n, first int) int { return min(f.wide, f.columns(n)-first) }

// packPanels packs the columns to panels. Where elements have two bytes the zero point is subtracted.
func (r *s8Right) packPanels(w s8Weights, zero int32) {
	f := r.form
	clear(r.panels)
	for first := 0; r.k > 0 && first < r.n; {
		width := f.width(r.n, first)
		panel := r.panels[first*f.row(r.k):]
		step := width * f.group * f.bytes
		for c := range min(width, r.n-first) {
			column, to := w.data[(first+c)*w.column:], panel[c*f.group*f.bytes:]
			switch {
			case f.bytes == 2:
				for i := range r.k {
					v := int16(int32(column[i*w.row]) - zero)
					binary.LittleEndian.PutUint16(to[i/f.group*step+i%f.group*2:], uint16(v))
				}
			default:
				for i := range r.k {
					to[i/f.group*step+i%f.group] = byte(column[i*w.row])
				}
			}
		}
		first += width
	}
}
