package calib

import (
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
	derived [][]int           // by tensor: the tensors of which it holds the elements
	samples uint64
	skipped []Skip
}

// NewCollector returns a collector for the given tensors, of which only key and name count.
func NewCollector(tensors []Tensor, spec Spec) *Collector {
	c := &Collector{spec: spec, tensors: make([]Tensor, len(tensors)), now: make([]quant.Range, len(tensors)),
		seen: make([]bool, len(tensors)), derived: make([][]int, len(tensors))}
	for i, t := range tensors {
		c.tensors[i] = Tensor{Key: t.Key, Name: t.Name, Range: quant.EmptyRange()}
		c.now[i] = quant.EmptyRange()
	}
	if spec.Histogram {
		c.tallies = make([]kernel.F32Tally, len(tensors))
	}
	return c
}

// Derive says that the tensor at position slot of the list is not observed: whenever others are, which are not
// derived themselves, it holds each of their elements once.
func (c *Collector) Derive(slot int, from []int) { c.derived[slot] = from }

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

// Skip records a sample that is left out.
func (c *Collector) Skip(s Skip) { c.skipped = append(c.skipped, s) }

// Stats returns what was gathered; tensors that were never observed are left out. The identity of model, dataset and arithmetic is the caller's to fill in.
func (c *Collector) Stats() *Stats {
	s := &Stats{Kind: True, Spec: c.spec, Samples: c.samples, Skipped: c.skipped}
	for i := range c.tallies {
		c.tensors[i].Histogram = c.tallies[i].Histogram().Clone()
	}
	for i := range c.tensors {
		t := c.tensors[i]
		for j, from := range c.derived[i] {
			o := &c.tensors[from]
			if j == 0 {
				t = Tensor{Key: t.Key, Name: t.Name, Samples: o.Samples, Range: quant.EmptyRange()}
			}
			t.add(o)
		}
		if len(c.derived[i]) > 1 {
			t.sortSamples()
			t.PerSample = united(t.PerSample)
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
	return s
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
