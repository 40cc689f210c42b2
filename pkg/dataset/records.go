package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/octetlite/octet/pkg/reader/image"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/reader/tfrecord"
	"github.com/octetlite/octet/pkg/tensor"
)

// records are tf.Examples in TFRecord files, a feature for each input. A feature is a list of numbers, an encoded picture, or the
// bytes of the numbers if Raw says their type.
type records struct {
	Features []string     `json:"features"`
	Raw      string       `json:"raw,omitempty"`
	Picture  picture      `json:"picture"`
	Files    []recordFile `json:"files"`

	once sync.Once
	at   [][]tfrecord.Span // of each file, once computed
	ends []int             // how many samples are in this file and those before it
}

// recordFile is a plain file: its records' data are Lengths bytes long, in their order.
type recordFile struct {
	Name    string  `json:"name"`
	Blob    int     `json:"blob"`
	Lengths []int64 `json:"lengths"`
}

const recordHeader, recordFooter = 12, 4

func (b *builder) records() error {
	files, err := b.several(b.spec.Path)
	if err != nil {
		return err
	}
	p, err := b.spec.picture()
	if err != nil {
		return err
	}
	l := &records{Picture: *p, Raw: b.spec.Options.Get("raw")}
	for _, file := range files {
		f, err := b.recordFile(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		l.Files = append(l.Files, f)
		b.m.Samples += len(f.Lengths)
	}
	b.m.Records = l
	if b.m.Samples == 0 {
		return ErrEmpty
	}
	if l.Features, err = b.features(); err != nil {
		return err
	}
	return nil
}

// recordFile indexes a file while it is read for its digest; a compressed one is decompressed into the store first.
func (b *builder) recordFile(file found) (f recordFile, err error) {
	from, err := file.open()
	if err != nil {
		return f, err
	}
	defer from.Close()
	t := newTee(b.ctx, from.reader())
	in := bufio.NewReader(t)
	head, err := in.Peek(12)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, err
	}
	f.Name, f.Lengths = from.name, []int64{}
	var spans []tfrecord.Span
	if c := tfrecord.Detect(head); c == tfrecord.None {
		if spans, err = tfrecord.Index(in); err == nil {
			f.Blob, err = b.keep(from, t)
		}
	} else {
		f.Blob, spans, err = b.decompress(from.name, in, c)
	}
	for _, s := range spans {
		f.Lengths = append(f.Lengths, s.Length)
	}
	return f, err
}

func (b *builder) decompress(name string, r io.Reader, c tfrecord.Compression) (int, []tfrecord.Span, error) {
	plain, err := tfrecord.Decompress(r, c)
	if err != nil {
		return 0, nil, err
	}
	index, err := b.put(name, plain)
	if err != nil {
		return 0, nil, err
	}
	blob, err := b.files.Open(b.ctx, b.m.Blobs[index].Digest)
	if err != nil {
		return 0, nil, err
	}
	defer blob.Close()
	spans, err := tfrecord.Index(io.NewSectionReader(blob, 0, blob.Size()))
	return index, spans, err
}

// features finds the feature of each input: by the option feature.INPUT, or feature for a single input, or by the input's name among the
// features of the first record.
func (b *builder) features() ([]string, error) {
	chosen, err := b.chosen("feature")
	if err != nil {
		return nil, err
	}
	example, place, err := b.first()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	names := slices.Sorted(maps.Keys(example))
	if len(names) == 1 && len(chosen) == 1 && chosen[0] == "" {
		chosen[0] = names[0]
	}
	for i, in := range b.m.Inputs {
		if chosen[i] == "" {
			k, err := matchOne(b.m.Inputs, in, names, "feature")
			if err != nil {
				return nil, fmt.Errorf("%s: %w; the option feature.%s=NAME chooses another", place, err, in.Name)
			}
			chosen[i] = names[k]
		}
		if _, ok := example[chosen[i]]; !ok {
			return nil, fmt.Errorf("%s: input %v: want the feature %q, have %s", place, in, chosen[i], quoted(names))
		}
	}
	return chosen, nil
}

// first decodes the first record.
func (b *builder) first() (tfrecord.Example, string, error) {
	r := &Reader{ctx: b.ctx, manifest: b.m, blobs: b.files, access: b.access, open: map[int]*opening{}}
	example, err := b.m.Records.example(r, 0)
	return example, b.m.Records.place(0), errors.Join(err, r.Close())
}

