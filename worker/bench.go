package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
)

// What is read as a whole is bounded, in bytes, as the coordinator bounds it.
const (
	maxModel    = 1 << 36
	maxManifest = 1 << 28
)

// What is kept ready in memory, besides models.
const (
	maxManifests   = 2 // datasets
	maxComparisons = 2 // each of several models
)

// bench is where shards are computed. It keeps ready what they are about.
type bench struct {
	models      *kept[modelKey, *shard.Model]
	manifests   *kept[store.Digest, *loaded]
	comparisons *kept[comparisonKey, *labelled]
}

// newBench returns a bench that keeps so many models, of so many bytes in all; 0 for no bound.
func newBench(models int, bytes int64) *bench {
	k := newKept[modelKey, *shard.Model](models)
	k.bytes, k.size = bytes, func(m *shard.Model) int64 { return m.Memory(calib.Spec{}).Model }
	return &bench{k, newKept[store.Digest, *loaded](maxManifests), newKept[comparisonKey, *labelled](maxComparisons)}
}

// loaded is a dataset's manifest, and the dataset's digest.
type loaded struct {
	*dataset.Manifest
	digest string
}

type modelKey struct {
	digest    store.Digest
	signature string
}

// comparisonKey names what is compared, and what is asked.
type comparisonKey struct {
	float     modelKey
	quantized string // digests
	question  verify.Question
	labels    store.Digest
}

// result computes a shard's result, and returns it in its file form. What lies elsewhere is read through objects, if they are not nil. progress is told how many samples are done.
func (b *bench) result(ctx context.Context, source store.Opener, objects dataset.Objects, t task, progress func(done int64)) ([]byte, error) {
	work := b.calibration
	if t.compare != nil {
		work = b.comparison
	}
	do, err := work(ctx, source, t)
	if err != nil {
		return nil, err
	}
	reader, digest, err := b.dataset(ctx, source, objects, t)
	if err != nil {
		return nil, fmt.Errorf("dataset %.12s: %w", t.dataset, err)
	}
	defer reader.Close()
	done := int64(0)
	r, err := do(ctx, reader, shard.Spec{Range: t.samples, Dataset: digest, SkipBad: t.skipBad, Observe: t.observe}, func() {
		done++
		progress(done)
	})
	if err != nil {
		return nil, err
	}
	return r.Encode()
}

// result is what a shard yields.
type result interface{ Encode() ([]byte, error) }

// runner computes a shard's result.
type runner func(ctx context.Context, samples shard.Samples, spec shard.Spec, progress func()) (result, error)

// calibration returns what gathers statistics of the task's model.
func (b *bench) calibration(ctx context.Context, source store.Opener, t task) (runner, error) {
	model, err := b.models.get(ctx, modelKey{t.model, t.signature}, func(ctx context.Context) (*shard.Model, error) {
		data, err := readAll(ctx, source, t.model, maxModel)
		if err != nil {
			return nil, err
		}
		m, err := shard.Load(data, t.signature)
		if err != nil {
			return nil, &fault{err}
		}
		return m, nil
	})
	if err != nil {
		return nil, fmt.Errorf("model %.12s: %w", t.model, err)
	}
	return func(ctx context.Context, samples shard.Samples, spec shard.Spec, progress func()) (result, error) {
		return shard.Run(ctx, model, samples, spec, progress)
	}, nil
}

// labelled is a comparison, and the labels that it is about, if there are any.
type labelled struct {
	*shard.Comparison
	labels *dataset.Labels
}

// comparison returns what compares the task's models.
func (b *bench) comparison(ctx context.Context, source store.Opener, t task) (runner, error) {
	key := comparisonKey{modelKey{t.model, t.signature}, fmt.Sprint(t.compare.quantized), t.compare.question, t.compare.labels}
	loaded, err := b.comparisons.get(ctx, key, func(ctx context.Context) (*labelled, error) {
		var all [][]byte
		for _, d := range append([]store.Digest{t.model}, t.compare.quantized...) {
			data, err := readAll(ctx, source, d, maxModel)
			if err != nil {
				return nil, err
			}
			all = append(all, data)
		}
		c, err := shard.LoadComparison(all[0], all[1:], t.signature, t.compare.question)
		if err != nil {
			return nil, &fault{err}
		}
		if t.compare.labels == "" {
			return &labelled{c, nil}, nil
		}
		data, err := readAll(ctx, source, t.compare.labels, maxModel)
		if err != nil {
			return nil, fmt.Errorf("labels %.12s: %w", t.compare.labels, err)
		}
		labels, err := dataset.DecodeLabels(data)
		if err != nil {
			return nil, &fault{err}
		}
		return &labelled{c, labels}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("comparison with %.12s: %w", t.model, err)
	}
	return func(ctx context.Context, samples shard.Samples, spec shard.Spec, progress func()) (result, error) {
		spec.Labels = string(t.compare.labels)
		return shard.Compare(ctx, loaded.Comparison, samples, loaded.labels, spec, progress)
	}, nil
}

// dataset returns a reader of a task's samples, and the dataset's digest.
func (b *bench) dataset(ctx context.Context, source store.Opener, objects dataset.Objects, t task) (*dataset.Reader, string, error) {
	m, err := b.manifests.get(ctx, t.dataset, func(ctx context.Context) (*loaded, error) {
		text, err := readAll(ctx, source, t.dataset, maxManifest)
		if err != nil {
			return nil, err
		}
		m, err := dataset.Decode(text)
		if err != nil {
			return nil, &fault{err}
		}
		if len(m.Objects()) == 0 {
			return &loaded{m, string(t.dataset)}, nil
		}
		digest, err := m.Digest()
		return &loaded{m, digest}, err
	})
	if err != nil {
		return nil, "", err
	}
	if t.samples.Last > m.Len() {
		return nil, "", &fault{fmt.Errorf("samples %d to %d of a dataset of %d", t.samples.First, t.samples.Last, m.Len())}
	}
	var options []dataset.Option
	if objects != nil {
		options = append(options, dataset.Elsewhere(objects))
	}
	r, err := dataset.Open(ctx, m.Manifest, source, options...)
	return r, m.digest, err
}

// cached opens blobs by way of the cache.
type cached struct {
	cache *store.Cache
	fetch store.Fetch
}

// Open implements dataset's source of blobs.
func (c *cached) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	b, err := c.cache.Open(ctx, d, c.fetch)
	if errors.Is(err, store.ErrTooLarge) {
		return nil, fmt.Errorf("this worker's cache is too small: %w", err)
	}
	return b, err
}

// readAll returns a whole blob of at most limit bytes.
func readAll(ctx context.Context, source store.Opener, d store.Digest, limit int64) ([]byte, error) {
	b, err := source.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if b.Size() > limit {
		return nil, &fault{fmt.Errorf("%d bytes: the limit is %d", b.Size(), limit)}
	}
	return store.ReadAll(ctx, source, d)
}
