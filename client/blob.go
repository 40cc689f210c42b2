package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Blobs transfers blobs to and from the store that a coordinator serves. Transfers that break off go on where they stopped.
type Blobs struct{ api octetv1.BlobServiceClient }

// NewBlobs returns the blob part of the API on a connection.
func NewBlobs(conn grpc.ClientConnInterface) *Blobs {
	return &Blobs{octetv1.NewBlobServiceClient(conn)}
}

const (
	chunk       = 1 << 20 // bytes per message
	maxTries    = 6       // of a transfer that makes no progress
	firstPause  = 100 * time.Millisecond
	findAtATime = 10_000
)

// Ref is a blob's digest and size.
type Ref struct {
	Digest store.Digest `json:"digest"`
	Size   int64        `json:"size"`
}

// Missing returns those of the blobs that the store does not hold.
func (b *Blobs) Missing(ctx context.Context, refs []Ref) ([]Ref, error) {
	var missing []Ref
	for len(refs) > 0 {
		n := min(len(refs), findAtATime)
		req := &octetv1.FindMissingRequest{}
		for _, r := range refs[:n] {
			req.Blobs = append(req.Blobs, refToWire(r))
		}
		resp, err := b.api.FindMissing(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("find missing blobs: %w", err)
		}
		for _, r := range resp.GetMissing() {
			missing = append(missing, refFromWire(r))
		}
		refs = refs[n:]
	}
	return missing, nil
}

// Upload sends a blob's bytes, unless the store has them. progress, if not nil, is told how many bytes more are there each time.
func (b *Blobs) Upload(ctx context.Context, ref Ref, data io.ReaderAt, progress func(n int64)) error {
	var last int64 = -1
	told := int64(0)
	for try := 0; ; try++ {
		state, err := b.api.QueryWrite(ctx, &octetv1.QueryWriteRequest{Blob: refToWire(ref)})
		if err == nil {
			at := state.GetCommittedSize()
			if progress != nil && at > told {
				progress(at - told)
				told = at
			}
			if state.GetComplete() {
				return nil
			}
			if at > last {
				try, last = 0, at
			}
			err = b.write(ctx, ref, data, at, func(n int64) {
				if told += n; progress != nil {
					progress(n)
				}
			})
			if err == nil {
				return nil
			}
		}
		if !transient(err) || try >= maxTries {
			return fmt.Errorf("upload %.12s: %w", ref.Digest, err)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

func (b *Blobs) write(ctx context.Context, ref Ref, data io.ReaderAt, at int64, progress func(int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.api.Write(ctx)
	if err != nil {
		return err
	}
	buf := make([]byte, min(chunk, max(ref.Size-at, 0)))
	first := true
	for first || at < ref.Size {
		part := buf[:min(int64(len(buf)), ref.Size-at)]
		if n, err := data.ReadAt(part, at); n < len(part) {
			return fmt.Errorf("read at %d: %w", at, err)
		}
		req := &octetv1.WriteRequest{Offset: at, Data: part}
		if first {
			req.Blob, first = refToWire(ref), false
		}
		if err := stream.Send(req); err != nil {
			if errors.Is(err, io.EOF) { // the server has ended the stream, and says why
				_, err = stream.CloseAndRecv()
			}
			return err
		}
		at += int64(len(part))
		progress(int64(len(part)))
	}
	_, err = stream.CloseAndRecv()
	return err
}

// Fetch opens a blob for reading from its start; it has the form of store.Fetch.
func (b *Blobs) Fetch(ctx context.Context, d store.Digest) (io.ReadCloser, int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	r := &blobReader{ctx: ctx, cancel: cancel, api: b.api, digest: d}
	if err := r.more(); err != nil {
		cancel()
		return nil, 0, fmt.Errorf("fetch %.12s: %w", d, err)
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
	data   []byte
	at     int64 // bytes received
	size   int64 // of the blob, once known
	known  bool
}

// more receives the next bytes. io.EOF at the blob's end.
func (r *blobReader) more() error {
	for try := 0; ; try++ {
		if r.known && r.at >= r.size {
			return io.EOF
		}
		err := r.receive()
		if err == nil {
			return nil
		}
		r.stream = nil
		if !transient(err) || try >= maxTries {
			return err
		}
		if err := pause(r.ctx, try); err != nil {
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
	if !r.known {
		r.size, r.known = resp.GetSize(), true
	}
	r.data = resp.GetData()
	r.at += int64(len(r.data))
	return nil
}

func (r *blobReader) Read(p []byte) (int, error) {
	for len(r.data) == 0 {
		if err := r.more(); err != nil {
			if errors.Is(err, io.EOF) {
				return 0, io.EOF
			}
			return 0, fmt.Errorf("fetch %.12s at %d: %w", r.digest, r.at, err)
		}
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

func (r *blobReader) Close() error {
	r.cancel()
	return nil
}

// Collect deletes blobs that no job refers to and that are older than grace; the coordinator's own grace if negative. It returns their number and bytes.
func (b *Blobs) Collect(ctx context.Context, grace time.Duration, dryRun bool) (blobs, bytes int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, collectWithin)
	defer cancel()
	resp, err := b.api.CollectGarbage(ctx, collectToWire(grace, dryRun))
	if err != nil {
		return 0, 0, fmt.Errorf("collect garbage: %w", err)
	}
	return resp.GetBlobs(), resp.GetBytes(), nil
}

// transient reports whether a repeat may succeed.
func transient(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted, codes.ResourceExhausted:
		return true
	}
	return false
}

func pause(ctx context.Context, try int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(firstPause << try):
		return nil
	}
}