func (l *records) validate(m *Manifest) error {
	if err := m.checkSources("features", len(l.Features), l.Raw, &l.Picture); err != nil {
		return err
	}
	count := 0
	for _, f := range l.Files {
		if err := m.blob(f.Blob, 0, 0); err != nil {
			return fmt.Errorf("file %q: %w", f.Name, err)
		}
		left := m.Blobs[f.Blob].Size
		for _, n := range f.Lengths {
			if n < 0 || n > left-recordHeader-recordFooter {
				return fmt.Errorf("file %q of %d bytes: its records are longer", f.Name, m.Blobs[f.Blob].Size)
			}
			left -= recordHeader + n + recordFooter
		}
		count += len(f.Lengths)
	}
	if count != m.Samples {
		return fmt.Errorf("%d records for %d samples", count, m.Samples)
	}
	return nil
}

func checkRaw(raw string) error {
	if _, ok := arrayType(raw); raw != "" && !ok {
		return fmt.Errorf("raw=%q: want an element type such as u8 or f32", raw)
	}
	return nil
}

// index computes where each record is.
func (l *records) index() {
	count := 0
	for _, f := range l.Files {
		spans := make([]tfrecord.Span, len(f.Lengths))
		at := int64(0)
		for i, n := range f.Lengths {
			spans[i] = tfrecord.Span{Offset: at + recordHeader, Length: n}
			at += recordHeader + n + recordFooter
		}
		count += len(spans)
		l.at, l.ends = append(l.at, spans), append(l.ends, count)
	}
}

// find returns the file that holds record i of all files, and the record's position in it.
func (l *records) find(i int) (file, record int) {
	l.once.Do(l.index)
	return locate(l.ends, i)
}

func (l *records) place(i int) string {
	k, n := l.find(i)
	return fmt.Sprintf("%s[%d]", l.Files[k].Name, n)
}

// example reads record i of all files.
func (l *records) example(r *Reader, i int) (tfrecord.Example, error) {
	k, n := l.find(i)
	blob, err := r.kept(l.Files[k].Blob)
	if err != nil {
		return nil, err
	}
	data, err := tfrecord.Read(blob, blob.Size(), l.at[k][n])
	if err != nil {
		return nil, err
	}
	example, err := tfrecord.ParseExample(data)
	if err != nil {
		return nil, bad("%v", err)
	}
	return example, nil
}

func (l *records) sample(r *Reader, i int, out []*tensor.Tensor) (string, error) {
	example, err := l.example(r, i)
	if err != nil {
		return l.place(i), err
	}
	for k, in := range r.manifest.Inputs {
		feature, ok := example[l.Features[k]]
		if !ok {
			return l.place(i), bad("input %v: the record has no feature %q", in, l.Features[k])
		}
		if out[k], err = l.value(in, feature); err != nil {
			return l.place(i) + ": " + l.Features[k], err
		}
	}
	return "", nil
}

// value returns an input's tensor of a feature.
func (l *records) value(in Input, f tfrecord.Feature) (*tensor.Tensor, error) {
	switch f.Kind {
	case tfrecord.Float:
		return in.list(npy.Float32, tensor.Bytes(f.Floats))
	case tfrecord.Int64:
		return in.list(npy.Int64, tensor.Bytes(f.Ints))
	case tfrecord.Bytes:
		if len(f.Bytes) != 1 {
			return nil, mismatch(fmt.Errorf("input %v: want one string of bytes, have %d", in, len(f.Bytes)))
		}
		return bytesValue(in, "feature", l.Raw, &l.Picture, f.Bytes[0])
	default:
		return nil, bad("input %v: the feature is empty", in)
	}
}

// bytesValue returns an input's tensor of bytes: numbers if raw says their type, else an encoded picture. what ("feature", "column") is the data's word for where they are from.
func bytesValue(in Input, what, raw string, p *picture, data []byte) (*tensor.Tensor, error) {
	if raw != "" {
		t, _ := arrayType(raw)
		return in.list(t, data)
	}
	if _, _, err := image.Size(data); errors.Is(err, image.ErrFormat) {
		return nil, mismatch(fmt.Errorf("input %v: the %s holds %d bytes that are %w; if they are numbers, add raw=TYPE, such as raw=u8", in, what, len(data), err))
	}
	return p.tensor(in, data)
}

// list returns a tensor of little-endian elements in C order, whose number the input knows.
func (in Input) list(t npy.Type, data []byte) (*tensor.Tensor, error) {
	if err := in.castable(t); err != nil {
		return nil, mismatch(err)
	}
	shape, err := in.known()
	if err != nil {
		return nil, mismatch(err)
	}
	if want := shape.Elements(); want*t.Size() != len(data) {
		return nil, mismatch(fmt.Errorf("input %v: want %d elements of type %v, have %d bytes", in, want, dtypes[t], len(data)))
	}
	out := tensor.New(in.DType, shape)
	return out, in.cast(out, t, data)
}
