package npy

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrCompressed is returned for an archive's entry that has no random access because it is deflated.
var ErrCompressed = errors.New("the entry is compressed and has no random access")

// Entry is one array of an archive.
type Entry struct {
	Name   string // the key in NumPy: the file's name without ".npy"
	Stored bool   // not compressed: Offset and Array are of use
	Offset int64  // where the entry's .npy file begins in the archive, if Stored
	Size   int64  // of the .npy file, uncompressed

	r    io.ReaderAt
	file *zip.File
}

// OpenArchive lists the arrays of a .npz file in its own order. Entries that are not .npy files are left out.
func OpenArchive(r io.ReaderAt, size int64) ([]Entry, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not a .npz file: %w", err)
	}
	var entries []Entry
	names := map[string]bool{}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		if names[name] {
			return nil, fmt.Errorf("array %q occurs twice", name)
		}
		names[name] = true
		e := Entry{Name: name, Stored: f.Method == zip.Store, Size: int64(f.UncompressedSize64), r: r, file: f}
		switch {
		case f.Flags&1 != 0:
			return nil, fmt.Errorf("array %q is encrypted", name)
		case e.Size < 0:
			return nil, fmt.Errorf("array %q: its size is out of range", name)
		case e.Stored:
			if f.CompressedSize64 != f.UncompressedSize64 {
				return nil, fmt.Errorf("array %q is stored, but its sizes differ: %d and %d", name, f.CompressedSize64, f.UncompressedSize64)
			}
			if e.Offset, err = f.DataOffset(); err != nil {
				return nil, fmt.Errorf("array %q: %w", name, err)
			}
			if e.Offset > size || e.Size > size-e.Offset {
				return nil, fmt.Errorf("array %q ends behind the end of the file", name)
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Array opens a stored entry for random access, or returns ErrCompressed.
func (e *Entry) Array() (*Array, error) {
	if !e.Stored {
		return nil, fmt.Errorf("array %q: %w", e.Name, ErrCompressed)
	}
	a, err := Open(io.NewSectionReader(e.r, e.Offset, e.Size), e.Size)
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", e.Name, err)
	}
	return a, nil
}

// Checksum returns what the archive says of the .npy file's bytes: their CRC-32 with the IEEE polynomial, 0 if it says nothing.
func (e *Entry) Checksum() uint32 { return e.file.CRC32 }

// Open returns the bytes of the entry's .npy file, decompressed. Reading to the end checks the archive's checksum.
func (e *Entry) Open() (io.ReadCloser, error) {
	rc, err := e.file.Open()
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", e.Name, err)
	}
	return rc, nil
}
