package coordinator

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

const (
	chunk       = 1 << 20 // bytes per message
	maxFind     = 10_000  // blobs per FindMissing
	maxBlobSize = 1 << 40 // bytes
)

// blobService serves a folder of blobs.
type blobService struct {
	octetv1.UnimplementedBlobServiceServer
	folder *store.Folder
	server *Server
}

// FindMissing implements the service.
func (b *blobService) FindMissing(ctx context.Context, req *octetv1.FindMissingRequest) (*octetv1.FindMissingResponse, error) {
	if err := b.server.leads(); err != nil {
		return nil, err
	}
	if len(req.GetBlobs()) > maxFind {
		return nil, status.Errorf(codes.InvalidArgument, "%d blobs, the limit is %d", len(req.GetBlobs()), maxFind)
	}
	resp := &octetv1.FindMissingResponse{}
	checked := map[store.Digest]bool{} // those that were compared with their digests, and whether they are there
	for _, w := range req.GetBlobs() {
		ref, err := blobFromWire("blob", w)
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		d := store.Digest(ref.Digest)
		size, there, err := b.touched(ctx, d)
		if there && size != ref.Size { // by damage, or the caller is wrong
			known := false
			if there, known = checked[d]; !known {
				there, err = b.check(ctx, d)
				checked[d] = there
			}
		}
		switch {
		case err != nil:
			return nil, storeStatus(err)
		case !there:
			resp.Missing = append(resp.Missing, w)
		}
	}
	return resp, nil
}

// check is sound for a caller, of whose namespace one blob is read at a time: whoever says a wrong size must not keep others waiting.
func (b *blobService) check(ctx context.Context, d store.Digest) (bool, error) {
	done, err := b.server.usages.check(ctx, credential.CallerOf(ctx).Namespace)
	if err != nil {
		return false, err
	}
	defer done()
	return b.server.sound(ctx, d)
}

// Read implements the service.
func (b *blobService) Read(req *octetv1.ReadRequest, stream grpc.ServerStreamingServer[octetv1.ReadResponse]) error {
	if err := b.server.leads(); err != nil {
		return err
	}
	d, err := store.Parse(req.GetDigest())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	switch sees, err := b.server.sees(stream.Context(), d); {
	case err != nil:
		return storeStatus(err)
	case !sees:
		return unseen(d)
	}
	done, err := b.server.usages.read(stream.Context(), credential.CallerOf(stream.Context()).Namespace)
	if err != nil {
		return err
	}
	blob, err := b.folder.Open(stream.Context(), d)
	if err != nil {
		done()
		return storeStatus(err)
	}
	return attended(readIdle, func(progress func()) error {
		defer done()
		defer blob.Close()
		return b.send(blob, d, req, stream, progress)
	})
}

// send sends the part of a blob that is asked for, and calls progress for each message that was taken.
func (b *blobService) send(blob store.Blob, d store.Digest, req *octetv1.ReadRequest, stream grpc.ServerStreamingServer[octetv1.ReadResponse], progress func()) error {
	at, end := req.GetOffset(), blob.Size()
	if at < 0 || at > end || req.GetLimit() < 0 {
		return status.Errorf(codes.OutOfRange, "offset %d, limit %d of a blob of %d bytes", at, req.GetLimit(), end)
	}
	if l := req.GetLimit(); l > 0 && l < end-at {
		end = at + l
	}
	for first := true; first || at < end; first = false {
		part := make([]byte, min(chunk, end-at)) // gRPC may still look at the one before
		if n, err := blob.ReadAt(part, at); n < len(part) {
			return status.Errorf(codes.DataLoss, "read blob %.12s at %d: %v", d, at, err)
		}
		resp := &octetv1.ReadResponse{Data: part}
		if first {
			resp.Size = blob.Size()
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
		progress()
		b.server.metrics.sent.Add(float64(len(part)))
		at += int64(len(part))
	}
	return nil
}

// readIdle is how long nothing of a download may be taken.
const readIdle = time.Minute

// attended does work that calls progress each time that it gets on, and gives up when it does not for a while. Work that hangs in a stream goes on behind its back until the call has returned,
// which ends the stream.
func attended(idle time.Duration, work func(progress func()) error) error {
	done, ahead := make(chan error, 1), make(chan struct{}, 1)
	go func() {
		done <- work(func() {
			select {
			case ahead <- struct{}{}:
			default: // it is known already
			}
		})
	}()
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ahead:
			timer.Reset(idle)
		case <-timer.C:
			return status.Errorf(codes.Unavailable, "nothing was taken for %v: go on at the offset that was reached", idle)
		}
	}
}

// QueryWrite implements the service.
func (b *blobService) QueryWrite(ctx context.Context, req *octetv1.QueryWriteRequest) (*octetv1.QueryWriteResponse, error) {
	if err := b.server.leads(); err != nil {
		return nil, err
	}
	ref, err := blobFromWire("blob", req.GetBlob())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	d := store.Digest(ref.Digest)
	size, there, err := b.touched(ctx, d)
	if err != nil {
		return nil, storeStatus(err)
	}
	if !there {
		if size, err = b.folder.Uploaded(credential.CallerOf(ctx).Namespace, d); err != nil {
			return nil, storeStatus(err)
		}
	}
	return &octetv1.QueryWriteResponse{CommittedSize: size, Complete: there}, nil
}

