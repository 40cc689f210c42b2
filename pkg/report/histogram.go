package report

import "github.com/octetlite/octet/pkg/calib"

// maxColumns bounds the bins of a Histogram.
const maxColumns = 64

// see adds what statistics say of a tensor.
func (t *Tensor) see(s *calib.Tensor) {
	t.Seen = &Seen{Min: float64(s.Range.Min), Max: float64(s.Range.Max)}
	h := s.Histogram
	if h == nil || h.Total() == 0 {
		return
	}
	t.Seen.Histogram = columns(h)
	if t.Low != nil {
		share := outside(h, *t.Low-float64(*t.Scale/2), *t.High+float64(*t.Scale/2))
		t.Seen.Clipped = &share
	}
}

// columns adds up neighbouring bins until there are few enough.
func columns(h *calib.Histogram) *Histogram {
	by := 1
	for (len(h.Counts)+by-1)/by > maxColumns {
		by *= 2
	}
	out := &Histogram{From: float64(h.First) * h.Width(), Width: float64(by) * h.Width(), Counts: make([]uint64, (len(h.Counts)+by-1)/by)}
	for i, c := range h.Counts {
		out.Counts[i/by] += c
	}
	return out
}

// outside returns the share of the elements below low and above high. Those of a bin that an end lies in are taken to be spread evenly over it.
func outside(h *calib.Histogram, low, high float64) float64 {
	beyond := 0.0
	for i, c := range h.Counts {
		if c == 0 {
			continue
		}
		from := float64(float64(h.First+i) * h.Width())
		below, above := (low-from)/h.Width(), 1-float64((high-from)/h.Width())
		share := min(max(below, 0), 1) + min(max(above, 0), 1)
		beyond += float64(float64(c) * min(share, 1))
	}
	return beyond / float64(h.Total())
}
