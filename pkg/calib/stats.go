// Package calib holds what calibration learns of a model's activations: statistics by tensor, their exact merge, and their file form.
//
// Of every tensor there is a range; a Spec asks for more: a histogram (kernel.F32Histogram says what its bins are), or the range in each sample. All of it merges
// exactly, so that it does not matter how samples were divided, and in which order parts came in.
package calib

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
)

// Kind says whose ranges these are.
type Kind string

// The kinds of statistics.
const (
	// True ranges were taken from each activation right after it was computed.
	True Kind = "true"
	// TFLiteCalibrator ranges were recorded by TensorFlow's calibrator, which scans operands again after the operator ran: where an
	// operator worked in place, the operand's range is the union of its own and the result's.
	TFLiteCalibrator Kind = "tflite-calibrator"
)

// Stats are the merged statistics of a float model over samples. Tensors are in the order of their keys.
type Stats struct {
	Kind     Kind
	Model    string // hex sha256 of the float model's flatbuffer
	Dataset  string // digest of the dataset's manifest; empty if unknown
	Numerics int    // the numerics.Version that computed them; 0 for ranges from elsewhere
	Spec     Spec   // what was observed besides ranges
	Samples  uint64
	Skipped  []Skip // samples that were left out, in the order of the dataset
	Tensors  []Tensor
}

// Key identifies a tensor of the float model: the index of its graph and its position among the graph's values.
type Key struct{ Subgraph, Index int }

// Tensor is what was seen of one tensor.
type Tensor struct {
	Key
	Name    string
	Samples uint64 // samples in which it was computed at all
	Range   quant.Range
	// Histogram counts the finite elements; nil if there are none, or if it was not asked for.
	Histogram *Histogram
	// PerSample are the ranges in single samples, those with a number, in the order of the dataset; nil if they were not asked for.
	PerSample []SampleRange
}

// Histogram counts the elements of a tensor.
type Histogram = kernel.F32Histogram

// SampleRange is the range of a tensor in one sample.
type SampleRange struct {
	Sample   int // position in the dataset
	Min, Max float32
}

// Skip names a sample that was left out, and why.
type Skip struct {
	Sample int    // position in the dataset
	Source string // file and position within it
	Reason string
}

// Spec says what to observe. The zero Spec asks for ranges only.
type Spec struct {
	Histogram bool // of every tensor
	PerSample bool // the range of every tensor in each sample
}

// Union returns what either asks for.
func (s Spec) Union(o Spec) Spec { return Spec{s.Histogram || o.Histogram, s.PerSample || o.PerSample} }

// Holds reports whether statistics of s have all that o asks for.
func (s Spec) Holds(o Spec) bool { return s.Union(o) == s }

// Narrow returns the statistics without what spec does not ask for: those that spec alone would have led to, if s.Spec holds it. What is kept is shared.
func (s *Stats) Narrow(spec Spec) *Stats {
	out := *s
	out.Spec = Spec{s.Spec.Histogram && spec.Histogram, s.Spec.PerSample && spec.PerSample}
	out.Tensors = slices.Clone(s.Tensors)
	for i := range out.Tensors {
		if !spec.Histogram {
			out.Tensors[i].Histogram = nil
		}
		if !spec.PerSample {
			out.Tensors[i].PerSample = nil
		}
	}
	return &out
}

// ErrMismatch is returned by Merge for statistics that are not of the same model, dataset, kind and arithmetic, hold different things, or share a sample.
var ErrMismatch = errors.New("statistics do not belong together")

// Merge returns the statistics of all parts' samples together. It is exact, in any order; skipped samples are listed in the order of the
// dataset. At least one part is needed.
func Merge(parts ...*Stats) (*Stats, error) {
	if len(parts) == 0 {
		return nil, errors.New("no statistics to merge")
	}
	first := parts[0]
	out := &Stats{Kind: first.Kind, Model: first.Model, Dataset: first.Dataset, Numerics: first.Numerics, Spec: first.Spec}
	merged := map[Key]*Tensor{}
	for i, p := range parts {
		if p.Kind != first.Kind || p.Model != first.Model || p.Dataset != first.Dataset || p.Numerics != first.Numerics {
			return nil, fmt.Errorf("%w: part %d is %s of model %.12s, dataset %.12s, numerics %d; part 0 is %s of %.12s, %.12s, %d", ErrMismatch,
				i, p.Kind, p.Model, p.Dataset, p.Numerics, first.Kind, first.Model, first.Dataset, first.Numerics)
		}
		if p.Spec != first.Spec {
			return nil, fmt.Errorf("%w: part %d holds %v, part 0 %v", ErrMismatch, i, p.Spec, first.Spec)
		}
		out.Samples += p.Samples
		out.Skipped = append(out.Skipped, p.Skipped...)
		for j := range p.Tensors {
			t := &p.Tensors[j]
			m := merged[t.Key]
			if m == nil {
				m = &Tensor{Key: t.Key, Name: t.Name, Range: quant.EmptyRange()}
				merged[t.Key] = m
			}
			m.Samples += t.Samples
			m.add(t)
		}
	}
	for _, t := range merged {
		t.sortSamples()
		for i := 1; i < len(t.PerSample); i++ {
			if t.PerSample[i].Sample == t.PerSample[i-1].Sample {
				return nil, fmt.Errorf("%w: sample %d is in several parts", ErrMismatch, t.PerSample[i].Sample)
			}
		}
		out.Tensors = append(out.Tensors, *t)
	}
	slices.SortStableFunc(out.Skipped, func(a, b Skip) int { return cmp.Compare(a.Sample, b.Sample) })
	out.sort()
	return out, nil
}

// String names the sections: "ranges, histograms, ranges of samples".
func (s Spec) String() string {
	text := "ranges"
	if s.Histogram {
		text += ", histograms"
	}
	if s.PerSample {
		text += ", ranges of samples"
	}
	return text
}

// add counts what was seen of o, but not its samples, and leaves o as it is.
func (t *Tensor) add(o *Tensor) {
	t.Range = t.Range.Merge(o.Range)
	if o.Histogram != nil {
		if t.Histogram == nil {
			t.Histogram = &Histogram{}
		}
		t.Histogram.Merge(o.Histogram)
	}
	t.PerSample = append(t.PerSample, o.PerSample...)
}

func (t *Tensor) sortSamples() {
	slices.SortFunc(t.PerSample, func(a, b SampleRange) int { return cmp.Compare(a.Sample, b.Sample) })
}

func (s *Stats) sort() {
	slices.SortFunc(s.Tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(a.Subgraph, b.Subgraph), cmp.Compare(a.Index, b.Index))
	})
}

// Lookup returns the tensor with the given key, or nil.
func (s *Stats) Lookup(k Key) *Tensor {
	i, ok := slices.BinarySearchFunc(s.Tensors, k, func(t Tensor, k Key) int {
		return cmp.Or(cmp.Compare(t.Subgraph, k.Subgraph), cmp.Compare(t.Index, k.Index))
	})
	if !ok {
		return nil
	}
	return &s.Tensors[i]
}
