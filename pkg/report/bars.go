package report

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Sizes of the drawing of a histogram.
const barsWidth, barsHeight = 192, 32

// Bars is a histogram drawn: columns as high as the logarithms of what they count, and the chosen range below them.
type Bars struct {
	Width, Height int
	Path          string // of the columns
	Low, High     int    // the ends of the chosen range; both 0 if there is none
	Text          string // what a screen reader says
}

// bars draws what calibration saw of a tensor, nil if there is no histogram.
func bars(t Tensor) *Bars {
	if t.Seen == nil || t.Seen.Histogram == nil {
		return nil
	}
	h := t.Seen.Histogram
	b := &Bars{Width: barsWidth, Height: barsHeight}
	// The drawing shows the bins, and the chosen range where it is wider, but not without end.
	from, to := h.From, h.From+float64(float64(len(h.Counts))*h.Width)
	span := to - from
	if t.Low != nil {
		from, to = max(min(from, *t.Low), from-span), min(max(to, *t.High), to+span)
	}
	at := func(x float64) int { return int((min(max(x, from), to) - from) / (to - from) * barsWidth) }
	most := bits.Len64(slices.Max(h.Counts))
	var path strings.Builder
	for i, c := range h.Counts {
		if c == 0 {
			continue
		}
		left, right := at(h.From+float64(float64(i)*h.Width)), at(h.From+float64(float64(i+1)*h.Width))
		height := max(1, barsHeight*bits.Len64(c)/most)
		fmt.Fprintf(&path, "M%d %dv-%dh%dv%dz", left, barsHeight, height, max(1, right-left), height)
	}
	b.Path = path.String()
	b.Text = fmt.Sprintf("Histogram from %s to %s, most often about %s", numberText(t.Seen.Min), numberText(t.Seen.Max), numberText(h.From+float64((float64(slices.Index(h.Counts, slices.Max(h.Counts)))+0.5)*h.Width)))
	if t.Low != nil {
		b.Low, b.High = at(*t.Low), at(*t.High)
		b.Text += fmt.Sprintf("; chosen range %s to %s", numberText(*t.Low), numberText(*t.High))
	}
	return b
}

// worst returns the tensors, those with the least ratio of signal to error first and those without one last.
func (d *Document) worst() []Tensor {
	list := slices.Clone(d.Tensors)
	slices.SortStableFunc(list, func(a, b Tensor) int {
		switch {
		case a.Error != nil && b.Error != nil:
			return cmp.Compare(a.Error.SQNR, b.Error.SQNR)
		case a.Error != nil:
			return -1
		case b.Error != nil:
			return 1
		}
		return 0
	})
	return list
}
