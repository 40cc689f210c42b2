package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Fetch opens a blob for reading from its start; it has the form of store.Fetch. Whoever reads to the end gets store.ErrCorrupt instead of io.EOF if the
// bytes are not those that the digest names. store.ErrNotFound if the store does not hold the blob.
func (b *Blobs) Fetch(ctx context.Context, d store.Digest) (io.ReadCloser, int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	r := &blobReader{ctx: ctx, cancel: cancel, api: b.api, digest: d, hash: sha256.New(), size: -1, tries: newTries(contactPatience)}
	if err := r.more(); err != nil {
		err = r.failed(err)
		cancel()
		return nil, 0, err
	}
	return r, r.size, nil
}

// blobReader reads a blob's stream, and opens it again where it broke off.
type blobReader struct {
	ctx    context.Context
	cancel context.CancelFunc
	api    octetv1.BlobServiceClient
	digest store.Digest
	stream grpc.ServerStreamingClient[octetv1.ReadResponse]
	data   []byte // received and not read
	at     int64  // bytes received
	size   int64  // of the blob; -1 until it is known
	hash   hash.Hash
	tries  *tries
	gave   time.Time // when bytes were returned last
}

// more receives the next bytes.
func (r *blobReader) more() error {
	if !r.gave.IsZero() {
		r.tries.pass(time.Since(r.gave)) // how long its reader took with what came does not count
	}
	for {
		err := r.receive()
		if err == nil {
			r.gave = time.Now()
			return nil
		}
		r.stream = nil
		if !r.tries.again(r.ctx, err) {
			return err
		}
	}
}

func (r *blobReader) receive() error {
	if r.stream == nil {
		stream, err := r.api.Read(r.ctx, &octetv1.ReadRequest{Digest: string(r.digest), Offset: r.at})
		if err != nil {
			return err
		}
		r.stream = stream
	}
	resp, err := r.stream.Recv()
	switch {
	case errors.Is(err, io.EOF):
		return status.Error(codes.Unavailable, "the stream ended early")
	case err != nil:
		return err
	}
	r.tries.answered()
	if r.size < 0 {
		r.size = max(resp.GetSize(), 0)
	}
	if r.data = resp.GetData(); len(r.data) > 0 {
		r.tries.progress()
	}
	r.at += int64(len(r.data))
	r.hash.Write(r.data) // a hash never fails
	if r.at > r.size {
		return fmt.Errorf("%w: more than the %d bytes announced", store.ErrCorrupt, r.size)
	}
	return nil
}

func (r *blobReader) Read(p []byte) (int, error) {
	for len(r.data) == 0 {
		if r.at == r.size {
			if got := hex.EncodeToString(r.hash.Sum(nil)); got != string(r.digest) {
				return 0, r.failed(fmt.Errorf("%w: got %s", store.ErrCorrupt, got))
			}
			return 0, io.EOF
		}
		if err := r.more(); err != nil {
			return 0, r.failed(err)
		}
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

func (r *blobReader) failed(err error) error {
	if status.Code(err) == codes.NotFound {
		err = store.ErrNotFound
	}
	return failed(r.ctx, fmt.Sprintf("fetch %.12s at %d", r.digest, r.at), err)
}

// Close ends the transfer.
func (r *blobReader) Close() error {
	r.cancel()
	return nil
}
