package calibrate

import (
	"math"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/kernel"
)

// ends returns the range from the lower edge of bin first to the upper edge of bin last, within what was seen. Edges are multiples of a power of two with few digits: exact.
func ends(t *calib.Tensor, first, last int) (lo, hi float32) {
	w := t.Histogram.Width()
	return max(t.Range.Min, float32(float64(first)*w)), min(t.Range.Max, float32(float64(last+1)*w))
}

// percentile leaves out so many elements at either end that p percent stay.
func percentile(t *calib.Tensor, p float64, _ Integers) (lo, hi float32) {
	h := t.Histogram
	cut := uint64(math.Round(float64(h.Total()) * ((100 - p) / 200)))
	first, last := h.First, h.Last()
	for sum := h.Counts[first-h.First]; sum <= cut && first < last; sum += h.Counts[first-h.First] {
		first++
	}
	for sum := h.Counts[last-h.First]; sum <= cut && last > first; sum += h.Counts[last-h.First] {
		last--
	}
	return ends(t, min(first, 0), max(last, -1))
}

// moments are sums over all bins below one: how many elements there are, and the sum of their values and of their squares, each element being in the middle of its bin, in
// bins.
type moments struct{ n, x, xx float64 }

// squares tells the expected square of the error of integers over a range. An element within the range is off by up to half a step, either way, all errors
// being alike; one in a bin that touches 0 by no more than that bin's width; one beyond the range by its distance from it.
type squares struct {
	h     *calib.Histogram
	below []moments // of each bin, and of all
	of    Integers
}

func newSquares(h *calib.Histogram, of Integers) squares {
	below := make([]moments, len(h.Counts)+1)
	for i, c := range h.Counts {
		n, x := float64(c), float64(h.First+i)+0.5
		m := below[i]
		below[i+1] = moments{m.n + n, m.x + float64(n*x), m.xx + float64(float64(n*x)*x)}
	}
	return squares{h, below, of}
}

// upto returns the moments of all bins below an edge.
func (s squares) upto(edge float64) moments {
	return s.below[min(max(int(math.Floor(edge))-s.h.First, 0), len(s.h.Counts))]
}

// error returns the sum over all elements, in bins, for a range of bins a to b.
func (s squares) error(a, b int) float64 {
	step, from, to := s.of.cover(a, b)
	all, low, upto := s.below[len(s.h.Counts)], s.upto(from), s.upto(to)
	near := s.below[1-s.h.First].n - s.below[max(a, -1)-s.h.First].n // elements in the bins that touch 0
	noise := float64(step*step) / 12
	return float64((upto.n-low.n-near)*noise) + float64(near*min(noise, 1.0/3)) + low.from(from) +
		moments{all.n - upto.n, all.x - upto.x, all.xx - upto.xx}.from(to)
}

// from returns the sum of squared distances from an edge.
func (m moments) from(edge float64) float64 {
	return max(0, m.xx-float64(float64(2*edge)*m.x)+float64(float64(edge*edge)*m.n))
}

// leastError looks for the range with the least expected square of the error. The range is the one that integers cover, of which one must be 0. Both ends try divisions of
// their side of what was seen.
func leastError(t *calib.Tensor, _ float64, of Integers) (lo, hi float32) {
	const divisions = 128
	h := t.Histogram
	s := newSquares(h, of)
	best, first, last := math.Inf(1), h.First, h.Last()
	try := func(a, b int) { // bins
		if e := s.error(a, b); e < best {
			best, first, last = e, a, b
		}
	}
	// Both loops go from the whole range to less, so that of equals the largest wins.
	previous := 1
	for i := divisions; i >= 0; i-- {
		a := h.First * i / divisions
		if a == previous {
			continue
		}
		previous = a
		before := -2
		for j := divisions; j >= 0; j-- {
			b := (h.Last()+1)*j/divisions - 1
			if b == before || b < a {
				continue
			}
			before = b
			try(a, max(b, min(h.Last(), 0)))
		}
	}
	return ends(t, first, last)
}

