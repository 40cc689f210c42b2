// Package store keeps content-addressed blobs: bytes whose name is their sha256.
//
// A blob never changes; two blobs with one name are the same. So they can be copied, cached and fetched from anywhere, and what arrives is
// checked against its name.
package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Digest is the lower-case hex sha256 of a blob's bytes.
type Digest string

// Of returns the digest of data.
func Of(data []byte) Digest {
	sum := sha256.Sum256(data)
	return Digest(hex.EncodeToString(sum[:]))
}

// Parse checks that text is a digest.
func Parse(text string) (Digest, error) {
	if len(text) != 2*sha256.Size || strings.Trim(text, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is no hex sha256", text)
	}
	return Digest(text), nil
}

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("blob not found")
	ErrCorrupt  = errors.New("content does not match its digest")
	ErrTooLarge = errors.New("blob does not fit")
)

// Blob is an open blob. Reading at an offset is safe for concurrent use; Close releases it.
type Blob interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Info is what a listing tells of a blob.
type Info struct {
	Digest   Digest
	Size     int64
	Modified time.Time
}

// Store keeps blobs. It is safe for concurrent use.
type Store interface {
	// Stat returns a blob's size; ErrNotFound.
	Stat(ctx context.Context, d Digest) (int64, error)
	// Open opens a blob; ErrNotFound.
	Open(ctx context.Context, d Digest) (Blob, error)
	// Put stores what r yields and returns its digest and size. If want is not empty and the content is another, nothing is stored, and the error is ErrCorrupt.
	Put(ctx context.Context, want Digest, r io.Reader) (Digest, int64, error)
	// Delete removes a blob; one that is not there is no error. Blobs that are open stay readable.
	Delete(ctx context.Context, d Digest) error
	// List yields all blobs in the order of their digests.
	List(ctx context.Context) iter.Seq2[Info, error]
}

// Opener is the part of a Store that reads.
type Opener interface {
	Open(ctx context.Context, d Digest) (Blob, error)
}

// ReadAll returns a blob's bytes; ErrCorrupt if they are not what the digest names.
func ReadAll(ctx context.Context, s Opener, d Digest) ([]byte, error) {
	b, err := s.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	data := make([]byte, b.Size())
	if n, err := b.ReadAt(data, 0); n < len(data) {
		return nil, fmt.Errorf("read blob %.12s: %w", d, err)
	}
	if got := Of(data); got != d {
		return nil, fmt.Errorf("read blob %.12s: %w: got %s", d, ErrCorrupt, got)
	}
	return data, nil
}

// PutBytes stores data.
func PutBytes(ctx context.Context, s Store, data []byte) (Digest, error) {
	d, _, err := s.Put(ctx, "", bytes.NewReader(data))
	return d, err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
