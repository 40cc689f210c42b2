package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

const (
	version = 1
	// maxSamples bounds what a manifest may claim, so that a shard plan stays small.
	maxSamples = 1 << 24
	// maxSequence bounds a sequence, since those who begin in the midst of one run what is before.
	maxSequence = 1 << 12
)

// Manifest is a dataset: what it feeds, the blobs that it needs, and where each sample is. Its JSON text is canonical: equal datasets have
// equal bytes, whose digest is the dataset's. It names files as the user's folder does, without where that folder is.
type Manifest struct {
	Version int     `json:"version"`
	Inputs  []Input `json:"inputs"`
	Blobs   []Blob  `json:"blobs,omitempty"`
	Samples int     `json:"samples"`
	// Sequence is how many samples, one after the other, are the steps of one run of a model that remembers; 0 if each is a run of its own.
	Sequence int `json:"sequence,omitempty"`

	// Exactly one of these is set.
	Arrays  *arrays  `json:"arrays,omitempty"`
	Images  *images  `json:"images,omitempty"`
	Records *records `json:"records,omitempty"`
	Random  *random  `json:"random,omitempty"`
	Chunks  *chunks  `json:"chunks,omitempty"`

	Archives *archives `json:"webdataset,omitempty"`
	Parquet  *columns  `json:"parquet,omitempty"`
}

// Blob is a blob that the samples are in.
type Blob struct {
	Digest store.Digest `json:"digest"`
	Size   int64        `json:"size"`
	Name   string       `json:"name"` // the file's that it comes from

	// At is where it lies, if it is read there and not in the store.
	At *store.Object `json:"at,omitempty"`
}

// object returns where the blob lies, with its size.
func (b Blob) object() store.Object {
	o := *b.At
	o.Size = b.Size
	return o
}

// source is where samples come from.
type source interface {
	// validate checks the source of a manifest that may come from anywhere.
	validate(m *Manifest) error
	// sample fills out, one tensor for each input. What out holds before is nil, or may be overwritten. place says where it failed.
	sample(r *Reader, i int, out []*tensor.Tensor) (place string, err error)
	// place says where sample i is from.
	place(i int) string
}

func (m *Manifest) source() (source, error) {
	var all []source
	if m.Arrays != nil {
		all = append(all, m.Arrays)
	}
	if m.Images != nil {
		all = append(all, m.Images)
	}
	if m.Records != nil {
		all = append(all, m.Records)
	}
	if m.Random != nil {
		all = append(all, m.Random)
	}
	if m.Chunks != nil {
		all = append(all, m.Chunks)
	}
	if m.Archives != nil {
		all = append(all, m.Archives)
	}
	if m.Parquet != nil {
		all = append(all, m.Parquet)
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("%d sources, want one", len(all))
	}
	return all[0], nil
}

// Len returns the number of samples.
func (m *Manifest) Len() int { return m.Samples }

// Refs returns the blobs that Open needs of a store.
func (m *Manifest) Refs() []Blob {
	return slices.DeleteFunc(slices.Clone(m.Blobs), func(b Blob) bool { return b.At != nil })
}

// Objects returns what Open reads elsewhere.
func (m *Manifest) Objects() []store.Object {
	var list []store.Object
	for _, b := range m.Blobs {
		if b.At != nil {
			list = append(list, b.object())
		}
	}
	return list
}

// Feeds checks that the dataset was made for these inputs. A stream knows its samples' shapes without the model, which may leave some dimensions open.
func (m *Manifest) Feeds(inputs []Input) error {
	if len(m.Inputs) != len(inputs) {
		return fmt.Errorf("the dataset feeds %d inputs, the model has %d", len(m.Inputs), len(inputs))
	}
	for i, in := range inputs {
		if have := m.Inputs[i]; have.Name != in.Name || have.DType != in.DType || !have.Shape.Equal(in.Shape) && (m.Chunks == nil || !fits(in.Shape, have.Shape)) {
			return fmt.Errorf("input %d: the dataset feeds %v, the model has %v", i, have, in)
		}
	}
	return nil
}

// Encode returns the canonical text.
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return append(text, '\n'), nil
}

// Digest returns the dataset's digest, in hex: that of the canonical text, without where blobs lie. So the same samples are the same dataset wherever they are.
func (m *Manifest) Digest() (string, error) {
	here := *m
	here.Blobs = slices.Clone(m.Blobs)
	for i := range here.Blobs {
		here.Blobs[i].At = nil
	}
	text, err := here.Encode()
	if err != nil {
		return "", err
	}
	return string(store.Of(text)), nil
}

// Decode reads a canonical text. Other forms of it are refused, so that a dataset has one digest.
func Decode(text []byte) (*Manifest, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	m := &Manifest{}
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	again, err := m.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, text) {
		at := 0
		for at < min(len(again), len(text)) && again[at] == text[at] {
			at++
		}
		return nil, fmt.Errorf("manifest: not in canonical form: from byte %d on have %.20q, want %.20q", at, text[at:], again[at:])
	}
	return m, nil
}

