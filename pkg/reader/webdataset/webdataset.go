// Package webdataset finds the samples in WebDataset's archives: tar files in which the files of a sample lie one behind another, and share all of their path up to the first
// dot of the name. What is behind that dot says which part of the sample a file is.
package webdataset

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Sample is what an archive holds under one key.
type Sample struct {
	Key   string // the path up to the first dot of the name
	Parts []Part // in the archive's order
}

// Part is a file of a sample: Size bytes at Offset in the archive.
type Part struct {
	Name         string // what is behind the first dot, in lower case: "jpg", "left.png"
	Offset, Size int64
}

// limits of what is taken from an archive.
const (
	maxSamples = 1 << 24
	maxParts   = 1 << 10
	maxKey     = 1 << 12
)

// Index finds all samples of an archive by reading it once, to its end. It holds no file in memory. What is no regular file, is hidden, or has no dot in its name belongs to no sample.
func Index(r io.Reader) ([]Sample, error) {
	counted := &counter{r: r}
	files := tar.NewReader(counted)
	var samples []Sample
	for {
		h, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			_, err := io.Copy(io.Discard, counted) // what pads the last block
			return samples, err
		case err != nil && counted.n < 512+1 && len(samples) == 0 && !errors.Is(err, io.ErrUnexpectedEOF):
			return nil, fmt.Errorf("not a tar file: %w", err)
		case err != nil:
			return nil, fmt.Errorf("at offset %d: %w", counted.n, err)
		}
		key, part, ok := split(h.Name)
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		if sparse(h) {
			return nil, fmt.Errorf("%s: a sparse file has no bytes to be found in the archive", h.Name)
		}
		if len(key) > maxKey {
			return nil, fmt.Errorf("%.64s…: a name of %d bytes: the limit is %d", key, len(key), maxKey)
		}
		if n := len(samples); n == 0 || samples[n-1].Key != key {
			if n == maxSamples {
				return nil, fmt.Errorf("more than %d samples", maxSamples)
			}
			samples = append(samples, Sample{Key: key})
		}
		s := &samples[len(samples)-1]
		for _, p := range s.Parts {
			if p.Name == part {
				return nil, fmt.Errorf("%s occurs twice in one sample", h.Name)
			}
		}
		if len(s.Parts) == maxParts {
			return nil, fmt.Errorf("sample %s has more than %d files", key, maxParts)
		}
		s.Parts = append(s.Parts, Part{part, counted.n, h.Size})
	}
}

// split splits a path into a sample's key and a part's name.
func split(path string) (key, part string, ok bool) {
	name := path[strings.LastIndexByte(path, '/')+1:]
	dot := strings.IndexByte(name, '.')
	if dot < 1 || dot == len(name)-1 {
		return "", "", false
	}
	at := len(path) - len(name) + dot
	return strings.TrimPrefix(path[:at], "./"), strings.ToLower(path[at+1:]), true
}

// sparse reports whether an archive leaves out a file's holes.
func sparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// counter is a reader that counts. It hides that r may seek, so that all bytes pass.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
