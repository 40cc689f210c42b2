package dataset

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/octetlite/octet/pkg/store"
)

// input is a file of a source that is open: the user's, or an object elsewhere.
type input struct {
	name string // in the manifest
	size int64  // in bytes, when it was opened
	io.ReaderAt
	io.Closer
	path string        // of a local file
	at   *store.Object // of an object elsewhere
}

// found is a file of a folder or a glob: its name in the manifest, and how to open it.
type found struct {
	name string
	open func() (*input, error)
}

// localFile returns a file as found.
func localFile(name, path string) found {
	return found{name, func() (*input, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		return local(name, path, f)
	}}
}

// local returns an open file as an input, which closes it.
func local(name, path string, f *os.File) (*input, error) {
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &input{name: name, size: info.Size(), ReaderAt: f, Closer: f, path: path}, nil
}

// single finds the one file at a path or URL.
func (b *builder) single(path string) (*input, error) {
	if !elsewhere(path) {
		return localFile(filepath.Base(path), path).open()
	}
	objects, err := b.remote(path)
	if err != nil {
		return nil, err
	}
	if len(objects) != 1 {
		return nil, fmt.Errorf("%d objects match, want one", len(objects))
	}
	return b.founds(objects)[0].open()
}

// several finds the files that a path, a URL, or a glob of either names, in ascending order.
func (b *builder) several(pattern string) ([]found, error) {
	patterns, err := braces(pattern)
	if err != nil {
		return nil, err
	}
	var objects []store.Object
	var paths []string
	for _, p := range patterns {
		if elsewhere(p) {
			more, err := b.remote(p)
			if err != nil {
				return nil, within(p, pattern, err)
			}
			objects = append(objects, more...)
			continue
		}
		more, err := expand(p)
		if err != nil {
			return nil, within(p, pattern, err)
		}
		paths = append(paths, more...)
	}
	files := b.founds(objects)
	names := relative(paths)
	for i, p := range paths {
		files = append(files, localFile(names[i], p))
	}
	return files, nil
}

// within says which of several patterns an error is about.
func within(p, pattern string, err error) error {
	if p == pattern {
		return err
	}
	return fmt.Errorf("%s: %w", p, err)
}

// ahead is how far in front of what is read an object is asked for, in bytes.
const ahead = 8 << 20

// reader returns the input's bytes in their order, with what comes next on its way.
func (in *input) reader() io.Reader {
	r := io.NewSectionReader(in.ReaderAt, 0, in.size)
	if p, ok := in.ReaderAt.(Prefetcher); ok {
		return &forward{Reader: r, source: p}
	}
	return r
}

// forward is a reader that has what comes next prefetched.
type forward struct {
	io.Reader
	source     Prefetcher
	at, beyond int64
}

func (f *forward) Read(p []byte) (int, error) {
	if f.at+ahead/2 >= f.beyond {
		f.source.Prefetch(f.beyond, f.at+ahead-f.beyond)
		f.beyond = f.at + ahead
	}
	n, err := f.Reader.Read(p)
	f.at += int64(n)
	return n, err
}

// keep adds an input that was read whole through a tee, which yields its digest, to the manifest's blobs.
func (b *builder) keep(in *input, t *tee) (int, error) {
	if err := t.read(in); err != nil {
		return 0, err
	}
	d := t.digest()
	if in.at == nil {
		b.files.Add(d, in.path, t.n)
	}
	return b.add(Blob{Digest: d, Size: t.n, Name: in.name, At: in.at}), nil
}

// opener opens files one after another. Those elsewhere are asked for some files ahead, since each takes its time to answer.
type opener struct {
	files []found
	ahead []*input
}

const filesAhead = 16

// open opens the next file.
func (o *opener) open() (*input, error) {
	for len(o.files) > 0 && (len(o.ahead) == 0 || len(o.ahead) < filesAhead && o.ahead[0].at != nil) {
		in, err := o.files[0].open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.files[0].name, err)
		}
		if p, ok := in.ReaderAt.(Prefetcher); ok {
			p.Prefetch(0, in.size)
		}
		o.files, o.ahead = o.files[1:], append(o.ahead, in)
	}
	in := o.ahead[0]
	o.ahead = o.ahead[1:]
	return in, nil
}
