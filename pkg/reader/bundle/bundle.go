// Package bundle reads TensorFlow's checkpoints (TensorBundle, "V2"): PREFIX.index, a LevelDB table that says what each tensor is and
// where its bytes are, and PREFIX.data-00000-of-0000N, the bytes. All checksums are verified.
//
// The files may be hostile: what is wrong comes back as an error that names the place, and memory stays within a small multiple
// of the files.
package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// ObjectGraph is the key of a scalar string: the TrackableObjectGraph message of checkpoints of objects.
const ObjectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH"

// Entry says what a tensor is.
type Entry struct {
	DType  int     // a value of TensorFlow's enum DataType
	Shape  []int64 // nil for a scalar
	Slices []Slice // the parts of a partitioned variable, each an entry of its own in the file; Read puts them together

	shard        int
	offset, size int64
	crc          uint32
}

// Bundle is an open checkpoint. Its methods may be called concurrently if those of its file system may.
type Bundle struct {
	// Alloc makes room for the elements of a tensor, n bytes of any content; nil stands for make.
	Alloc func(n int) []byte

	fsys    fs.FS
	prefix  string
	shards  int
	keys    []string
	entries map[string]Entry // parts of partitioned variables included

	mu    sync.Mutex
	files map[int]openFile // by shard
}

// Open reads the index of the checkpoint with the given prefix, such as "variables/variables", which is a path of fs.ValidPath's form.
// The files' names are made of the prefix and of numbers, so nothing outside of the prefix's folder is opened; whether a symbolic link
// there may lead away is up to fsys ((*os.Root).FS refuses it).
//
// Big-endian checkpoints are refused.
func Open(fsys fs.FS, prefix string) (*Bundle, error) {
	name := prefix + ".index"
	index, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("checkpoint index: %w", err)
	}
	b := &Bundle{fsys: fsys, prefix: prefix, shards: -1, entries: map[string]Entry{}, files: map[int]openFile{}}
	if err := visitTable(index, b.add); err != nil {
		return nil, fmt.Errorf("checkpoint index %s: %w", name, err)
	}
	if b.shards < 0 {
		return nil, fmt.Errorf("checkpoint index %s: no header, the entry with an empty key", name)
	}
	return b, nil
}

// add takes an entry of the table. The header comes first, since its key is the lowest.
func (b *Bundle) add(key string, value []byte) error {
	if key == "" {
		h, err := parseHeader(value)
		if err != nil {
			return err
		}
		if h.bigEndian {
			return errors.New("a big-endian checkpoint; only little-endian ones are read")
		}
		b.shards = h.shards
		return nil
	}
	e, err := parseEntry(value)
	if err != nil {
		return fmt.Errorf("entry %.200q: %w", key, err)
	}
	if e.offset < 0 || e.size < 0 || e.shard < 0 || e.shard >= b.shards {
		return fmt.Errorf("entry %.200q: %d bytes at %d of shard %d, of %d shards", key, e.size, e.offset, e.shard, b.shards)
	}
	b.entries[key] = e
	if !strings.HasPrefix(key, sliceMark) {
		b.keys = append(b.keys, key)
	}
	return nil
}

// Keys returns the tensors' names in bytewise order.
func (b *Bundle) Keys() []string { return slices.Clone(b.keys) }

// Entry returns what a tensor is, and whether there is one of that name.
func (b *Bundle) Entry(key string) (Entry, bool) {
	e, ok := b.entries[key]
	return e, ok && !strings.HasPrefix(key, sliceMark)
}

// Read returns the little-endian elements of a tensor of numbers, in row-major order. Types of less than a byte have a byte for each
// element. A partitioned variable is put together from its parts, which must cover it exactly.
func (b *Bundle) Read(key string) ([]byte, error) {
	e, ok := b.Entry(key)
	if !ok {
		return nil, fmt.Errorf("checkpoint %s: no tensor %.200q", b.prefix, key)
	}
	var data []byte
	var err error
	if len(e.Slices) > 0 {
		data, err = b.assemble(key, e)
	} else {
		data, err = b.numbers(e)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: tensor %.200q: %w", b.prefix, key, err)
	}
	return data, nil
}

// ReadStrings returns the elements of a tensor of strings, in row-major order. They share memory.
func (b *Bundle) ReadStrings(key string) ([][]byte, error) {
	e, ok := b.Entry(key)
	if !ok {
		return nil, fmt.Errorf("checkpoint %s: no tensor %.200q", b.prefix, key)
	}
	elements, err := b.strings(e)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: tensor %.200q: %w", b.prefix, key, err)
	}
	return elements, nil
}

// stored returns an entry's bytes as they are in its shard.
func (b *Bundle) stored(e Entry) ([]byte, error) {
	name := b.shard(e.shard)
	f, size, done, err := b.open(e.shard)
	if err != nil {
		return nil, err
	}
	defer done()
	if e.offset > size || e.size > size-e.offset {
		return nil, fmt.Errorf("%d bytes at %d of %s, which has %d: %w", e.size, e.offset, name, size, errCut)
	}
	data := b.alloc(e.size)
	if at, ok := f.(io.ReaderAt); ok {
		_, err = io.ReadFull(io.NewSectionReader(at, e.offset, e.size), data)
	} else if _, err = io.CopyN(io.Discard, f, e.offset); err == nil {
		_, err = io.ReadFull(f, data)
	}
	if err != nil {
		return nil, fmt.Errorf("%d bytes at %d of %s: %w", e.size, e.offset, name, err)
	}
	return data, nil
}

func (b *Bundle) alloc(n int64) []byte {
	if b.Alloc == nil {
		return make([]byte, n)
	}
	return b.Alloc(int(n))
}

// open returns a shard's file, its size, and what to call after use. A file that can be read at any place stays open until Close.
func (b *Bundle) open(shard int) (f fs.File, size int64, done func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o, ok := b.files[shard]; ok {
		return o.file, o.size, func() {}, nil
	}
	if f, err = b.fsys.Open(b.shard(shard)); err != nil {
		return nil, 0, nil, err
	}
	done = func() { _ = f.Close() }
	info, err := f.Stat()
	if err != nil {
		done()
		return nil, 0, nil, err
	}
	size = info.Size()
	if _, ok := f.(io.ReaderAt); ok {
		b.files[shard] = openFile{f, size}
		done = func() {}
	}
	return f, size, done, nil
}

// openFile is a shard that stays open.
type openFile struct {
	file fs.File
	size int64
}

// Close closes the files that are open. The bundle can still be used, and opens them again.
func (b *Bundle) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, o := range b.files {
		errs = append(errs, o.file.Close())
	}
	clear(b.files)
	return errors.Join(errs...)
}

func (b *Bundle) shard(i int) string {
	return fmt.Sprintf("%s.data-%05d-of-%05d", b.prefix, i, b.shards)
}
