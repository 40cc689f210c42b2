// Package calibrate chooses the ranges by which activations are quantized, from statistics that were merged already. It computes each range from its tensor's statistics
// alone, in a fixed order, so that the choice does not depend on how the statistics came about.
//
//	minmax         what was seen
//	percentile:P   P percent of the elements; half of the others lie beyond either end
//	mse            the least expected square of the error of the integers
//	entropy        the least divergence of the distribution of the integers from that of the elements
//	ema:D          the ends of single samples, averaged: each sample moves them by 1-D of the distance
//
// All but minmax may choose ranges that elements lie beyond: these are clipped. No range is larger than what was seen, 0 being among that.
package calibrate

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/quant"
)

// Calibrator is a way to choose ranges. The zero value is minmax.
type Calibrator struct {
	method    int     // position in methods
	parameter float64 // of methods that have one
}

// method is a row of the calibrators.
type method struct {
	name  string
	needs calib.Spec
	// The parameter's default, and the ends of the interval that it must lie in, which is open at the top; zeros without one.
	usual, lo, hi float64
	tried         []float64 // parameters of the candidates among which the best for a model is looked for
	choose        func(t *calib.Tensor, parameter float64, of Integers) (lo, hi float32)
}

// Integers are those that activations are stored in.
type Integers struct {
	Steps     int  // between the least and the greatest
	Symmetric bool // the range reaches as far below 0 as above it
}

// The integers of package quant's activations.
var (
	Int8  = Integers{Steps: 255}
	Int16 = Integers{Steps: 65534, Symmetric: true}
)

var methods = []method{
	{name: "minmax", tried: []float64{0}, choose: func(t *calib.Tensor, _ float64, _ Integers) (lo, hi float32) { return t.Range.Min, t.Range.Max }},
	{name: "percentile", needs: calib.Spec{Histogram: true}, usual: 99.99, lo: 50, hi: math.Nextafter(100, 101), tried: []float64{99.99, 99.9}, choose: percentile},
	{name: "mse", needs: calib.Spec{Histogram: true}, tried: []float64{0}, choose: leastError},
	{name: "entropy", needs: calib.Spec{Histogram: true}, tried: []float64{0}, choose: leastDivergence},
	{name: "ema", needs: calib.Spec{PerSample: true}, usual: 0.95, lo: 0, hi: 1, tried: []float64{0.95}, choose: average},
}

// Names lists the calibrators, with their parameters' defaults, as Parse reads them.
func Names() (names []string) {
	for i, m := range methods {
		names = append(names, Calibrator{i, m.usual}.String())
	}
	return names
}

// Candidates returns those among which the best for a model is looked for, the most usual first.
func Candidates() (list []Calibrator) {
	for i, m := range methods {
		for _, p := range m.tried {
			list = append(list, Calibrator{i, p})
		}
	}
	return list
}

// Parse reads a name and, behind a colon, a parameter, which may be left out. The empty string is minmax.
func Parse(text string) (Calibrator, error) {
	if text == "" {
		return Calibrator{}, nil
	}
	name, value, given := strings.Cut(text, ":")
	for i, m := range methods {
		if m.name != name {
			continue
		}
		c := Calibrator{i, m.usual}
		if !given {
			return c, nil
		}
		if m.hi == 0 {
			return Calibrator{}, fmt.Errorf("calibrator %s takes no parameter", name)
		}
		p, err := strconv.ParseFloat(value, 64)
		if err != nil || !(p >= m.lo && p < m.hi) {
			return Calibrator{}, fmt.Errorf("calibrator %s: %q is no number of at least %v and at most %v", name, value, m.lo, m.hi)
		}
		c.parameter = p
		return c, nil
	}
	return Calibrator{}, fmt.Errorf("unknown calibrator %q, want one of %s", name, strings.Join(Names(), ", "))
}

// String returns what Parse reads.
func (c Calibrator) String() string {
	m := methods[c.method]
	if m.hi == 0 {
		return m.name
	}
	return m.name + ":" + strconv.FormatFloat(c.parameter, 'g', -1, 64)
}

// Needs returns what must be observed.
func (c Calibrator) Needs() calib.Spec { return methods[c.method].needs }

// Apply returns statistics whose ranges are the ones to be chosen for the given integers, and which are s apart from that. s stays as it is.
func (c Calibrator) Apply(s *calib.Stats, of Integers) (*calib.Stats, error) {
	m := methods[c.method]
	if c.method == 0 {
		return s, nil
	}
	if !s.Spec.Holds(m.needs) {
		return nil, fmt.Errorf("calibrator %v needs %v, the statistics hold %v", c, m.needs, s.Spec)
	}
	out := *s
	out.Tensors = make([]calib.Tensor, len(s.Tensors))
	for i, t := range s.Tensors {
		if finite := t.Range.Count > t.Range.NaN+t.Range.Inf; finite {
			lo, hi := m.choose(&t, c.parameter, of)
			t.Range = quant.Range{Min: lo + 0, Max: hi + 0, Count: t.Range.Count, NaN: t.Range.NaN, Inf: t.Range.Inf}
		}
		out.Tensors[i] = t
	}
	return &out, nil
}

// average moves the ends of the first sample towards those of each later one, in float32 as AI Edge Quantizer does.
func average(t *calib.Tensor, smoothing float64, _ Integers) (lo, hi float32) {
	keep, take := float32(smoothing), float32(1-smoothing)
	for i, r := range t.PerSample {
		if i == 0 {
			lo, hi = r.Min, r.Max
			continue
		}
		lo = float32(keep*lo) + float32(take*r.Min)
		hi = float32(keep*hi) + float32(take*r.Max)
	}
	return lo, hi
}