func (m *Manifest) validate() error {
	if err := m.check(); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return nil
}

func (m *Manifest) check() error {
	switch {
	case m.Version != version:
		return fmt.Errorf("version %d: want %d", m.Version, version)
	case len(m.Inputs) == 0:
		return errors.New("no inputs")
	case m.Samples < 1:
		return ErrEmpty
	case m.Samples > maxSamples:
		return fmt.Errorf("%d samples: the limit is %d", m.Samples, maxSamples)
	}
	switch {
	case m.Sequence == 0:
	case m.Sequence < 2 || m.Sequence > maxSequence:
		return fmt.Errorf("sequences of %d samples: want 2 to %d", m.Sequence, maxSequence)
	case m.Chunks != nil:
		return errors.New("samples of a stream are no sequences")
	case m.Samples%m.Sequence != 0:
		return fmt.Errorf("%d samples do not divide into sequences of %d", m.Samples, m.Sequence)
	}
	if bad := m.notText(); bad != "" {
		return fmt.Errorf("%q is not UTF-8", bad)
	}
	for _, b := range m.Blobs {
		if _, err := store.Parse(string(b.Digest)); err != nil {
			return fmt.Errorf("blob %q: %w", b.Name, err)
		}
		if b.Size < 0 {
			return fmt.Errorf("blob %q of %d bytes", b.Name, b.Size)
		}
		if b.At != nil {
			if err := checkObject(*b.At); err != nil {
				return fmt.Errorf("blob %q: %w", b.Name, err)
			}
		}
	}
	for _, in := range m.Inputs {
		if slices.ContainsFunc(in.Shape, func(d int) bool { return d < -1 }) {
			return fmt.Errorf("input %v: bad shape", in)
		}
	}
	s, err := m.source()
	if err != nil {
		return err
	}
	return s.validate(m)
}

// notText returns a name that JSON could not keep, "" if there is none.
func (m *Manifest) notText() string {
	var names []string
	for _, in := range m.Inputs {
		names = append(names, in.Name, in.Tensor)
	}
	for _, b := range m.Blobs {
		names = append(names, b.Name)
		if b.At != nil {
			names = append(names, b.At.URL, b.At.ETag, b.At.Version, b.At.Modified)
		}
	}
	if m.Arrays != nil {
		names = append(names, m.Arrays.File)
		for _, p := range m.Arrays.Inputs {
			names = append(names, p.Name)
		}
	}
	if m.Images != nil {
		for _, f := range m.Images.Files {
			names = append(names, f.Name)
		}
	}
	if m.Records != nil {
		names = append(names, m.Records.Features...)
		for _, f := range m.Records.Files {
			names = append(names, f.Name)
		}
	}
	if m.Archives != nil {
		names = append(names, m.Archives.Parts...)
		for _, f := range m.Archives.Files {
			names = append(names, f.Name)
			for _, s := range f.Samples {
				names = append(names, s.Key)
			}
		}
	}
	if m.Parquet != nil {
		names = append(names, m.Parquet.Columns...)
		for _, f := range m.Parquet.Files {
			names = append(names, f.Name)
		}
	}
	if i := slices.IndexFunc(names, func(n string) bool { return !utf8.ValidString(n) }); i >= 0 {
		return names[i]
	}
	return ""
}

// blob checks a source's reference to a part of a blob.
func (m *Manifest) blob(index int, offset, size int64) error {
	if index < 0 || index >= len(m.Blobs) {
		return fmt.Errorf("blob %d of %d", index, len(m.Blobs))
	}
	if b := m.Blobs[index]; offset < 0 || size < 0 || offset > b.Size || size > b.Size-offset {
		return fmt.Errorf("blob %q of %d bytes: no %d bytes at %d", b.Name, b.Size, size, offset)
	}
	return nil
}

// inputText is an Input's form in JSON.
type inputText struct {
	Name   string `json:"name"`
	Tensor string `json:"tensor"`
	DType  string `json:"dtype"`
	Shape  []int  `json:"shape"`
}

// MarshalJSON implements json.Marshaler.
func (in Input) MarshalJSON() ([]byte, error) {
	return json.Marshal(inputText{in.Name, in.Tensor, in.DType.String(), append([]int{}, in.Shape...)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (in *Input) UnmarshalJSON(text []byte) error {
	var t inputText
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return err
	}
	dtype, err := tensor.ParseDType(t.DType)
	if err != nil {
		return fmt.Errorf("input %q: %w", t.Name, err)
	}
	*in = Input{Name: t.Name, Tensor: t.Tensor, DType: dtype, Shape: t.Shape}
	return nil
}
