package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
)

// entry is a file of an archive or an image; a folder if its name ends in a slash.
type entry struct {
	name string
	mode int64 // permissions, with 0o1000 for a folder where everybody makes files and removes their own
	data []byte
	uid  int // and gid
}

func (e entry) folder() bool { return strings.HasSuffix(e.name, "/") }

// sorted returns entries by name, so that folders come before what is in them.
func sorted(all []entry) []entry {
	return slices.SortedFunc(slices.Values(all), func(a, b entry) int { return cmp.Compare(a.name, b.name) })
}

// tarOf writes entries as a tar: by name, all of the same time, and with nothing about who made it.
func tarOf(w io.Writer, all []entry, at time.Time) error {
	t := tar.NewWriter(w)
	for _, e := range sorted(all) {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Mode: e.mode, Size: int64(len(e.data)), ModTime: at, Uid: e.uid, Gid: e.uid, Format: tar.FormatUSTAR}
		if e.folder() {
			h.Typeflag = tar.TypeDir
		}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(e.data); err != nil {
			return err
		}
	}
	return t.Close()
}

// gzipOf compresses data. Its header says nothing about time or system.
func gzipOf(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(data)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// tarGzip is a compressed tar.
func tarGzip(all []entry, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	if err := tarOf(&b, all, at); err != nil {
		return nil, err
	}
	return gzipOf(b.Bytes())
}

// zipOf is for Windows.
func zipOf(all []entry, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range sorted(all) {
		h := &zip.FileHeader{Name: e.name, Modified: at, Method: zip.Deflate}
		if e.folder() {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(e.data); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
