package npy

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// header returns the header that NumPy writes for a C-ordered little-endian array: padded so that the elements begin at a multiple of 64.
func header(t Type, shape []int) []byte {
	var dims strings.Builder
	for i, d := range shape {
		if i > 0 {
			dims.WriteString(", ")
		}
		dims.WriteString(strconv.Itoa(d))
	}
	if len(shape) == 1 {
		dims.WriteByte(',')
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", t.descr(), dims.String())
	const prefix = len(magic) + 4
	length := (prefix+len(dict)+1+63)/64*64 - prefix
	out := append([]byte(magic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(length))
	out = append(out, dict...)
	out = append(out, strings.Repeat(" ", length-len(dict)-1)...)
	return append(out, '\n')
}

// check returns the size of an array that is to be written.
func check(t Type, shape []int) (int64, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("array %s%v: more than %d dimensions", t, shape, maxRank)
	}
	return byteSize(t, shape)
}

// Write writes a .npy file. The data are the elements in C order, little-endian.
func Write(w io.Writer, t Type, shape []int, data []byte) error {
	want, err := check(t, shape)
	if err != nil {
		return err
	}
	if want != int64(len(data)) {
		return fmt.Errorf("array %s%v: want %d bytes of elements, have %d", t, shape, want, len(data))
	}
	if _, err := w.Write(header(t, shape)); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Rewrite writes an array as a .npy file whose rows are contiguous: C order, little-endian. It holds at most about limit bytes, and at
// least one row, in memory; a Fortran-ordered array is scanned once per limit bytes.
func Rewrite(w io.Writer, a *Array, limit int64) error {
	if _, err := w.Write(header(a.Type, a.Shape)); err != nil {
		return err
	}
	row := a.RowSize()
	if row == 0 || a.Rows() == 0 {
		return nil
	}
	step := int(min(max(1, limit/row), int64(a.Rows())))
	buf := make([]byte, int64(step)*row)
	for from := 0; from < a.Rows(); from += step {
		part := buf[:int64(min(step, a.Rows()-from))*row]
		if err := a.ReadRows(part, from); err != nil {
			return err
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Writer writes a .npz archive of stored arrays. Its bytes depend on the arrays and their order alone: there are no timestamps.
type Writer struct {
	zip     *zip.Writer
	names   map[string]bool
	current *body
	at      time.Time
}

// NewWriter returns a Writer to w. Close must be called to finish the archive; it does not close w.
func NewWriter(w io.Writer) *Writer {
	return &Writer{zip: zip.NewWriter(w), names: map[string]bool{}, at: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// Create begins an array. Its elements in C order, little-endian, must be written to the result, all of them, before the next call of
// Create or Close.
func (w *Writer) Create(name string, t Type, shape []int) (io.Writer, error) {
	if err := w.finish(); err != nil {
		return nil, err
	}
	size, err := check(t, shape)
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", name, err)
	}
	if w.names[name] {
		return nil, fmt.Errorf("array %q occurs twice", name)
	}
	if name == "" || len(name) > math.MaxUint16-len(".npy") {
		return nil, fmt.Errorf("array name of %d bytes", len(name))
	}
	w.names[name] = true
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store, Modified: w.at})
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", name, err)
	}
	if _, err := f.Write(header(t, shape)); err != nil {
		return nil, fmt.Errorf("array %q: %w", name, err)
	}
	w.current = &body{name: name, left: size, w: f}
	return w.current, nil
}

// Close writes the archive's directory.
func (w *Writer) Close() error {
	if err := w.finish(); err != nil {
		return err
	}
	return w.zip.Close()
}

func (w *Writer) finish() error {
	if b := w.current; b != nil && b.left > 0 {
		return fmt.Errorf("array %q: %d bytes of its elements were not written", b.name, b.left)
	}
	w.current = nil
	return nil
}

// body takes the elements of one array and no more.
type body struct {
	name string
	left int64
	w    io.Writer
}

func (b *body) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, fmt.Errorf("array %q: %d bytes too many", b.name, int64(len(p))-b.left)
	}
	n, err := b.w.Write(p)
	b.left -= int64(n)
	return n, err
}
