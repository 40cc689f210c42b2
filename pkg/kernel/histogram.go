package kernel

import (
	"math"
	"slices"
)

// Bounds of histograms.
const (
	MaxBins = 2048 // of a histogram
	MinExp  = -126 // of a bin's width: 2^MinExp is the least normal number
	MaxExp  = 118  // of a bin's width: all numbers fit into MaxBins of them
)

// F32Histogram counts numbers by bins of a power-of-two width that are anchored at 0: x lies in bin ⌊x / 2^Exp⌋. NaNs and infinities are not counted.
//
// There are bins for 0, for all numbers that were seen, and for what lies between them; the width is the least, of 2^MinExp or more, with which these are MaxBins
// or fewer. So a histogram follows from the numbers alone. Where the range grows, neighbouring pairs of bins are added, since ⌊⌊x / w⌋ / 2⌋ = ⌊x / 2w⌋: any order
// of the numbers, and any way to divide them and merge the parts, gives what counting all of them with the final width does.
//
// The zero value holds nothing.
type F32Histogram struct {
	Exp    int      // the binary logarithm of the width
	First  int      // the bin of Counts[0], at most 0
	Counts []uint64 // of the bins in order; bin 0 is among them
}

// bin returns the bin of a number, which must fit into an int; the product with a power of two is exact.
func bin(x float32, exp int) int { return int(math.Floor(float64(x) * power(-exp))) }

// power returns 2^exp.
func power(exp int) float64 { return math.Float64frombits(uint64(1023+exp) << 52) }

// Last returns the last bin.
func (h *F32Histogram) Last() int { return h.First + len(h.Counts) - 1 }

// Width returns the width of a bin.
func (h *F32Histogram) Width() float64 { return power(h.Exp) }

// Spans reports whether the bins are those of finite numbers whose extrema are lo and hi.
func (h *F32Histogram) Spans(lo, hi float32) bool {
	if !(lo <= hi && hi-hi == 0 && lo-lo == 0) {
		return false
	}
	var want F32Histogram
	want.extend(lo, hi)
	return h.Exp == want.Exp && h.First == want.First && len(h.Counts) == len(want.Counts)
}

// Total returns how many numbers were counted.
func (h *F32Histogram) Total() (n uint64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// begin makes a histogram of the zero value that has bin 0.
func (h *F32Histogram) begin() {
	if len(h.Counts) == 0 {
		*h = F32Histogram{Exp: MinExp, Counts: make([]uint64, 1, MaxBins)}
	}
}

// covers reports whether there are bins for numbers between lo and hi.
func (h *F32Histogram) covers(lo, hi float32) bool {
	scale := power(-h.Exp)
	return len(h.Counts) > 0 && float64(lo)*scale >= float64(h.First) && float64(hi)*scale < float64(h.Last()+1)
}

// extend makes bins for finite numbers between lo and hi, which are among those to be counted.
func (h *F32Histogram) extend(lo, hi float32) {
	h.begin()
	lo, hi = min(lo, 0), max(hi, 0)
	exp := max(h.Exp, leastExp(lo), leastExp(hi))
	for {
		first, last := min(h.First>>(exp-h.Exp), bin(lo, exp)), max(h.Last()>>(exp-h.Exp), bin(hi, exp))
		if last-first < MaxBins {
			h.widen(exp)
			h.grow(first, last)
			return
		}
		exp++
	}
}

// leastExp returns an exponent below which x alone needs too many bins.
func leastExp(x float32) int {
	if x == 0 {
		return MinExp
	}
	_, e := math.Frexp(float64(x))
	return max(e-11, MinExp) // MaxBins is 2^11
}

// widen makes the bins 2^exp wide, which they are not beyond.
func (h *F32Histogram) widen(exp int) {
	by := exp - h.Exp
	if by == 0 {
		return
	}
	first, last := h.First>>by, h.Last()>>by
	for i, c := range h.Counts {
		h.Counts[i] = 0
		h.Counts[(h.First+i)>>by-first] += c // not behind what is read
	}
	h.Exp, h.First, h.Counts = exp, first, h.Counts[:last-first+1]
}

// grow adds empty bins to the ends.
func (h *F32Histogram) grow(first, last int) {
	n, before := last-first+1, h.First-first
	if n == len(h.Counts) {
		return
	}
	old := len(h.Counts)
	h.Counts = slices.Grow(h.Counts, n-old)[:n]
	copy(h.Counts[before:], h.Counts[:old])
	clear(h.Counts[:before])
	clear(h.Counts[before+old:])
	h.First = first
}

// add counts finite numbers for which there are bins. It defines what all variants compute.
func (h *F32Histogram) add(x []float32) {
	scale := power(-h.Exp)
	for _, v := range x {
		h.Counts[int(math.Floor(float64(v)*scale))-h.First]++
	}
}

// Merge adds the counts of o.
func (h *F32Histogram) Merge(o *F32Histogram) {
	if len(o.Counts) == 0 {
		return
	}
	h.begin()
	exp := max(h.Exp, o.Exp)
	var first, last int
	for ; ; exp++ {
		mine, others := exp-h.Exp, exp-o.Exp
		first, last = min(h.First>>mine, o.First>>others), max(h.Last()>>mine, o.Last()>>others)
		if last-first < MaxBins {
			break
		}
	}
	h.widen(exp)
	h.grow(first, last)
	for i, c := range o.Counts {
		h.Counts[(o.First+i)>>(exp-o.Exp)-first] += c
	}
}

// Clone returns a copy that shares nothing.
func (h *F32Histogram) Clone() *F32Histogram {
	return &F32Histogram{Exp: h.Exp, First: h.First, Counts: slices.Clone(h.Counts)}
}
