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

// Blobs transfers blobs to and from the store that a coordinator serves. Transfers that break off go on where they stopped. They give up when
// nothing arrived for a minute, or when nobody answers at first.
type Blobs struct{ api octetv1.BlobServiceClient }

// NewBlobs returns the blob part of the API on a connection.
func NewBlobs(conn grpc.ClientConnInterface) *Blobs {
	return &Blobs{octetv1.NewBlobServiceClient(conn)}
}

const (
	chunk       = 1 << 20 // bytes per message
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
			return nil, failed(ctx, "find missing blobs", err)
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
	u := &upload{ref: ref, data: data, progress: progress, tries: newTries(contactPatience)}
	for {
		err := b.upload(ctx, u)
		if err == nil {
			return nil
		}
		// What arrived earlier may be what is damaged, and the store has forgotten it.
		again := status.Code(err) == codes.DataLoss && u.resumed && ctx.Err() == nil
		u.resumed = false
		if !again && !u.tries.again(ctx, err) {
			return failed(ctx, fmt.Sprintf("upload %.12s", ref.Digest), err)
		}
	}
}

// upload is a blob on its way to the store.
type upload struct {
	ref      Ref
	data     io.ReaderAt
	progress func(n int64)
	told     int64 // bytes that progress was told of
	last     int64 // bytes that the store had when it was asked last
	resumed  bool  // it did not start at 0
	tries    *tries
}

// tell takes note that so many bytes are there.
func (u *upload) tell(at int64) {
	if at > u.told {
		if u.progress != nil {
			u.progress(at - u.told)
		}
		u.told = at
	}
}

func (b *Blobs) upload(ctx context.Context, u *upload) error {
	state, err := b.api.QueryWrite(ctx, &octetv1.QueryWriteRequest{Blob: refToWire(u.ref)})
	if err != nil {
		return err
	}
	u.tries.answered()
	at := state.GetCommittedSize()
	u.tell(min(at, u.ref.Size))
	if state.GetComplete() {
		return nil
	}
	if at > u.last {
		u.tries.progress()
	}
	u.last, u.resumed = at, at > 0
	return b.write(ctx, u, at)
}

func (b *Blobs) write(ctx context.Context, u *upload, at int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.api.Write(ctx)
	if err != nil {
		return err
	}
	for first := true; first || at < u.ref.Size; first = false {
		part := make([]byte, min(chunk, max(u.ref.Size-at, 0))) // gRPC may still look at the one before
		if n, err := u.data.ReadAt(part, at); n < len(part) {
			return fmt.Errorf("read at %d: %w", at, err)
		}
		req := &octetv1.WriteRequest{Offset: at, Data: part}
		if first {
			req.Blob = refToWire(u.ref)
		}
		if err := stream.Send(req); err != nil {
			if errors.Is(err, io.EOF) { // the server has ended the stream, and says why
				_, err = stream.CloseAndRecv()
			}
			return err
		}
		at += int64(len(part))
		u.tell(at)
	}
	_, err = stream.CloseAndRecv()
	return err
}

// Collect deletes blobs that no job refers to and that are older than grace; the coordinator's own grace if negative. It returns their number and bytes.
func (b *Blobs) Collect(ctx context.Context, grace time.Duration, dryRun bool) (blobs, bytes int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, collectWithin)
	defer cancel()
	resp, err := b.api.CollectGarbage(ctx, collectToWire(grace, dryRun))
	if err != nil {
		return 0, 0, failed(ctx, "collect garbage", err)
	}
	return resp.GetBlobs(), resp.GetBytes(), nil
}
