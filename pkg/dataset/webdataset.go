package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/reader/webdataset"
	"github.com/octetlite/octet/pkg/tensor"
)

// archives are WebDataset's tar files. A part of a sample feeds each input: a picture, a .npy file, or the bytes of numbers if Raw says their type.
type archives struct {
	Parts   []string  `json:"parts"` // what is behind the first dot of a file's name, by input
	Raw     string    `json:"raw,omitempty"`
	Picture picture   `json:"picture"`
	Files   []archive `json:"files"`

	once sync.Once
	ends []int // how many samples are in this file and those before it
}

// archive is a plain tar file.
type archive struct {
	Name    string          `json:"name"`
	Blob    int             `json:"blob"`
	Samples []archiveSample `json:"samples"`
}

// archiveSample is where a sample's files are: offset and size for each input. One that a sample lacks has the size -1.
type archiveSample struct {
	Key string  `json:"key"`
	At  []int64 `json:"at"`
}

func (b *builder) archives() error {
	files, err := b.several(b.spec.Path)
	if err != nil {
		return err
	}
	p, err := b.spec.picture()
	if err != nil {
		return err
	}
	l := &archives{Picture: *p, Raw: b.spec.Options.Get("raw")}
	if l.Parts, err = b.chosen("part"); err != nil {
		return err
	}
	named := false
	for _, f := range files {
		blob, samples, err := b.archive(f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if !named && len(samples) > 0 {
			if err := b.parts(l, samples[0]); err != nil {
				return fmt.Errorf("%s: %s: %w", f.name, samples[0].Key, err)
			}
			named = true
		}
		a := archive{Name: f.name, Blob: blob, Samples: []archiveSample{}}
		for _, s := range samples {
			a.Samples = append(a.Samples, l.pick(s))
		}
		l.Files = append(l.Files, a)
		b.m.Samples += len(samples)
	}
	b.m.Archives = l
	if b.m.Samples == 0 {
		return ErrEmpty
	}
	return nil
}

// archive indexes a file while it is read for its digest; a compressed one is decompressed into the store first.
func (b *builder) archive(f found) (int, []webdataset.Sample, error) {
	from, err := f.open()
	if err != nil {
		return 0, nil, err
	}
	defer from.Close()
	t := newTee(b.ctx, from.reader())
	head := make([]byte, 2)
	n, err := io.ReadFull(t, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil, err
	}
	in := io.MultiReader(bytes.NewReader(head[:n]), t)
	if n < 2 || head[0] != 0x1f || head[1] != 0x8b {
		samples, err := webdataset.Index(in)
		if err != nil {
			return 0, nil, err
		}
		index, err := b.keep(from, t)
		return index, samples, err
	}
	plain, err := gzip.NewReader(in)
	if err != nil {
		return 0, nil, damaged(err)
	}
	index, err := b.put(from.name, plain)
	if err != nil {
		return 0, nil, err
	}
	blob, err := b.files.Open(b.ctx, b.m.Blobs[index].Digest)
	if err != nil {
		return 0, nil, err
	}
	defer blob.Close()
	samples, err := webdataset.Index(io.NewSectionReader(blob, 0, blob.Size()))
	return index, samples, err
}

// parts finds the part of each input that no option names: by the input's name, with or without the extension; or the only one that can feed a single input.
func (b *builder) parts(l *archives, first webdataset.Sample) error {
	var names, bare, useful []string
	for _, p := range first.Parts {
		names, bare = append(names, p.Name), append(bare, strings.TrimSuffix(p.Name, path.Ext(p.Name)))
		if feeds(p.Name) {
			useful = append(useful, p.Name)
		}
	}
	for i, in := range b.m.Inputs {
		if l.Parts[i] == "" && len(b.m.Inputs) == 1 && len(useful) == 1 {
			l.Parts[i] = useful[0]
		}
		if l.Parts[i] == "" {
			k, err := matchOne(b.m.Inputs, in, names, "part")
			if err != nil {
				if k, err = matchOne(b.m.Inputs, in, bare, "part"); err != nil {
					return fmt.Errorf("input %v: want a part of its name, have %s; the option part.%s=NAME chooses another", in, quoted(names), in.Name)
				}
			}
			l.Parts[i] = names[k]
		}
		l.Parts[i] = strings.ToLower(l.Parts[i])
		if !slices.Contains(names, l.Parts[i]) {
			return fmt.Errorf("input %v: want the part %q, have %s", in, l.Parts[i], quoted(names))
		}
	}
	return nil
}

// feeds reports whether a part's name says that it is a picture or an array.
func feeds(part string) bool {
	ext := "." + part[strings.LastIndexByte(part, '.')+1:]
	return ext == ".npy" || pictureExtensions[ext]
}

// pick returns where a sample's parts are that feed inputs.
func (l *archives) pick(s webdataset.Sample) archiveSample {
	out := archiveSample{Key: s.Key, At: make([]int64, 0, 2*len(l.Parts))}
	for _, name := range l.Parts {
		i := slices.IndexFunc(s.Parts, func(p webdataset.Part) bool { return p.Name == name })
		if i < 0 {
			out.At = append(out.At, 0, -1)
			continue
		}
		out.At = append(out.At, s.Parts[i].Offset, s.Parts[i].Size)
	}
	return out
}

func (l *archives) validate(m *Manifest) error {
	if err := m.checkSources("parts", len(l.Parts), l.Raw, &l.Picture); err != nil {
		return err
	}
	count := 0
	for _, f := range l.Files {
		if err := m.blob(f.Blob, 0, 0); err != nil {
			return fmt.Errorf("file %q: %w", f.Name, err)
		}
		for _, s := range f.Samples {
			if len(s.At) != 2*len(l.Parts) {
				return fmt.Errorf("file %q: %s: %d numbers for %d parts", f.Name, s.Key, len(s.At), len(l.Parts))
			}
			for k := 0; k < len(s.At); k += 2 {
				if s.At[k] == 0 && s.At[k+1] == -1 {
					continue
				}
				if err := m.blob(f.Blob, s.At[k], s.At[k+1]); err != nil {
					return fmt.Errorf("file %q: %s: %w", f.Name, s.Key, err)
				}
			}
		}
		count += len(f.Samples)
	}
	if count != m.Samples {
		return fmt.Errorf("archives of %d samples for %d", count, m.Samples)
	}
	return nil
}

// find returns the file and the entry of sample i of all files.
func (l *archives) find(i int) (*archive, *archiveSample) {
	l.once.Do(func() {
		count := 0
		for _, f := range l.Files {
			count += len(f.Samples)
			l.ends = append(l.ends, count)
		}
	})
	k, at := locate(l.ends, i)
	f := &l.Files[k]
	return f, &f.Samples[at]
}

func (l *archives) place(i int) string {
	f, s := l.find(i)
	return f.Name + ": " + s.Key
}

func (l *archives) sample(r *Reader, i int, out []*tensor.Tensor) (string, error) {
	f, s := l.find(i)
	blob, err := r.kept(f.Blob)
	if err != nil {
		return l.place(i), err
	}
	for k, in := range r.manifest.Inputs {
		place := l.place(i) + "." + l.Parts[k]
		offset, size := s.At[2*k], s.At[2*k+1]
		if size < 0 {
			return place, bad("input %v: the sample has no such file", in)
		}
		data := make([]byte, size)
		if n, err := blob.ReadAt(data, offset); n < len(data) {
			return place, noEOF(err)
		}
		if out[k], err = l.value(in, l.Parts[k], data); err != nil {
			return place, err
		}
	}
	return "", nil
}

// value returns an input's tensor of a part.
func (l *archives) value(in Input, part string, data []byte) (*tensor.Tensor, error) {
	if part == "npy" || strings.HasSuffix(part, ".npy") {
		return in.array(data)
	}
	return bytesValue(in, "file", l.Raw, &l.Picture, data)
}

// array returns an input's tensor of a .npy file that holds one sample.
func (in Input) array(file []byte) (*tensor.Tensor, error) {
	a, err := npy.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, bad("%v", err)
	}
	if err := in.castable(a.Type); err != nil {
		return nil, mismatch(err)
	}
	shape, err := in.shapeOf(a.Shape)
	if err != nil {
		return nil, mismatch(err)
	}
	data := make([]byte, shape.Elements()*a.Type.Size())
	if err := a.ReadRows(data, 0); err != nil {
		return nil, bad("%v", err)
	}
	t := tensor.New(in.DType, shape)
	return t, in.cast(t, a.Type, data)
}

// expect implements expecting.
func (l *archives) expect(_ *Manifest, i int, want func(blob int, offset, size int64)) {
	f, s := l.find(i)
	for k := 0; k < len(s.At); k += 2 {
		want(f.Blob, s.At[k], max(s.At[k+1], 0))
	}
}