// Write implements the service.
func (b *blobService) Write(stream grpc.ClientStreamingServer[octetv1.WriteRequest, octetv1.WriteResponse]) error {
	if err := b.server.leads(); err != nil {
		return err
	}
	ctx := stream.Context()
	next, stop := patient(stream, writeIdle)
	defer stop()
	req, err := next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	ref, err := blobFromWire("blob", req.GetBlob())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if ref.Size > maxBlobSize {
		return status.Errorf(codes.InvalidArgument, "a blob of %d bytes, the limit is %d", ref.Size, int64(maxBlobSize))
	}
	d := store.Digest(ref.Digest)
	switch size, there, err := b.touched(ctx, d); {
	case err != nil:
		return b.server.trouble(err)
	case there:
		return stream.SendAndClose(&octetv1.WriteResponse{CommittedSize: size})
	}
	namespace := credential.CallerOf(ctx).Namespace
	up, err := b.folder.Upload(namespace, d, ref.Size)
	if err != nil {
		return b.server.trouble(err)
	}
	defer up.Close()
	before := up.Committed()
	done, err := b.server.usages.begin(ctx, b.folder, namespace, max(ref.Size-before, 0), b.server.config.NamespaceBytes)
	if err != nil {
		return err
	}
	defer func() { done(up.Committed() - before) }()
	if req.GetOffset() == 0 && up.Committed() > 0 {
		if err := up.Restart(); err != nil {
			return b.server.trouble(err)
		}
	}
	for {
		if req.GetOffset() != up.Committed() {
			return status.Errorf(codes.Aborted, "data for offset %d, %d bytes have arrived", req.GetOffset(), up.Committed())
		}
		if len(req.GetData()) > chunk {
			return status.Errorf(codes.InvalidArgument, "%d bytes in one message, the limit is %d", len(req.GetData()), chunk)
		}
		if _, err := up.Write(req.GetData()); err != nil {
			return b.server.trouble(err)
		}
		b.server.metrics.received.Add(float64(len(req.GetData())))
		if err := b.server.leads(); err != nil { // the next one may be at the same upload
			return err
		}
		if req, err = next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	if err := up.Commit(); err != nil {
		return b.server.trouble(err)
	}
	if err := b.server.own(ctx, d); err != nil {
		return b.server.trouble(err)
	}
	return stream.SendAndClose(&octetv1.WriteResponse{CommittedSize: ref.Size})
}

// writeIdle is how long an upload may bring nothing.
const writeIdle = time.Minute

// patient returns a function that receives from a stream, and gives up when nothing comes for a while. stop must be called before the stream's call returns.
func patient(stream grpc.ClientStreamingServer[octetv1.WriteRequest, octetv1.WriteResponse], idle time.Duration) (next func() (*octetv1.WriteRequest, error), stop func()) {
	type message struct {
		req *octetv1.WriteRequest
		err error
	}
	messages, over := make(chan message), make(chan struct{})
	go func() {
		for {
			req, err := stream.Recv() // ends when the call does
			select {
			case messages <- message{req, err}:
			case <-over:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	timer := time.NewTimer(idle)
	return func() (*octetv1.WriteRequest, error) {
			timer.Reset(idle)
			select {
			case m := <-messages:
				return m.req, m.err
			case <-timer.C:
				return nil, status.Errorf(codes.Unavailable, "nothing came for %v: go on where QueryWrite says", idle)
			}
		}, func() {
			timer.Stop()
			close(over)
		}
}

// CollectGarbage implements the service.
func (b *blobService) CollectGarbage(ctx context.Context, req *octetv1.CollectGarbageRequest) (*octetv1.CollectGarbageResponse, error) {
	if err := b.server.serves(); err != nil {
		return nil, err
	}
	grace := b.server.config.BlobGrace
	if g := req.GetGrace(); g != nil {
		grace = max(g.AsDuration(), 0)
	}
	blobs, bytes, err := b.server.collect(ctx, grace, req.GetDryRun())
	if err != nil {
		return nil, storeStatus(err)
	}
	return &octetv1.CollectGarbageResponse{Blobs: blobs, Bytes: bytes}, nil
}

// storeStatus gives an error of the store its status code.
func storeStatus(err error) error {
	code := codes.Unavailable
	switch {
	case errors.Is(err, store.ErrNotFound):
		code = codes.NotFound
	case errors.Is(err, store.ErrCorrupt):
		code = codes.DataLoss
	case errors.Is(err, store.ErrTooLarge), errors.Is(err, io.ErrUnexpectedEOF):
		code = codes.InvalidArgument
	case errors.Is(err, store.ErrBusy):
		code = codes.Aborted
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	}
	return status.Error(code, err.Error())
}
