package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// Labels say what is right for each sample of a dataset: a class, or a class for each of its pixels. They are safe for concurrent use.
type Labels struct {
	array *npy.Array
	file  []byte
}

// maxLabels bounds the bytes of labels, which are held in memory.
const maxLabels = 1 << 28

// newLabels makes labels of the given shape, one of each sample along axis 0, whose elements value returns. They take one byte each if that holds them.
func newLabels(shape []int, value func(i int) int32) (*Labels, error) {
	n := tensor.Shape(shape).Elements()
	kind := npy.UInt8
	for i := range n {
		if v := value(i); v < 0 || v > math.MaxUint8 {
			kind = npy.Int32
			break
		}
	}
	if size := int64(n) * int64(kind.Size()); size > maxLabels {
		return nil, fmt.Errorf("labels of %d bytes: the limit is %d", size, maxLabels)
	}
	data := make([]byte, 0, n*kind.Size())
	for i := range n {
		if v := value(i); kind == npy.UInt8 {
			data = append(data, byte(v))
		} else {
			data = append(data, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		}
	}
	var file bytes.Buffer
	if err := npy.Write(&file, kind, shape, data); err != nil {
		return nil, err
	}
	return DecodeLabels(file.Bytes())
}

// DecodeLabels reads what Encode returned.
func DecodeLabels(file []byte) (*Labels, error) {
	if len(file) > maxLabels+1<<16 {
		return nil, fmt.Errorf("labels of %d bytes: the limit is %d", len(file), maxLabels)
	}
	a, err := npy.Open(bytes.NewReader(file), int64(len(file)))
	switch {
	case err != nil:
		return nil, fmt.Errorf("labels: %w", err)
	case a.Type != npy.UInt8 && a.Type != npy.Int32, a.BigEndian, !a.Contiguous():
		return nil, fmt.Errorf("labels: an array of %s, want u1 or i4 in C order", a.Type)
	case len(a.Shape) == 0 || tensor.Shape(a.Shape).Elements() == 0:
		return nil, errors.New("labels: there are none")
	}
	return &Labels{a, file}, nil
}

// Encode returns the labels as a .npy file, which is the same for the same labels.
func (l *Labels) Encode() []byte { return l.file }

// Digest returns the digest of Encode.
func (l *Labels) Digest() string { return string(store.Of(l.file)) }

// Len returns of how many samples there are labels.
func (l *Labels) Len() int { return l.array.Shape[0] }

// Elements returns how many classes a sample's label has: 1, or one for each pixel.
func (l *Labels) Elements() int { return tensor.Shape(l.array.Shape[1:]).Elements() }

// Label returns the classes of the sample at a position.
func (l *Labels) Label(i int) ([]int32, error) {
	if i < 0 || i >= l.Len() {
		return nil, fmt.Errorf("sample %d of %d", i, l.Len())
	}
	row := make([]byte, l.array.RowSize())
	if err := l.array.ReadRows(row, i); err != nil {
		return nil, err
	}
	return classes(l.array.Type, row)
}

// classes returns integers of an array's bytes.
func classes(t npy.Type, data []byte) ([]int32, error) {
	size := t.Size()
	list := make([]int32, len(data)/size)
	for i := range list {
		v := element(t, data[i*size:])
		if !hold(list, i, v) {
			return nil, fmt.Errorf("element %d is %v, want a class", i, v.widened())
		}
	}
	return list, nil
}

// labelsOf reads an array of labels, one of each sample along axis 0.
func labelsOf(a *npy.Array) (*Labels, error) {
	if len(a.Shape) == 0 {
		return nil, errors.New("a scalar, want a label for each sample along axis 0")
	}
	if a.Type == npy.Float16 || a.Type == npy.Float32 || a.Type == npy.Float64 {
		return nil, fmt.Errorf("an array of %s%v, want classes as integers", a.Type, a.Shape)
	}
	size := a.RowSize() * int64(a.Rows())
	if size > 8*maxLabels {
		return nil, fmt.Errorf("labels of %d bytes: the limit is %d", size, 8*maxLabels)
	}
	data := make([]byte, size)
	if err := a.ReadRows(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	list, err := classes(a.Type, data)
	if err != nil {
		return nil, err
	}
	return newLabels(a.Shape, func(i int) int32 { return list[i] })
}
