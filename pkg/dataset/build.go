package dataset

import (
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/octetlite/octet/pkg/store"
)

// Build makes the manifest of what spec (see Parse) names, for a model's inputs. It reads each source once. Files that have random
// access are added to files under their digests and not copied; what has none (deflated arrays, Fortran order, compressed records) is
// rewritten once, as blobs of the store below. What lies elsewhere stays there: the manifest names it by its URL. A source that does not fit the inputs is an error that says what was wanted.
func Build(ctx context.Context, spec string, inputs []Input, files *store.Overlay, options ...Option) (*Manifest, error) {
	d, err := Begin(ctx, spec, inputs, files, options...)
	if err != nil {
		return nil, err
	}
	return d.Wait()
}

// build does all of Build but what is postponed.
func build(ctx context.Context, spec string, inputs []Input, files *store.Overlay, options []Option) (*builder, error) {
	s, err := Parse(spec)
	if err != nil {
		return nil, err
	}
	if len(inputs) == 0 {
		return nil, errors.New("the model has no inputs to feed")
	}
	b := &builder{ctx: ctx, spec: s, files: files, access: accessOf(options), index: map[store.Digest]int{}, m: &Manifest{Version: version, Inputs: slices.Clone(inputs)}}
	switch s.Kind {
	case Arrays:
		err = b.arrays()
	case Images:
		err = b.images()
	case Records:
		err = b.records()
	case Random:
		err = b.random()
	case Archives:
		err = b.archives()
	case Parquet:
		err = b.columns()
	}
	if err == nil {
		var steps int64
		steps, err = s.whole(sequence, 0)
		b.m.Sequence = int(min(steps, maxSequence+1))
	}
	if err == nil {
		err = b.m.check()
	}
	if err == nil {
		err = b.probe()
	}
	if err != nil {
		return nil, fmt.Errorf("data %s: %w", spec, err)
	}
	return b, nil
}

// builder collects a manifest.
type builder struct {
	ctx   context.Context
	spec  *Spec
	files *store.Overlay
	access
	index map[store.Digest]int // of the blobs in the manifest
	m     *Manifest
	later []*postponed
}

// add returns the index of a blob in the manifest. Files of equal content are one blob, under the first one's name.
func (b *builder) add(blob Blob) int {
	i, ok := b.index[blob.Digest]
	if !ok {
		i = len(b.m.Blobs)
		b.index[blob.Digest] = i
		b.m.Blobs = append(b.m.Blobs, blob)
	}
	return i
}

// put adds a blob that is written to the store. Where the source can't be read on, the error is the source's.
func (b *builder) put(name string, r io.Reader) (int, error) {
	source := &failing{Reader: r}
	d, size, err := b.files.Put(b.ctx, "", source)
	switch {
	case source.err != nil:
		return 0, damaged(source.err)
	case err != nil:
		return 0, err
	}
	return b.add(Blob{Digest: d, Size: size, Name: name}), nil
}

// failing is a reader that keeps its error.
type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// damaged says in words what a decompressor means.
func damaged(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file is damaged: its compressed data end too early")
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, gzip.ErrChecksum), errors.Is(err, zlib.ErrChecksum):
		return errors.New("the file is damaged: its checksum is wrong")
	}
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return errors.New("the file is damaged: its compressed data are corrupt")
	}
	return err
}

// probe reads the first sample, so that a wrong name, type or shape shows before a job is planned. A sample that is merely bad is left
// to the caller's policy.
func (b *builder) probe() error {
	r, err := Open(b.ctx, b.m, b.files, Elsewhere(b.objects))
	if err != nil {
		return err
	}
	_, err = r.Sample(0)
	var bad *SampleError
	if errors.As(err, &bad) && !bad.mismatch {
		err = nil
	}
	return errors.Join(err, r.Close())
}

// ending is a reader that ends with a context.
type ending struct {
	ctx context.Context
	r   io.Reader
}

func (e *ending) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.r.Read(p)
}

// tee is a reader that sums what passes.
type tee struct {
	r io.Reader
	h interface {
		io.Writer
		Sum([]byte) []byte
	}
	n int64
}

func newTee(ctx context.Context, r io.Reader) *tee { return &tee{r: &ending{ctx, r}, h: sha256.New()} }

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	t.h.Write(p[:n]) //nolint:errcheck // a hash never fails
	return n, err
}

// drain reads what is left.
func (t *tee) drain() error {
	_, err := io.CopyBuffer(io.Discard, onlyReader{t}, make([]byte, wholeRun))
	return err
}

// read is an error unless all of an input passed.
func (t *tee) read(in *input) error {
	if t.n != in.size {
		return changed(in, t.n)
	}
	return nil
}

// changed is the error for an input that turns out to end elsewhere than when it was opened.
func changed(in *input, read int64) error {
	return fmt.Errorf("%s: read %d bytes of %d: it changed meanwhile", in.name, read, in.size)
}

// onlyReader hides what else a reader can do, so that io.CopyBuffer uses its buffer.
type onlyReader struct{ io.Reader }

func (t *tee) digest() store.Digest { return store.Digest(hex.EncodeToString(t.h.Sum(nil))) }
