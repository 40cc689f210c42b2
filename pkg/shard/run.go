package shard

import (
	"context"
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/tensor"
)

// Samples is random access to a dataset whose samples match a model's inputs. It is safe for concurrent use.
type Samples interface {
	// Sample returns the tensors of the sample at a position, in the order of the model's inputs. A sample that can't be used, such as one that
	// holds a NaN, is a *dataset.SampleError.
	Sample(i int) ([]*tensor.Tensor, error)
}

// Spec is what a shard's run needs besides the model and the samples.
type Spec struct {
	Range   Range
	Dataset string // digest of the dataset's manifest
	Labels  string // digest of the labels that Compare gets; empty without
	SkipBad bool   // leave bad samples out, and count them, instead of failing
	Observe calib.Spec
}

// Run computes the statistics of a shard's samples; others are read while one is computed. progress, if not nil, is called after each sample.
func Run(ctx context.Context, m *Model, samples Samples, spec Spec, progress func()) (*calib.Stats, error) {
	c := Collect(m, samples, spec)
	if err := c.Add(ctx, spec.Range, progress); err != nil {
		return nil, err
	}
	return c.Stats()
}

// Collection gathers the statistics of several shards in one place, where they take no more memory than those of one. It serves one goroutine.
type Collection struct {
	model     *Model
	samples   Samples
	spec      Spec
	collector *calib.Collector
}

// Collect begins a collection. The spec's range plays no part.
func Collect(m *Model, samples Samples, spec Spec) *Collection {
	c := &Collection{m, samples, spec, calib.NewCollector(m.tensors, spec.Observe)}
	for slot, d := range m.derived {
		c.collector.Derive(slot, d)
	}
	return c
}

// Add runs a shard, which lies behind those that were added before; others of its samples are read while one is computed. progress, if not nil, is called after each sample. After an error
// the collection is of no use.
func (c *Collection) Add(ctx context.Context, r Range, progress func()) error {
	w := c.model.idle.take(c.model.program.NewSession)
	defer c.model.idle.give(w)
	spec := c.spec
	spec.Range = r
	return each(ctx, c.samples, len(c.model.inputs), &w.samples, spec, progress, w.session, func(i int, in []*tensor.Tensor, bad *dataset.SampleError) error {
		if i < r.First {
			if bad != nil {
				return nil //nolint:nilerr // it is left out where it belongs to
			}
			_, err := w.session.Run(in, nil)
			return err
		}
		if bad != nil {
			c.collector.Skip(calib.Skip{Sample: i, Source: bad.Source, Reason: bad.Reason})
			return nil //nolint:nilerr // it is left out
		}
		if _, err := w.session.Record(in, c.collector); err != nil {
			return err
		}
		c.collector.EndSample(i)
		return nil
	})
}

// Stats returns the statistics of all shards that were added. It fails as Collector.Stats does.
func (c *Collection) Stats() (*calib.Stats, error) {
	stats, err := c.collector.Stats()
	if err != nil {
		return nil, err
	}
	stats.Model, stats.Dataset, stats.Numerics = c.model.digest(), c.spec.Dataset, numerics.Version
	return stats, nil
}

// sequences are Samples of which so many, one after the other, are the steps of one run, as dataset.Reader may have; 0 if each is a run of its own.
type sequences interface{ Sequence() int }

// Steps returns how many samples, one after the other, are the steps of one run; 0 if each is a run of its own.
func Steps(samples Samples) int {
	if s, ok := samples.(sequences); ok {
		return s.Sequence()
	}
	return 0
}

// carrier is what runs samples: models that may remember from one to the next.
type carrier interface {
	Carry()    // begins a sequence
	Separate() // lets each sample be a run of its own
}

// each calls do with the samples of a range in order, each of so many tensors, or with what is wrong with one that is left out; others are read into memory meanwhile. progress, if not nil,
// is called after each. Where samples are steps of sequences, a range that begins in the midst of one has the steps before it run first, so that what is remembered does not depend on the
// plan; do knows them by their positions.
func each(ctx context.Context, samples Samples, inputs int, memory *blocks, spec Spec, progress func(), runs carrier, do func(i int, in []*tensor.Tensor, bad *dataset.SampleError) error) error {
	length, r := Steps(samples), spec.Range
	if length > 0 {
		r.First -= r.First % length
		defer runs.Separate()
	}
	reading := readAhead(samples, inputs, r, memory)
	defer reading.close()
	for i := r.First; i < r.Last; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if length > 0 && i%length == 0 {
			runs.Carry()
		}
		in, err := reading.next()
		var bad *dataset.SampleError
		if err != nil {
			if bad, err = leftOut(i, err, spec); err != nil {
				return err
			}
		}
		if err := do(i, in, bad); err != nil {
			return &RunError{i, err}
		}
		if progress != nil && i >= spec.Range.First {
			progress()
		}
	}
	return nil
}

// leftOut returns what is wrong with sample i, if it is to be left out.
func leftOut(i int, err error, spec Spec) (*dataset.SampleError, error) {
	var bad *dataset.SampleError
	switch {
	case !errors.As(err, &bad):
		return nil, fmt.Errorf("sample %d: %w", i, err)
	case !spec.SkipBad:
		return nil, bad // it says which sample it is
	}
	return bad, nil
}

// RunError is the failure of a model on a sample; it comes up wherever the shard runs.
type RunError struct {
	Sample int // position in the dataset
	Err    error
}

func (e *RunError) Error() string { return fmt.Sprintf("sample %d: %v", e.Sample, e.Err) }
func (e *RunError) Unwrap() error { return e.Err }

// Unsupported reports whether an error means that the model holds operators that can't be executed.
func Unsupported(err error) bool {
	var u *exec.UnsupportedError
	return errors.As(err, &u)
}

// Merge folds statistics that together are those of all shards of a plan. Statistics without a single usable sample are an error: they could quantize
// nothing.
func Merge(parts []*calib.Stats) (*calib.Stats, error) {
	stats, err := calib.Merge(parts...)
	if err != nil {
		return nil, err
	}
	if stats.Samples == 0 {
		if len(stats.Skipped) > 0 {
			s := stats.Skipped[0]
			return nil, allBad(len(stats.Skipped), s.Source, s.Reason)
		}
		return nil, errEmpty
	}
	return stats, nil
}

var errEmpty = errors.New("the dataset is empty")

// allBad is the error of a dataset without a single usable sample.
func allBad(n int, source, reason string) error {
	return fmt.Errorf("all %d samples are bad; the first: %s: %s", n, source, reason)
}
