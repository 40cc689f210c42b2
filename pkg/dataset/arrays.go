package dataset

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// arrays are NumPy arrays, one for each input, with the samples along axis 0.
type arrays struct {
	File   string      `json:"file"`
	Inputs []arrayPart `json:"inputs"`
}

// arrayPart is an array: the .npy file of Size bytes at Offset in a blob. Its rows are contiguous.
type arrayPart struct {
	Name   string `json:"name,omitempty"` // in the archive
	Blob   int    `json:"blob"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
}

// rewriteLimit bounds the memory that putting an array into C order takes.
const rewriteLimit = 64 << 20

func (b *builder) arrays() error {
	path := b.spec.Path
	file, err := b.single(path)
	if err != nil {
		return err
	}
	defer file.Close()
	b.m.Arrays = &arrays{File: filepath.Base(path)}
	if strings.EqualFold(filepath.Ext(path), ".npz") {
		return b.npz(file)
	}
	if len(b.m.Inputs) != 1 {
		return fmt.Errorf("a .npy file holds one array, the model has %d inputs: %v; save a .npz file with an array for each", len(b.m.Inputs), b.m.Inputs)
	}
	array, err := npy.Open(file, file.size)
	if err != nil {
		return err
	}
	part := arrayPart{Size: file.size}
	if !array.Contiguous() {
		if part, err = b.rewrite("", array); err != nil {
			return err
		}
	} else if part.Blob, err = b.whole(file, nil); err != nil {
		return err
	}
	return b.bind(part, array)
}

func (b *builder) npz(file *input) error {
	entries, err := npy.OpenArchive(file, file.size)
	if err != nil {
		return err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	found, err := match(b.m.Inputs, names, "array")
	if err != nil {
		return err
	}
	whole := -1
	if list := direct(entries, found); len(list) > 0 {
		if whole, err = b.whole(file, list); err != nil {
			return err
		}
	}
	for _, k := range found {
		e := &entries[k]
		part := arrayPart{Name: e.Name, Offset: e.Offset, Size: e.Size}
		array, err := e.Array()
		switch {
		case errors.Is(err, npy.ErrCompressed):
			if part, array, err = b.inflate(e); err != nil {
				return err
			}
		case err != nil:
			return err
		case !array.Contiguous():
			if part, err = b.rewrite(e.Name, array); err != nil {
				return err
			}
		default:
			part.Blob = whole
		}
		if err := b.bind(part, array); err != nil {
			return err
		}
	}
	return nil
}

// direct returns those of the arrays found that are read from the archive itself.
func direct(entries []npy.Entry, found []int) []*npy.Entry {
	var list []*npy.Entry
	for _, k := range found {
		if array, err := entries[k].Array(); err == nil && array.Contiguous() {
			list = append(list, &entries[k])
		}
	}
	return list
}

// wholeRun is the number of bytes that are read at a time when a whole file is.
const wholeRun = 128 << 10

// whole adds the file itself, of which some entries are compared with the checksums that it holds. A file of the user's is read when the rest is known.
func (b *builder) whole(file *input, entries []*npy.Entry) (int, error) {
	if file.at != nil {
		t, err := b.sum(file, entries)
		if err != nil {
			return 0, err
		}
		return b.keep(file, t)
	}
	return b.postpone(file, func() (_ store.Digest, err error) {
		again, err := localFile(file.name, file.path).open()
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, again.Close()) }()
		if b.unnamed {
			return "", b.compare(again, entries)
		}
		t, err := b.sum(again, entries)
		if err != nil {
			return "", err
		}
		return t.digest(), t.read(file)
	}), nil
}

// sum reads a file.
func (b *builder) sum(file *input, entries []*npy.Entry) (*tee, error) {
	t := newTee(b.ctx, file.reader())
	sums := newChecksums(entries)
	if _, err := io.CopyBuffer(sums, t, make([]byte, wholeRun)); err != nil {
		return nil, err
	}
	return t, sums.check()
}

// compare reads those entries of a file that have a checksum.
func (b *builder) compare(file *input, entries []*npy.Entry) error {
	sums := newChecksums(slices.DeleteFunc(slices.Clone(entries), func(e *npy.Entry) bool { return e.Checksum() == 0 }))
	buffer := make([]byte, wholeRun)
	for _, e := range sums.entries {
		sums.at = e.Offset
		if _, err := io.CopyBuffer(sums, onlyReader{&ending{b.ctx, io.NewSectionReader(file, e.Offset, e.Size)}}, buffer); err != nil {
			return err
		}
		if sums.at < e.Offset+e.Size {
			return changed(file, sums.at)
		}
	}
	return sums.check()
}

// checksums computes those of entries of an archive whose bytes are written to it.
type checksums struct {
	entries []*npy.Entry
	found   []uint32
	at      int64
}

func newChecksums(entries []*npy.Entry) *checksums {
	return &checksums{entries: entries, found: make([]uint32, len(entries))}
}

// check is an error unless all entries were written, and are what the archive says.
func (c *checksums) check() error {
	for i, e := range c.entries {
		if want := e.Checksum(); want != 0 && c.found[i] != want {
			return fmt.Errorf("array %q: %w", e.Name, damaged(zip.ErrChecksum))
		}
	}
	return nil
}

func (c *checksums) Write(p []byte) (int, error) {
	end := c.at + int64(len(p))
	for i, e := range c.entries {
		if from, to := max(e.Offset, c.at), min(e.Offset+e.Size, end); from < to {
			c.found[i] = crc32.Update(c.found[i], crc32.IEEETable, p[from-c.at:to-c.at])
		}
	}
	c.at = end
	return len(p), nil
}

// inflate adds a deflated array, in C order.
func (b *builder) inflate(e *npy.Entry) (arrayPart, *npy.Array, error) {
	rc, err := e.Open()
	if err != nil {
		return arrayPart{}, nil, err
	}
	defer rc.Close()
	before := len(b.m.Blobs)
	index, err := b.put(b.m.Arrays.File, rc)
	if err != nil {
		return arrayPart{}, nil, fmt.Errorf("array %q: %w", e.Name, err)
	}
	part := arrayPart{Name: e.Name, Blob: index, Size: b.m.Blobs[index].Size}
	blob, err := b.files.Open(b.ctx, b.m.Blobs[index].Digest)
	if err != nil {
		return arrayPart{}, nil, err
	}
	defer blob.Close()
	array, err := npy.Open(blob, blob.Size())
	if err != nil {
		return arrayPart{}, nil, fmt.Errorf("array %q: %w", e.Name, err)
	}
	if array.Contiguous() {
		return part, array, nil
	}
	if len(b.m.Blobs) > before { // only this array in Fortran order needed the blob
		delete(b.index, b.m.Blobs[index].Digest)
		b.m.Blobs = b.m.Blobs[:before]
	}
	part, err = b.rewrite(e.Name, array)
	return part, array, err
}

// rewrite adds an array in C order.
func (b *builder) rewrite(name string, array *npy.Array) (arrayPart, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(npy.Rewrite(w, array, rewriteLimit)) }()
	index, err := b.put(b.m.Arrays.File, r)
	r.CloseWithError(err) // ends the writer if the store failed
	if err != nil {
		return arrayPart{}, fmt.Errorf("array %q: %w", name, err)
	}
	return arrayPart{Name: name, Blob: index, Size: b.m.Blobs[index].Size}, nil
}

// bind appends the next input's array.
func (b *builder) bind(part arrayPart, array *npy.Array) error {
	a := b.m.Arrays
	in := b.m.Inputs[len(a.Inputs)]
	if err := fitsArray(in, array); err != nil {
		return err
	}
	rows := array.Rows()
	if len(a.Inputs) > 0 && rows != b.m.Samples {
		return fmt.Errorf("array %q holds %d samples, %q holds %d", a.Inputs[0].Name, b.m.Samples, part.Name, rows)
	}
	if rows == 0 {
		return ErrEmpty
	}
	b.m.Samples = rows
	a.Inputs = append(a.Inputs, part)
	return nil
}

// fitsArray refuses an array that can't feed an input.
func fitsArray(in Input, array *npy.Array) error {
	if len(array.Shape) == 0 {
		return fmt.Errorf("input %v: want samples along axis 0, have a scalar", in)
	}
	if _, err := in.shapeOf(array.Shape[1:]); err != nil {
		if hint := in.hint(array.Shape); hint != "" {
			err = fmt.Errorf("%w: %s", err, hint)
		}
		return err
	}
	return in.castable(array.Type)
}

// place implements source.
func (a *arrays) place(i int) string { return fmt.Sprintf("%s[%d]", a.File, i) }

// placeIn says where sample i is from in an array.
func (a *arrays) placeIn(p arrayPart, i int) string {
	if p.Name == "" {
		return a.place(i)
	}
	return fmt.Sprintf("%s: %s[%d]", a.File, p.Name, i)
}

func (a *arrays) validate(m *Manifest) error {
	if len(a.Inputs) != len(m.Inputs) {
		return fmt.Errorf("%d arrays for %d inputs", len(a.Inputs), len(m.Inputs))
	}
	for _, p := range a.Inputs {
		if err := m.blob(p.Blob, p.Offset, p.Size); err != nil {
			return fmt.Errorf("array %q: %w", p.Name, err)
		}
	}
	return nil
}

func (a *arrays) sample(r *Reader, i int, out []*tensor.Tensor) (string, error) {
	for k, p := range a.Inputs {
		t, err := a.row(r, i, k, out[k])
		if err != nil {
			return a.placeIn(p, i), err
		}
		out[k] = t
	}
	return "", nil
}

// rows is an array that feeds an input, by samples of the given shape.
type rows struct {
	array *npy.Array
	shape tensor.Shape
}

// rows returns the array of an input, whose header is read once.
func (a *arrays) rows(r *Reader, k int) (*rows, error) {
	r.mu.Lock()
	found := r.rows[k]
	r.mu.Unlock()
	if found != nil {
		return found, nil
	}
	p, in := a.Inputs[k], r.manifest.Inputs[k]
	blob, err := r.kept(p.Blob)
	if err != nil {
		return nil, err
	}
	array, err := npy.Open(io.NewSectionReader(blob, p.Offset, p.Size), p.Size)
	if err != nil {
		return nil, err
	}
	if err := fitsArray(in, array); err != nil {
		return nil, err
	}
	shape, err := in.shapeOf(array.Shape[1:])
	if err != nil {
		return nil, err
	}
	found = &rows{array, shape}
	r.mu.Lock()
	r.rows[k] = found
	r.mu.Unlock()
	return found, nil
}

// row returns an input's tensor of sample i, in the memory of old if that fits.
func (a *arrays) row(r *Reader, i, k int, old *tensor.Tensor) (*tensor.Tensor, error) {
	from, err := a.rows(r, k)
	if err != nil {
		return nil, err
	}
	if i >= from.array.Rows() {
		return nil, fmt.Errorf("the array holds %d samples", from.array.Rows())
	}
	in := r.manifest.Inputs[k]
	t := again(old, in.DType, from.shape)
	data := t.Data
	if dtypes[from.array.Type] != in.DType {
		data = make([]byte, from.array.RowSize())
	}
	if err := from.array.ReadRows(data, i); err != nil {
		return nil, err
	}
	return t, in.cast(t, from.array.Type, data)
}
