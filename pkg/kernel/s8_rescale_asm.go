//go:build amd64 && !purego

package kernel

import "unsafe"

// s8Lanes are the multipliers or factors of an S8Result, column by column, as the variants load them: whole registers, also behind the last.
type s8Lanes struct {
	m, left, right []int32 // of a Multiplier
	add            []int32 // half of what the shift right divides by, and the zero point times that, where that is small
	factor         []float64
	shiftsRight    bool // multipliers do so, by 1 to mostRight, and nothing else
	small          bool // and sums are less than smallSums
}

const (
	s8Register = 16      // columns of the widest register
	mostRight  = 22      // so that the zero point, shifted, stays below 2^29
	smallSums  = 1 << 30 // doubled ones don't wrap
)

func newS8Lanes(r *S8Result) *s8Lanes {
	l := &s8Lanes{shiftsRight: r.Factor == nil}
	if r.Factor != nil {
		l.factor = append(make([]float64, 0, len(r.Factor)+s8Register), r.Factor...)[:len(r.Factor)+s8Register]
		return l
	}
	n := len(r.Scale) + s8Register
	all := make([]int32, 4*n)
	l.m, l.left, l.right, l.add = all[:n], all[n:2*n], all[2*n:3*n], all[3*n:]
	for c, s := range r.Scale {
		l.m[c], l.left[c], l.right[c] = int32(s.m), int32(s.left), int32(s.right)
		if s.left > 0 || s.right < 1 || s.right > mostRight {
			l.shiftsRight = false
			continue
		}
		l.add[c] = int32(s.half) + r.Zero<<s.right
	}
	return l
}

func (l *s8Lanes) within(most int64) { l.small = l.shiftsRight && most < smallSums }

// s8RescaleCall is what a kernel for sums is told. The kernels know the order of the fields.
type s8RescaleCall struct {
	rows, n             int
	sums                *int32
	sumsRow             int // from a row to the next in bytes
	out                 *int8
	outRow              int
	m, left, right, add *int32
	factor              *float64
	zero, lo, hi        int
}

// rows does what S8Result.rows does, and reports whether it did. There are a row and a column at least.
func (l *s8Lanes) rows(r *S8Result, out []int8, outRow int, sums []int32, sumsRow, rows, first, n int) bool {
	if l == nil || !variants() {
		return false
	}
	c := s8RescaleCall{
		rows: rows, n: n, sums: &sums[0], sumsRow: int(unsafe.Sizeof(sums[0])) * sumsRow, out: &out[0], outRow: outRow,
		zero: int(r.Zero), lo: int(r.Lo), hi: int(r.Hi),
	}
	if l.factor != nil {
		c.factor = &l.factor[first : first+n+s8Register][0]
	} else {
		end := first + n + s8Register
		c.m, c.left, c.right, c.add = &l.m[first:end][0], &l.left[first:end][0], &l.right[first:end][0], &l.add[first:end][0]
	}
	c.run(l)
	return true
}
