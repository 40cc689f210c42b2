package dataset

import (
	"context"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/store"
)

// Unnamed has Begin compare a file with the checksums in it alone, and not sum it, which takes longer: the manifest that Wait returns is one to read samples by, and its digest names nothing.
// It is for those who tell nobody else of the dataset.
func Unnamed() Option { return func(to *access) { to.unnamed = true } }

// Draft is a dataset whose samples can be read, while a file that holds them is still being summed and compared with the checksums in it: that takes
// one core some 0.8 s a GB, in which others can compute.
type Draft struct {
	manifest *Manifest
	done     chan struct{} // closed when the following are there
	final    *Manifest
	err      error
}

// Begin is Build that does not wait. The samples of an array file of the user's can be read at once; of any other dataset the manifest is final. What ctx ends, ends the summing as well.
func Begin(ctx context.Context, spec string, inputs []Input, files *store.Overlay, options ...Option) (*Draft, error) {
	b, err := build(ctx, spec, inputs, files, options)
	if err != nil {
		return nil, err
	}
	d := &Draft{manifest: b.m, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		if d.final, d.err = b.finish(); d.err != nil {
			d.err = fmt.Errorf("data %s: %w", spec, d.err)
		}
	}()
	return d, nil
}

// Manifest returns what Open needs to read the samples. Its digest names the dataset only once Wait has returned, and not before.
func (d *Draft) Manifest() *Manifest {
	select {
	case <-d.done:
		if d.err == nil {
			return d.final
		}
	default:
	}
	return d.manifest
}

// Done is closed when Wait has something to return.
func (d *Draft) Done() <-chan struct{} { return d.done }

// Wait returns the dataset's manifest, the one that Build returns, or why the file that holds the samples is not to be used.
func (d *Draft) Wait() (*Manifest, error) {
	<-d.done
	return d.final, d.err
}

// postponed is a file that is not summed yet.
type postponed struct {
	blob int // in the manifest, under a name that no content has
	sum  func() (store.Digest, error)
	path string
	size int64
}

// postpone adds a local file to the manifest before it is summed.
func (b *builder) postpone(in *input, sum func() (store.Digest, error)) int {
	name := store.Of(fmt.Appendf(nil, "octet draft of %s", in.path))
	b.files.Add(name, in.path, in.size)
	p := &postponed{b.add(Blob{Digest: name, Size: in.size, Name: in.name}), sum, in.path, in.size}
	b.later = append(b.later, p)
	return p.blob
}

// finish sums what was postponed, and returns the manifest with true digests.
func (b *builder) finish() (*Manifest, error) {
	if len(b.later) == 0 {
		return b.m, nil
	}
	m := *b.m
	m.Blobs = slices.Clone(b.m.Blobs)
	for _, p := range b.later {
		d, err := p.sum()
		if err != nil {
			return nil, err
		}
		if b.unnamed {
			continue
		}
		b.files.Add(d, p.path, p.size)
		m.Blobs[p.blob].Digest = d
	}
	return &m, nil
}
