package calib

import "github.com/octetlite/octet/pkg/quant"

// Collector gathers the ranges of a fixed list of tensors, sample by sample. It serves one goroutine.
type Collector struct {
	tensors []Tensor
	seen    []bool // in the current sample
	samples uint64
	skipped []Skip
}

// NewCollector returns a collector for the given tensors, of which only key and name count.
func NewCollector(tensors []Tensor) *Collector {
	c := &Collector{tensors: make([]Tensor, len(tensors)), seen: make([]bool, len(tensors))}
	for i, t := range tensors {
		c.tensors[i] = Tensor{Key: t.Key, Name: t.Name, Range: quant.EmptyRange()}
	}
	return c
}

// Observe adds what was seen of the tensor at position slot of the list. A tensor may be observed several times in a sample.
func (c *Collector) Observe(slot int, r quant.Range) {
	t := &c.tensors[slot]
	t.Range = t.Range.Merge(r)
	c.seen[slot] = true
}

// EndSample closes a sample.
func (c *Collector) EndSample() {
	c.samples++
	for i, s := range c.seen {
		if s {
			c.tensors[i].Samples++
			c.seen[i] = false
		}
	}
}

// Skip records a sample that is left out.
func (c *Collector) Skip(s Skip) { c.skipped = append(c.skipped, s) }

// Stats returns what was gathered; tensors that were never observed are left out. The identity of model, dataset and arithmetic is the caller's to fill in.
func (c *Collector) Stats() *Stats {
	s := &Stats{Kind: True, Samples: c.samples, Skipped: c.skipped}
	for _, t := range c.tensors {
		if t.Range.Count > 0 {
			s.Tensors = append(s.Tensors, t)
		}
	}
	s.sort()
	return s
}
