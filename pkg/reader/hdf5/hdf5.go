// Package hdf5 reads HDF5 files, as far as Keras and h5py write them: groups, datasets of numbers and strings, and attributes.
//
// It reads superblocks 0 to 3, object headers 1 and 2, groups as symbol tables, link messages and dense links, attributes in headers
// and in dense storage, and datasets that are compact, contiguous or chunked under any index, with the filters deflate, shuffle,
// fletcher32 and LZF. Numbers come out as little-endian bytes whatever the file's own order is. What a file may hold beyond that
// is refused with ErrNotSupported.
//
// Nothing is trusted: every structure must lie inside the file, the checksums of those that have one must fit, and no call allocates
// more than a small multiple of what the file can hold, or reads structures without end. Nothing is cached but the links of a few groups, so a File takes
// little memory however large its datasets are.
//
// The layout of the structures follows the HDF5 File Format Specification, version 3.0.
package hdf5

import (
	"errors"
	"fmt"
	"io"
)

// ErrNotSupported is wrapped by the errors about valid files that use what this package doesn't read.
var ErrNotSupported = errors.New("not supported")

// ErrNotFound is wrapped by the errors about links and attributes that don't exist.
var ErrNotFound = errors.New("not found")

// File is an open file. It and all that comes from it are safe for concurrent use if the io.ReaderAt is.
type File struct {
	r          io.ReaderAt
	size       int64
	base       int64 // what addresses count from: where the superblock is
	offsetSize int   // bytes of an address
	lengthSize int   // bytes of a length
	trusting   bool  // checksums of structures are not looked at, for tests that damage them
	root       *Group
	groups     groups
}

// Open reads the superblock and the root group of a file of the given size. A file that is shorter than its superblock says is an error.
func Open(r io.ReaderAt, size int64) (*File, error) {
	return open(r, size, false)
}

func open(r io.ReaderAt, size int64, trusting bool) (*File, error) {
	f := &File{r: r, size: size, trusting: trusting}
	root, err := f.readSuperblock()
	if err != nil {
		return nil, err
	}
	node, err := f.open(root, "/")
	if err != nil {
		return nil, err
	}
	g, ok := node.(*Group)
	if !ok {
		return nil, fmt.Errorf("/: the root is not a group")
	}
	f.root = g
	return f, nil
}

// Root returns the root group.
func (f *File) Root() *Group { return f.root }

// Node is a *Group or a *Dataset.
type Node interface {
	// Path is the absolute path by which the object was reached, soft links resolved.
	Path() string
	// AttrNames returns the names of the object's attributes, sorted.
	AttrNames() []string
	// Attr reads an attribute, or returns an error that wraps ErrNotFound.
	Attr(name string) (*Attr, error)
}
