package calib

import (
	"fmt"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
)

// Collector gathers the statistics of a fixed list of tensors, sample by sample. It serves one goroutine.
type Collector struct {
	spec    Spec
	tensors []Tensor
	tallies []kernel.F32Tally // by tensor; nil if histograms were not asked for
	now     []quant.Range     // in the current sample
	seen    []bool            // in the current sample
	derived []Derivation      // by tensor: of what it holds the elements
	samples uint64
	skipped []Skip
}

// NewCollector returns a collector for the given tensors, of which only key and name count.
func NewCollector(tensors []Tensor, spec Spec) *Collector {
	c := &Collector{spec: spec, tensors: make([]Tensor, len(tensors)), now: make([]quant.Range, len(tensors)),
		seen: make([]bool, len(tensors)), derived: make([]Derivation, len(tensors))}
	for i, t := range tensors {
		c.tensors[i] = Tensor{Key: t.Key, Name: t.Name, Range: quant.EmptyRange()}
		c.now[i] = quant.EmptyRange()
	}
	if spec.Histogram {
		c.tallies = make([]kernel.F32Tally, len(tensors))
	}
	return c
}

// Derivation says which others' elements a tensor holds that is not observed: whenever these are, which are not derived themselves, it holds each of their elements
// once, and Zeros zeros for so many elements of them all as Of says.
type Derivation struct {
	From      []int
	Zeros, Of int
}

// Derive says that the tensor at position slot of the list is not observed. It is called before the first sample.
func (c *Collector) Derive(slot int, d Derivation) { c.derived[slot] = d }

// Record adds the range of the n elements of the tensor at position slot of the list. A tensor may be computed several times in a sample. It implements exec.Recorder.
func (c *Collector) Record(slot int, r kernel.F32Range, n int) {
	// Not Merge: structs that pass through memory take longer than what small operators compute.
	t := &c.now[slot]
	if r.Min < t.Min {
		t.Min = r.Min
	}
	if r.Max > t.Max {
		t.Max = r.Max
	}
	t.Count += uint64(n)
	t.NaN += uint64(r.NaN)
	t.Inf += uint64(r.Inf)
	c.seen[slot] = true
}

// Tally returns where the elements of a tensor are to be counted, nil if they are not.
func (c *Collector) Tally(slot int) *kernel.F32Tally {
	if c.tallies == nil {
		return nil
	}
	return &c.tallies[slot]
}

// EndSample closes the sample at a position in the dataset. Positions ascend.
func (c *Collector) EndSample(sample int) {
	c.samples++
	if c.spec.PerSample {
		c.pad(sample)
	}
	for i, r := range c.now {
		if !c.seen[i] {
			continue
		}
		t := &c.tensors[i]
		t.Samples++
		t.Range = t.Range.Merge(r)
		if c.spec.PerSample && !r.Empty() {
			t.PerSample = append(t.PerSample, SampleRange{sample, r.Min, r.Max})
		}
		c.now[i], c.seen[i] = quant.EmptyRange(), false
	}
}

// pad adds the ranges in a sample of tensors that hold zeros besides others' elements: these may have no number there.
func (c *Collector) pad(sample int) {
	for i := range c.derived {
		d := &c.derived[i]
		if d.Zeros == 0 || !c.seen[d.From[0]] {
			continue
		}
		var lo, hi float32
		for _, from := range d.From {
			lo, hi = min(lo, c.now[from].Min), max(hi, c.now[from].Max)
		}
		c.tensors[i].PerSample = append(c.tensors[i].PerSample, SampleRange{sample, lo, hi})
	}
}

// Skip records a sample that is left out.
func (c *Collector) Skip(s Skip) { c.skipped = append(c.skipped, s) }

// Stats returns what was gathered; tensors that were never observed are left out. The identity of model, dataset and arithmetic is the caller's to fill in. It fails if a histogram is
// not complete, which is a bug.
func (c *Collector) Stats() (*Stats, error) {
	s := &Stats{Kind: True, Spec: c.spec, Samples: c.samples, Skipped: c.skipped}
	for i := range c.tallies {
		tally := &c.tallies[i]
		c.tensors[i].Histogram = tally.Histogram().Clone()
		if err := tally.Err(); err != nil {
			return nil, fmt.Errorf("internal error: histogram of tensor %q: %w; the calibrator minmax needs none", c.tensors[i].Name, err)
		}
	}
	for i := range c.tensors {
		t := c.tensors[i]
		if len(c.derived[i].From) > 0 {
			t = c.derive(&t, &c.derived[i])
		}
		if t.Range.Count == 0 {
			continue
		}
		if t.Histogram != nil && len(t.Histogram.Counts) == 0 {
			t.Histogram = nil
		}
		s.Tensors = append(s.Tensors, t)
	}
	s.sort()
	return s, nil
}

// derive returns what is known of a tensor that is not observed.
func (c *Collector) derive(t *Tensor, d *Derivation) Tensor {
	out := Tensor{Key: t.Key, Name: t.Name, Samples: c.tensors[d.From[0]].Samples, Range: quant.EmptyRange()}
	for _, from := range d.From {
		out.add(&c.tensors[from])
	}
	if d.Zeros > 0 && out.Range.Count > 0 {
		n := out.Range.Count / uint64(d.Of) * uint64(d.Zeros)
		zeros := Tensor{Range: quant.Range{Count: n}}
		if c.spec.Histogram {
			zeros.Histogram = &Histogram{Exp: kernel.MinExp, Counts: []uint64{n}}
		}
		out.add(&zeros)
		out.PerSample = t.PerSample
	}
	if len(d.From) > 1 && d.Zeros == 0 {
		out.sortSamples()
		out.PerSample = united(out.PerSample)
	}
	return out
}

// united joins the ranges of the same sample.
func united(list []SampleRange) []SampleRange {
	out := list[:0]
	for _, r := range list {
		if n := len(out); n > 0 && out[n-1].Sample == r.Sample {
			out[n-1].Min, out[n-1].Max = min(out[n-1].Min, r.Min), max(out[n-1].Max, r.Max)
			continue
		}
		out = append(out, r)
	}
	return out
}
