package dataset

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/reader/parquet"
	"github.com/octetlite/octet/pkg/tensor"
)

// columns are columns of Parquet files, one for each input, a row a sample: numbers, lists of them, encoded pictures, or the bytes of numbers if Raw says their type.
type columns struct {
	Columns []string      `json:"columns"` // paths
	Raw     string        `json:"raw,omitempty"`
	Picture picture       `json:"picture"`
	Files   []parquetFile `json:"files"`

	once sync.Once
	ends []int // how many rows are in this file and those before it
}

type parquetFile struct {
	Name string `json:"name"`
	Blob int    `json:"blob"`
	Rows int    `json:"rows"`
}

func (b *builder) columns() error {
	files, err := b.several(b.spec.Path)
	if err != nil {
		return err
	}
	p, err := b.spec.picture()
	if err != nil {
		return err
	}
	l := &columns{Picture: *p, Raw: b.spec.Options.Get("raw")}
	if l.Columns, err = b.chosen("column"); err != nil {
		return err
	}
	for i, f := range files {
		file, err := b.parquetFile(f, l, i == 0)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		l.Files = append(l.Files, file)
		b.m.Samples += file.Rows
	}
	b.m.Parquet = l
	if b.m.Samples == 0 {
		return ErrEmpty
	}
	return nil
}

// parquetFile reads a file's footer, and the whole of it for its digest. In the first file it finds the columns.
func (b *builder) parquetFile(f found, l *columns, first bool) (parquetFile, error) {
	from, err := f.open()
	if err != nil {
		return parquetFile{}, err
	}
	defer from.Close()
	file, err := parquet.Open(from.ReaderAt, from.size, parquet.NewCache(0))
	if err != nil {
		return parquetFile{}, err
	}
	if file.Rows() > maxSamples {
		return parquetFile{}, fmt.Errorf("%d rows: the limit is %d", file.Rows(), maxSamples)
	}
	if first {
		if err := b.findColumns(l, file); err != nil {
			return parquetFile{}, err
		}
	}
	if _, err := l.of(file); err != nil {
		return parquetFile{}, err
	}
	t := newTee(b.ctx, from.reader())
	if err := t.drain(); err != nil {
		return parquetFile{}, err
	}
	index, err := b.keep(from, t)
	return parquetFile{Name: f.name, Blob: index, Rows: int(file.Rows())}, err
}

// findColumns finds the path of each input's column: by the option column.INPUT, or the input's name. A picture may be a pair of bytes and path, as some tools write it.
func (b *builder) findColumns(l *columns, file *parquet.File) error {
	var names, paths []string
	for _, c := range file.Columns() {
		names, paths = append(names, c.Name), append(paths, c.Path)
	}
	for i, c := range file.Columns() {
		if n := len(c.Name) - len(".bytes"); n > 0 && c.Name[n:] == ".bytes" && c.Type == parquet.Bytes && !slices.Contains(names, c.Name[:n]) {
			names[i] = c.Name[:n]
		}
	}
	for i, in := range b.m.Inputs {
		name := l.Columns[i]
		if name == "" && len(b.m.Inputs) == 1 && len(names) == 1 {
			name = names[0]
		}
		k := slices.Index(names, name)
		if k < 0 {
			k = slices.Index(paths, name)
		}
		if name == "" {
			var err error
			if k, err = matchOne(b.m.Inputs, in, names, "column"); err != nil {
				return fmt.Errorf("%w; the option column.%s=NAME chooses another", err, in.Name)
			}
		}
		if k < 0 {
			return fmt.Errorf("input %v: want the column %q, have %s", in, name, quoted(names))
		}
		l.Columns[i] = paths[k]
	}
	return nil
}

// of returns the columns in a file.
func (l *columns) of(file *parquet.File) ([]parquet.Column, error) {
	list := make([]parquet.Column, len(l.Columns))
	for i, path := range l.Columns {
		var ok bool
		if list[i], ok = file.Column(path); !ok {
			return nil, fmt.Errorf("the file has no column %q that could feed a model", path)
		}
	}
	return list, nil
}

func (l *columns) validate(m *Manifest) error {
	if err := m.checkSources("columns", len(l.Columns), l.Raw, &l.Picture); err != nil {
		return err
	}
	count := 0
	for _, f := range l.Files {
		if err := m.blob(f.Blob, 0, 0); err != nil {
			return fmt.Errorf("file %q: %w", f.Name, err)
		}
		if f.Rows < 0 || f.Rows > math.MaxInt-count {
			return fmt.Errorf("file %q of %d rows", f.Name, f.Rows)
		}
		count += f.Rows
	}
	if count != m.Samples {
		return fmt.Errorf("%d rows for %d samples", count, m.Samples)
	}
	return nil
}

// find returns the file that holds sample i, and the row in it.
func (l *columns) find(i int) (file, row int) {
	l.once.Do(func() {
		count := 0
		for _, f := range l.Files {
			count += f.Rows
			l.ends = append(l.ends, count)
		}
	})
	return locate(l.ends, i)
}

func (l *columns) place(i int) string {
	k, row := l.find(i)
	return fmt.Sprintf("%s[%d]", l.Files[k].Name, row)
}

// maxPages bounds the decoded pages that a Reader keeps, in bytes.
const maxPages = 128 << 20

// table is a Parquet file that a Reader keeps open, once done.
type table struct {
	once    sync.Once
	file    *parquet.File
	columns []parquet.Column
	err     error
}

// table returns the file of a number.
func (l *columns) table(r *Reader, k int) (*table, error) {
	r.mu.Lock()
	if r.tables == nil {
		r.tables, r.pages = map[int]*table{}, parquet.NewCache(maxPages)
	}
	pages := r.pages
	t := r.tables[k]
	if t == nil {
		t = &table{}
		r.tables[k] = t
	}
	r.mu.Unlock()
	t.once.Do(func() {
		blob, err := r.kept(l.Files[k].Blob)
		if err == nil {
			t.file, err = parquet.Open(blob, blob.Size(), pages)
		}
		if err == nil {
			t.columns, err = l.of(t.file)
		}
		if err == nil && t.file.Rows() != int64(l.Files[k].Rows) {
			err = fmt.Errorf("the file has %d rows, want %d", t.file.Rows(), l.Files[k].Rows)
		}
		t.err = err
	})
	if t.err != nil {
		r.mu.Lock()
		if r.tables[k] == t {
			delete(r.tables, k) // the next sample tries again
		}
		r.mu.Unlock()
	}
	return t, t.err
}

func (l *columns) sample(r *Reader, i int, out []*tensor.Tensor) (string, error) {
	k, row := l.find(i)
	t, err := l.table(r, k)
	if err != nil {
		return l.place(i), err
	}
	for n, in := range r.manifest.Inputs {
		place := l.place(i) + ": " + l.Columns[n]
		data, err := t.file.Row(t.columns[n], int64(row))
		switch {
		case errors.Is(err, parquet.ErrNull):
			return place, bad("input %v: %v", in, err)
		case err != nil:
			return place, err
		}
		if c := t.columns[n]; c.Type == parquet.Bytes {
			out[n], err = bytesValue(in, "column", l.Raw, &l.Picture, data)
		} else {
			out[n], err = in.list(npy.Type(c.Type), data)
		}
		if err != nil {
			return place, err
		}
	}
	return "", nil
}