// cover returns the width of a step, and the ends of what all integers stand for, when they are to reach over bins a to b; all in bins.
func (i Integers) cover(a, b int) (step, from, to float64) {
	if i.Symmetric {
		reach := float64(max(-a, b+1))
		return 2 * reach / float64(i.Steps), -reach, reach
	}
	step = float64(b+1-a) / float64(i.Steps)
	zero := math.Round(float64(-a) / step)
	return step, -float64(zero * step), float64((float64(i.Steps) - zero) * step)
}

// leastDivergence looks for the limit of absolute values with the least divergence, in the sense of Kullback and Leibler, of what integers can tell from the
// elements: with what lies beyond the limit at its edge, the one says how many elements are in each bin, the other how many are in all bins of a step together.
// Divergence alone does not mind how far beyond the limit elements lie, and cuts off what convolutional networks live on; so the expected square of the error bounds it, to four times
// that of all that was seen.
func leastDivergence(t *calib.Tensor, _ float64, of Integers) (lo, hi float32) {
	const divisions = 128
	h := t.Histogram
	counts := make([]float64, len(h.Counts))
	for i, c := range h.Counts {
		counts[i] = float64(c)
	}
	// Many elements are 0 itself, which every integer type tells exactly: they are left out as far as they stand out.
	if zero := -h.First; len(counts) > 1 {
		around := 0.0
		if zero > 0 {
			around = counts[zero-1]
		}
		if zero+1 < len(counts) {
			around = max(around, counts[zero+1])
		}
		counts[zero] = min(counts[zero], around)
	}
	limit := max(-h.First, h.Last()+1) // bins on the larger side
	squares := newSquares(h, of)
	most := 4 * squares.error(h.First, h.Last())
	best, first, last := math.Inf(1), h.First, h.Last()
	for i := divisions; i > 0; i-- {
		reach := (limit*i + divisions - 1) / divisions
		a, b := max(h.First, -reach), min(h.Last(), reach-1)
		if b+1-a <= of.Steps {
			break // each bin has a step of its own: there is nothing to tell
		}
		if squares.error(a, b) > most {
			continue
		}
		if d := divergence(counts, a-h.First, b+1-h.First, of.Steps+1); d < best {
			best, first, last = d, a, b
		}
	}
	return ends(t, first, last)
}

// divergence compares counts[from:to], the others being added at the ends, with what so many steps of equal width keep of them.
func divergence(counts []float64, from, to, steps int) float64 {
	const share = 1.0 / 4096 // of all elements, that is spread over all bins, so that none is impossible
	inside, beyond := 0.0, [2]float64{}
	for i, c := range counts {
		switch {
		case i < from:
			beyond[0] += c
		case i >= to:
			beyond[1] += c
		default:
			inside += c
		}
	}
	all := inside + beyond[0] + beyond[1]
	if all == 0 || inside == 0 {
		return math.Inf(1)
	}
	n := to - from
	floor := share / float64(n)
	sum := 0.0
	for s := range steps {
		a, b := from+n*s/steps, from+n*(s+1)/steps
		total, used := 0.0, 0
		for _, c := range counts[a:b] {
			total += c
			if c > 0 {
				used++
			}
		}
		each := 0.0 // what is thought to be in each bin of the step that is not empty
		if used > 0 {
			each = total / float64(used) / inside
		}
		for i := a; i < b; i++ {
			p, q := counts[i], floor
			if p > 0 {
				q += float64((1 - share) * each)
			}
			if i == from {
				p += beyond[0]
			}
			if i == to-1 {
				p += beyond[1]
			}
			if p > 0 {
				p /= all
				sum += float64(p * (kernel.F64Log(p) - kernel.F64Log(q)))
			}
		}
	}
	return sum
}
