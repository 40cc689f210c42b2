package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/octetlite/octet/pkg/reader/parquet"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// Reader gives random access to samples. It is safe for concurrent use.
type Reader struct {
	ctx      context.Context
	manifest *Manifest
	source   source
	blobs    store.Opener
	access

	distant bool // some of it lies elsewhere

	mu   sync.Mutex
	told [2]int // the samples that were asked for ahead, [from, to)
	open map[int]*opening
	rows []*rows // by input, of arrays
	// tables are Parquet files, by number, and pages what was decoded of them.
	tables map[int]*table
	pages  *parquet.Cache
}

// opening is a blob that is kept open, once done.
type opening struct {
	once sync.Once
	blob store.Blob
	err  error
}

// Open returns a reader of the manifest's samples. Blobs are opened when a sample asks for them, under ctx; those that hold many samples
// stay open until Close.
func Open(ctx context.Context, m *Manifest, blobs store.Opener, options ...Option) (*Reader, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	s, err := m.source()
	if err != nil {
		return nil, err
	}
	return &Reader{
		ctx: ctx, manifest: m, source: s, blobs: blobs, access: accessOf(options), distant: len(m.Objects()) > 0, open: map[int]*opening{}, rows: make([]*rows, len(m.Inputs)),
	}, nil
}

// Len returns the number of samples.
func (r *Reader) Len() int { return r.manifest.Samples }

// Sequence returns how many samples, one after the other, are the steps of one run; 0 if each is a run of its own.
func (r *Reader) Sequence() int { return r.manifest.Sequence }

// Inputs returns what a sample feeds, in the order of its tensors.
func (r *Reader) Inputs() []Input { return r.manifest.Inputs }

// Sample returns the tensors of sample i, one for each input, which the caller owns. A sample that can't be used is a *SampleError.
func (r *Reader) Sample(i int) ([]*tensor.Tensor, error) {
	out := make([]*tensor.Tensor, len(r.manifest.Inputs))
	if err := r.SampleInto(i, out); err != nil {
		return nil, err
	}
	return out, nil
}

// SampleInto is Sample that puts the tensors into out, which has an entry for each input: nil, or a tensor of an earlier sample, whose memory is used again if it
// fits. After an error the entries can be used for another sample, but hold none.
func (r *Reader) SampleInto(i int, out []*tensor.Tensor) error {
	if i < 0 || i >= r.manifest.Samples {
		return fmt.Errorf("sample %d of %d", i, r.manifest.Samples)
	}
	place, err := r.source.sample(r, i, out)
	if err == nil {
		for k, in := range r.manifest.Inputs {
			if err = check(in, out[k]); err != nil {
				place = r.source.place(i)
				break
			}
		}
	}
	if err == nil {
		return nil
	}
	if bad, ok := errors.AsType[*SampleError](err); ok {
		bad.Source, bad.Index = place, i
		return bad
	}
	return fmt.Errorf("%s: %w", place, err)
}

// again returns old if it has the given type, else a new tensor. Its content is of no use.
func again(old *tensor.Tensor, d tensor.DType, shape tensor.Shape) *tensor.Tensor {
	if old != nil && old.DType == d && old.Shape.Equal(shape) {
		return old
	}
	return tensor.New(d, shape)
}

// Close releases the blobs. No call of Sample may be under way or follow.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	for _, o := range r.open {
		if o.blob != nil {
			err = errors.Join(err, o.blob.Close())
		}
	}
	r.open = nil
	return err
}

// kept returns a blob that stays open until Close.
func (r *Reader) kept(index int) (store.Blob, error) {
	r.mu.Lock()
	o := r.open[index]
	if o == nil {
		o = &opening{}
		r.open[index] = o
	}
	r.mu.Unlock()
	o.once.Do(func() { o.blob, o.err = r.opened(index) })
	if o.err != nil {
		r.mu.Lock()
		if r.open[index] == o {
			delete(r.open, index) // the next sample tries again
		}
		r.mu.Unlock()
	}
	return o.blob, o.err
}

// opened opens a blob, which the caller closes.
func (r *Reader) opened(index int) (store.Blob, error) {
	want := r.manifest.Blobs[index]
	var b store.Blob
	var err error
	if want.At != nil {
		b, err = r.objects.OpenObject(r.ctx, want.object())
	} else {
		b, err = r.blobs.Open(r.ctx, want.Digest)
	}
	if err != nil {
		return nil, err
	}
	if b.Size() != want.Size {
		return nil, errors.Join(fmt.Errorf("blob %.12s has %d bytes, want %d", want.Digest, b.Size(), want.Size), b.Close())
	}
	return b, nil
}

// content returns a whole blob.
func (r *Reader) content(index int) (data []byte, err error) {
	b, err := r.opened(index)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	data = make([]byte, b.Size())
	if n, err := b.ReadAt(data, 0); n < len(data) {
		return nil, fmt.Errorf("read %d of %d bytes: %w", n, len(data), noEOF(err))
	}
	return data, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
