// Package tfrecord reads TensorFlow's record files and the tf.Example messages in them.
//
// A file is a sequence of records: the length (uint64), the masked CRC-32C of these 8 bytes, the data, and the masked CRC-32C of the
// data, all little-endian. The whole file may be compressed by gzip or zlib, which its name does not tell.
package tfrecord

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

const (
	headerSize = 12
	footerSize = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked returns the CRC as the format stores it: rotated and offset, so that a CRC over data that hold CRCs stays strong.
func masked(crc uint32) uint32 { return (crc>>15 | crc<<17) + 0xa282ead8 }

// Append appends a record to dst.
func Append(dst, data []byte) []byte {
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(data)))
	dst = append(dst, length[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, masked(crc32.Checksum(length[:], castagnoli)))
	dst = append(dst, data...)
	return binary.LittleEndian.AppendUint32(dst, masked(crc32.Checksum(data, castagnoli)))
}

// Compression is the way in which a whole file is compressed.
type Compression uint8

// The compressions that TensorFlow writes.
const (
	None Compression = iota
	GZIP
	ZLIB
)

// String returns TensorFlow's name of the compression, "" for None.
func (c Compression) String() string { return [...]string{"", "GZIP", "ZLIB"}[c] }

// Detect tells a file's compression by its first 12 bytes, or fewer if it is shorter. A valid record header makes the file a plain one, whatever else its bytes look like.
func Detect(head []byte) Compression {
	switch {
	case len(head) >= headerSize && masked(crc32.Checksum(head[:8], castagnoli)) == binary.LittleEndian.Uint32(head[8:]):
		return None
	case len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b:
		return GZIP
	case len(head) >= 2 && head[0]&0x0f == 8 && binary.BigEndian.Uint16(head)%31 == 0:
		return ZLIB
	}
	return None
}

// Decompress returns the records' plain bytes.
func Decompress(r io.Reader, c Compression) (io.Reader, error) {
	var z io.Reader
	var err error
	switch c {
	case GZIP:
		z, err = gzip.NewReader(r)
	case ZLIB:
		z, err = zlib.NewReader(r)
	default:
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", c, err)
	}
	return z, nil
}

// Span is where a record's data are in the plain file.
type Span struct{ Offset, Length int64 }

// Index finds all records of a plain file by reading it once, and checks every checksum. It holds no record in memory.
func Index(r io.Reader) ([]Span, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	sum := crc32.New(castagnoli)
	buf := make([]byte, 1<<15)
	var spans []Span
	for at := int64(0); ; {
		var header [headerSize]byte
		if _, err := io.ReadFull(in, header[:]); errors.Is(err, io.EOF) {
			return spans, nil
		} else if err != nil {
			return nil, fmt.Errorf("record %d at offset %d: header: %w", len(spans), at, err)
		}
		if masked(crc32.Checksum(header[:8], castagnoli)) != binary.LittleEndian.Uint32(header[8:]) {
			if len(spans) == 0 {
				return nil, errors.New("not a TFRecord file: the checksum of the first record's length is wrong")
			}
			return nil, fmt.Errorf("record %d at offset %d: the checksum of its length is wrong", len(spans), at)
		}
		length := binary.LittleEndian.Uint64(header[:8])
		if length > math.MaxInt64-uint64(at)-headerSize-footerSize {
			return nil, fmt.Errorf("record %d at offset %d: its length of %d bytes is out of range", len(spans), at, length)
		}
		sum.Reset()
		n, err := io.CopyBuffer(sum, io.LimitReader(onlyReader{in}, int64(length)), buf)
		if err == nil && n < int64(length) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, fmt.Errorf("record %d at offset %d: %d of %d bytes: %w", len(spans), at, n, length, err)
		}
		var footer [footerSize]byte
		if _, err := io.ReadFull(in, footer[:]); err != nil {
			return nil, fmt.Errorf("record %d at offset %d: checksum: %w", len(spans), at, noEOF(err))
		}
		if masked(sum.Sum32()) != binary.LittleEndian.Uint32(footer[:]) {
			return nil, fmt.Errorf("record %d at offset %d: the checksum of its data is wrong", len(spans), at)
		}
		spans = append(spans, Span{Offset: at + headerSize, Length: int64(length)})
		at += headerSize + int64(length) + footerSize
	}
}

// onlyReader hides bufio's WriteTo, so that io.CopyBuffer uses its buffer.
type onlyReader struct{ io.Reader }

// Read returns one record's data from a plain file of the given size, and checks their checksum.
func Read(r io.ReaderAt, size int64, s Span) ([]byte, error) {
	if s.Offset < headerSize || s.Length < 0 || s.Length > size-footerSize-s.Offset {
		return nil, fmt.Errorf("record at offset %d of %d bytes: it ends behind the end of the file, %d", s.Offset-headerSize, s.Length, size)
	}
	buf := make([]byte, s.Length+footerSize)
	if n, err := r.ReadAt(buf, s.Offset); n < len(buf) {
		return nil, fmt.Errorf("record at offset %d: %w", s.Offset-headerSize, noEOF(err))
	}
	data := buf[:s.Length:s.Length]
	if masked(crc32.Checksum(data, castagnoli)) != binary.LittleEndian.Uint32(buf[s.Length:]) {
		return nil, fmt.Errorf("record at offset %d: the checksum of its data is wrong", s.Offset-headerSize)
	}
	return data, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
