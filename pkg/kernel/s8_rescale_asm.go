//go:build (amd64 || arm64) && !purego

package kernel

import (
	"math"
	"unsafe"
)

// s8Lanes are the multipliers or factors of an S8Result, column by column, as the variants load them: whole registers, also behind the last.
type s8Lanes struct {
	m, left, right []int32 // of a Multiplier
	add            []int32 // half of what the shift right divides by, and the zero point times that, where that is small
	factor         []float64
	large          []int32 // how many of the columns in front of one are not small
}

// A column is small if its multiplier shifts right by 1 to mostRight and nothing else, and its sums are below smallSums.
const (
	s8Register = 16      // columns of the widest register
	mostRight  = 22      // so that the zero point, shifted, stays below 2^29
	smallSums  = 1 << 30 // doubled ones don't wrap
)

func newS8Lanes(r *S8Result) *s8Lanes {
	l := &s8Lanes{}
	if r.Factor != nil {
		l.factor = append(make([]float64, 0, len(r.Factor)+s8Register), r.Factor...)[:len(r.Factor)+s8Register]
		return l
	}
	n := len(r.Scale) + s8Register
	all := make([]int32, 4*n)
	l.m, l.left, l.right, l.add = all[:n], all[n:2*n], all[2*n:3*n], all[3*n:]
	for c, s := range r.Scale {
		l.m[c], l.left[c], l.right[c] = int32(s.m), int32(s.left), int32(s.right)
		if l.shiftsRight(c) {
			l.add[c] = int32(s.half) + r.Zero<<s.right
		}
	}
	l.large = make([]int32, n+1)
	l.within(func(int) int64 { return math.MaxInt64 })
	return l
}

func (l *s8Lanes) shiftsRight(c int) bool {
	return l.left[c] == 0 && 0 < l.right[c] && l.right[c] <= mostRight
}

// within says how far from zero the sums of each channel are at most.
func (l *s8Lanes) within(most func(c int) int64) {
	if l.factor != nil {
		return
	}
	for c := range l.m {
		l.large[c+1] = l.large[c]
		if c < len(l.m)-s8Register && !(l.shiftsRight(c) && most(c) < smallSums) {
			l.large[c+1]++
		}
	}
}

// alike returns how many of n columns from one on, in whole registers, are all small or in registers that are not, and whether they are small.
func (l *s8Lanes) alike(first, n int) (int, bool) {
	if l.factor != nil {
		return n, false
	}
	small := func(c int) bool { return l.large[c] == l.large[c+s8Register] }
	if l.large[first] == l.large[first+n] {
		return n, true
	}
	count := s8Register
	for count < n && small(first+count) == small(first) {
		count += s8Register
	}
	return min(count, n), small(first)
}

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
	for n > 0 {
		count, small := l.alike(first, n)
		c := s8RescaleCall{
			rows: rows, n: count, sums: &sums[0], sumsRow: int(unsafe.Sizeof(sums[0])) * sumsRow, out: &out[0], outRow: outRow,
			zero: int(r.Zero), lo: int(r.Lo), hi: int(r.Hi),
		}
		end := first + count + s8Register
		if l.factor != nil {
			c.factor = &l.factor[first:end][0]
		} else {
			c.m, c.left, c.right, c.add = &l.m[first:end][0], &l.left[first:end][0], &l.right[first:end][0], &l.add[first:end][0]
		}
		c.run(l.factor != nil, small)
		if first, n = first+count, n-count; n > 0 {
			sums, out = sums[count:], out[count:]
		}
	}
	return true
}
