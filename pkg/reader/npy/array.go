// Package npy reads and writes NumPy's array files (.npy) and archives of them (.npz).
//
// Arrays are read at random by rows along axis 0, in C order and little-endian bytes, whatever the file's own order is. Nothing
// is trusted: headers are bounded, and an array must lie wholly inside its file.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 64 << 10 // NumPy itself refuses to parse more than 10,000 characters
	maxRank   = 64       // NumPy 2's limit
	window    = 1 << 20  // bytes that a Fortran-ordered read holds at once
)

// Array is one array in a file. It is safe for concurrent use if the underlying io.ReaderAt is.
type Array struct {
	Type      Type
	Shape     []int
	Fortran   bool  // the file holds the first axis fastest
	BigEndian bool  // the file holds the most significant byte first
	Offset    int64 // where the elements begin in the file

	r io.ReaderAt
}

// Open reads the header of a .npy file of the given size. Bytes behind the array are ignored, as NumPy does.
func Open(r io.ReaderAt, size int64) (*Array, error) {
	header, start, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	descr, fortran, shape, err := (&literal{text: header}).dict()
	if err != nil {
		return nil, err
	}
	t, bigEndian, err := parseDescr(descr)
	if err != nil {
		return nil, err
	}
	a := &Array{Type: t, Shape: shape, Fortran: fortran && rowsInterleave(shape), BigEndian: bigEndian, Offset: start, r: r}
	want, err := byteSize(t, shape)
	if err != nil {
		return nil, err
	}
	if have := size - start; want > have {
		return nil, fmt.Errorf("array %s%v: want %d bytes of elements, the file holds %d", t, shape, want, have)
	}
	return a, nil
}

// readHeader returns the header's text and the offset of the elements behind it.
func readHeader(r io.ReaderAt, size int64) (text string, start int64, err error) {
	var pre [12]byte
	n, err := r.ReadAt(pre[:min(size, int64(len(pre)))], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, fmt.Errorf("header: %w", err)
	}
	if n < 10 || string(pre[:len(magic)]) != magic {
		return "", 0, errors.New("not a .npy file: it does not begin with \\x93NUMPY")
	}
	var length int64
	switch major := pre[6]; major {
	case 1:
		length, start = int64(binary.LittleEndian.Uint16(pre[8:])), 10
	case 2, 3:
		if n < 12 {
			return "", 0, errors.New("header: the file ends inside it")
		}
		length, start = int64(binary.LittleEndian.Uint32(pre[8:])), 12
	default:
		return "", 0, fmt.Errorf("format version %d.%d: want 1 to 3", major, pre[7])
	}
	if length > maxHeader {
		return "", 0, fmt.Errorf("header of %d bytes: the limit is %d", length, maxHeader)
	}
	if length > size-start {
		return "", 0, errors.New("header: the file ends inside it")
	}
	buf := make([]byte, length)
	if err := readFull(r, buf, start); err != nil {
		return "", 0, fmt.Errorf("header: %w", err)
	}
	return string(buf), start + length, nil
}

// rowsInterleave reports whether Fortran order of that shape differs from C order.
func rowsInterleave(shape []int) bool {
	long := 0
	for _, d := range shape {
		if d == 0 {
			return false
		}
		if d > 1 {
			long++
		}
	}
	return long > 1
}

// byteSize returns the bytes that an array takes.
func byteSize(t Type, shape []int) (int64, error) {
	n := int64(t.Size())
	if n == 0 {
		return 0, fmt.Errorf("element type %q: want one of %v", string(t), types)
	}
	if slices.Contains(shape, 0) {
		return 0, nil
	}
	for _, d := range shape {
		if d < 0 || n > math.MaxInt64/int64(d) {
			return 0, fmt.Errorf("array %s%v: its size is out of range", t, shape)
		}
		n *= int64(d)
	}
	return n, nil
}

// Rows returns the length of axis 0, or 1 for a scalar.
func (a *Array) Rows() int {
	if len(a.Shape) == 0 {
		return 1
	}
	return a.Shape[0]
}

// RowSize returns the bytes of one row: of all elements that share an index along axis 0.
func (a *Array) RowSize() int64 {
	if len(a.Shape) == 0 {
		return int64(a.Type.Size())
	}
	n, err := byteSize(a.Type, a.Shape[1:])
	if err != nil { // only axis 0 of length 0 keeps the product of the others from being checked by Open
		return 0
	}
	return n
}

// Contiguous reports whether each row is one run of bytes in the file. Reading a row of an array that is not costs about as much as
// reading all of it; Rewrite makes a contiguous file of it.
func (a *Array) Contiguous() bool { return !a.Fortran }

// ReadRows fills dst with whole rows, from the given one on, in C order and little-endian bytes. The length of dst must be a multiple
// of RowSize, and the rows must exist.
func (a *Array) ReadRows(dst []byte, from int) error {
	row := a.RowSize()
	if len(dst) == 0 || row == 0 {
		return nil
	}
	count := int64(len(dst)) / row
	if int64(len(dst))%row != 0 || from < 0 || int64(from)+count > int64(a.Rows()) {
		return fmt.Errorf("array %s%v: no %d bytes from row %d on", a.Type, a.Shape, len(dst), from)
	}
	var err error
	if a.Fortran {
		err = a.gather(dst, from, int(count))
	} else {
		err = readFull(a.r, dst, a.Offset+int64(from)*row)
	}
	if err != nil {
		return fmt.Errorf("array %s%v, row %d: %w", a.Type, a.Shape, from, err)
	}
	if a.BigEndian {
		swap(dst, a.Type.Size())
	}
	return nil
}

// readFull fills dst from the given offset; a file that ends before is io.ErrUnexpectedEOF.
func readFull(r io.ReaderAt, dst []byte, at int64) error {
	n, err := r.ReadAt(dst, at)
	if n == len(dst) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// swap reverses the bytes of every element.
func swap(data []byte, size int) {
	for i := 0; i+size <= len(data); i += size {
		slices.Reverse(data[i : i+size])
	}
}
