package coordinator

import (
	"context"
	"fmt"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
)

// A job that calibrates on a stream has a shard for each of its chunks, so that the plan does not depend on how many samples will have come. A shard's samples are those of a
// manifest of that chunk alone, which does not depend on the others: the same shard comes out before and after the stream is finished.

// chunked reports whether a job's first phase has a shard for each chunk of a stream.
func (s *Spec) chunked() bool { return s.Stream != "" && s.calibrates() }

// early reports whether such a job begins while the stream is open. One that compares calibrators divides the samples by their number.
func (s *Spec) early() bool { return s.chunked() && s.Calibrator != convert.Auto }

// chunks are those of a stream, as far as they are full, or all of them once it is finished.
type chunks struct {
	inputs  []dataset.Input
	size    int // samples in each but maybe the last
	samples int // in all
	blobs   []Blob
}

func chunksOf(m *dataset.Manifest) (*chunks, error) {
	_, size, err := dataset.Chunks(m.Inputs)
	if err == nil && (m.Chunks == nil || m.Partial()) {
		err = fmt.Errorf("the manifest is not of a stream")
	}
	if err != nil {
		return nil, err
	}
	c := &chunks{inputs: m.Inputs, size: size, samples: m.Samples}
	for _, b := range m.Blobs {
		c.blobs = append(c.blobs, Blob{string(b.Digest), b.Size})
	}
	return c, nil
}

// plan returns the shards of the first samples, without some of the first of them.
func (c *chunks) plan(samples, without int) (plan []shard.Range) {
	for first := without * c.size; first < samples; first += c.size {
		plan = append(plan, shard.Range{First: first, Last: min(first+c.size, samples)})
	}
	return plan
}

// part returns the text of a manifest of one chunk.
func (c *chunks) part(index int) ([]byte, error) {
	m, err := dataset.Window(c.inputs, index, min(c.size, c.samples-index*c.size), dataset.Blob{Digest: store.Digest(c.blobs[index].Digest), Size: c.blobs[index].Size})
	if err != nil {
		return nil, err
	}
	return m.Encode()
}

// reader returns what reads a shard's statistics for a merge: they are of the chunk, and become the stream's.
func (c *chunks) reader(r Record, read func(r Record, of shard.Range, d store.Digest) (*calib.Stats, error)) func(of shard.Range, d store.Digest) (*calib.Stats, error) {
	whole := r.dataset().Digest
	return func(of shard.Range, d store.Digest) (*calib.Stats, error) {
		text, err := c.part(of.First / c.size)
		if err != nil {
			return nil, err
		}
		r.Dataset = &Blob{string(store.Of(text)), int64(len(text))}
		stats, err := read(r, of, d)
		if err != nil {
			return nil, err
		}
		stats.Dataset = whole
		return stats, nil
	}
}

// measuring returns a job's record as it is for a shard: one of a chunk has the manifest of that chunk. The caller holds the lock.
func (e *entry) measuring(f Start) Record {
	r := e.Record
	if f.Phase == 0 && r.Spec.chunked() {
		// Shards of the first phase are in the order of the chunks.
		r.Dataset = &e.parts[f.Shard]
	}
	return r
}

// shards plans those that calibrate on the first samples of a dataset. Those of a stream are of its chunks.
func (s *Server) shards(r Record, m *dataset.Manifest, samples int) ([]shard.Range, *chunks, error) {
	if !r.Spec.chunked() {
		return shard.Plan(samples), nil, nil
	}
	c, err := chunksOf(m)
	if err != nil {
		return nil, nil, err
	}
	return c.plan(samples, 0), c, nil
}

// divide puts the manifests of a stream's first chunks into the store, as far as they are not there. The job refers to them from then on.
func (s *Server) divide(ctx context.Context, job string, c *chunks, upTo int) error {
	s.mu.Lock()
	have := 0
	if e := s.jobs[job]; e != nil {
		have = len(e.parts)
	}
	s.mu.Unlock()
	for i := have; i < upTo; i++ {
		text, err := c.part(i)
		if err != nil {
			return err
		}
		b, release, err := s.put(ctx, text)
		if err != nil {
			return err
		}
		s.mu.Lock()
		if e := s.jobs[job]; e != nil {
			e.parts = append(e.parts, b)
		}
		s.mu.Unlock()
		release()
	}
	return nil
}

// manifestOf returns the text of a finished stream's manifest.
func manifestOf(r *StreamRecord) ([]byte, error) {
	var blobs []dataset.Blob
	for _, b := range r.Chunks {
		blobs = append(blobs, dataset.Blob{Digest: store.Digest(b.Digest), Size: b.Size})
	}
	m, err := dataset.Chunked(r.Inputs, r.Samples, blobs)
	if err != nil {
		return nil, err
	}
	return m.Encode()
}
