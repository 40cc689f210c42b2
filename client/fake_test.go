package client

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// fake is a coordinator in memory that can be made to fail. It may be stopped and started again.
type fake struct {
	octetv1.UnimplementedConversionServiceServer
	octetv1.UnimplementedBlobServiceServer
	t *testing.T

	samples *fakeSamples

	mu       sync.Mutex
	listener *bufconn.Listener // nil while it is stopped
	stop     func()

	blobs    map[string][]byte
	partial  map[string][]byte
	received int                                      // bytes of Write
	sent     int                                      // bytes of Read
	cut      int                                      // bytes after which a stream of Write or Read breaks; 0 for never
	down     func() error                             // in front of every call
	commit   func(data []byte) error                  // in front of the end of an upload
	lie      func(resp *octetv1.ReadResponse, at int) // changes what Read answers
	finds    [][]*octetv1.Blob                        // the requests of FindMissing
	creates  []*octetv1.CreateJobRequest              // the requests of CreateJob
	forgets  protoreflect.Name                        // a field of a specification that it does not know
	cancels  []string                                 // the jobs of CancelJob
	job      func(n int) (*octetv1.Job, error)        // the n-th state of a watched job
	list     func(token string) ([]*octetv1.Job, string)
	watched  int
}

func newFake(t *testing.T) *fake {
	f := &fake{t: t, blobs: map[string][]byte{}, partial: map[string][]byte{}, samples: &fakeSamples{}}
	f.start()
	t.Cleanup(func() { f.halt() })
	return f
}

func (f *fake) start() {
	l := bufconn.Listen(1 << 20)
	g := grpc.NewServer(grpc.WaitForHandlers(true), grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepAlive / 2})) // as cmd/octet has it
	octetv1.RegisterBlobServiceServer(g, f)
	octetv1.RegisterConversionServiceServer(g, f)
	octetv1.RegisterSampleServiceServer(g, f.samples)
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listener = l
	f.stop = func() {
		g.Stop()
		if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) { // stopped before it began
			f.t.Error(err)
		}
	}
}

func (f *fake) halt() {
	f.mu.Lock()
	stop := f.stop
	f.stop, f.listener = nil, nil
	f.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// dial returns a client of the fake.
func (f *fake) dial() *Client {
	f.t.Helper()
	c, err := Dial("passthrough:///fake", grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		f.mu.Lock()
		l := f.listener
		f.mu.Unlock()
		if l == nil {
			return nil, errors.New("connection refused")
		}
		return l.DialContext(ctx)
	}))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { c.Close() })
	return c
}

func (f *fake) up() error {
	f.mu.Lock()
	down := f.down
	f.mu.Unlock()
	if down != nil {
		return down()
	}
	return nil
}

func (f *fake) FindMissing(_ context.Context, req *octetv1.FindMissingRequest) (*octetv1.FindMissingResponse, error) {
	if err := f.up(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finds = append(f.finds, req.GetBlobs())
	resp := &octetv1.FindMissingResponse{}
	for _, b := range req.GetBlobs() {
		if _, ok := f.blobs[b.GetDigest()]; !ok {
			resp.Missing = append(resp.Missing, b)
		}
	}
	return resp, nil
}

func (f *fake) QueryWrite(_ context.Context, req *octetv1.QueryWriteRequest) (*octetv1.QueryWriteResponse, error) {
	if err := f.up(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if b, ok := f.blobs[req.GetBlob().GetDigest()]; ok {
		return &octetv1.QueryWriteResponse{CommittedSize: int64(len(b)), Complete: true}, nil
	}
	return &octetv1.QueryWriteResponse{CommittedSize: int64(len(f.partial[req.GetBlob().GetDigest()]))}, nil
}

func (f *fake) Write(stream grpc.ClientStreamingServer[octetv1.WriteRequest, octetv1.WriteResponse]) error {
	if err := f.up(); err != nil {
		return err
	}
	var ref *octetv1.Blob
	for n := 0; ; {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if ref == nil {
			ref = req.GetBlob()
		}
		f.mu.Lock()
		d, data := ref.GetDigest(), req.GetData()
		if f.cut > 0 && n+len(data) > f.cut {
			data = data[:f.cut-n]
		}
		if have := int64(len(f.partial[d])); req.GetOffset() != have {
			f.mu.Unlock()
			return status.Errorf(codes.Aborted, "data for %d, have %d", req.GetOffset(), have)
		}
		f.partial[d] = append(f.partial[d], data...)
		n += len(data)
		f.received += len(data)
		cut := f.cut > 0 && n == f.cut
		f.mu.Unlock()
		if cut {
			return status.Error(codes.Unavailable, "cut")
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d := ref.GetDigest()
	data := f.partial[d]
	delete(f.partial, d)
	if f.commit != nil {
		if err := f.commit(data); err != nil {
			return err
		}
	}
	if string(store.Of(data)) != d {
		return status.Error(codes.DataLoss, "other bytes")
	}
	f.blobs[d] = data
	return stream.SendAndClose(&octetv1.WriteResponse{CommittedSize: int64(len(data))})
}

func (f *fake) Read(req *octetv1.ReadRequest, stream grpc.ServerStreamingServer[octetv1.ReadResponse]) error {
	if err := f.up(); err != nil {
		return err
	}
	f.mu.Lock()
	data, ok := f.blobs[req.GetDigest()]
	cut, lie := f.cut, f.lie
	f.mu.Unlock()
	if !ok {
		return status.Error(codes.NotFound, "no such blob")
	}
	at := int(req.GetOffset())
	for n, first := 0, true; first || at < len(data); first = false {
		part := data[at:min(at+chunk, len(data))]
		if cut > 0 && n+len(part) > cut {
			part = part[:cut-n]
		}
		resp := &octetv1.ReadResponse{Data: part}
		if first {
			resp.Size = int64(len(data))
		}
		if lie != nil {
			lie(resp, at)
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
		at, n = at+len(part), n+len(part)
		f.mu.Lock()
		f.sent += len(part)
		f.mu.Unlock()
		if cut > 0 && n == cut {
			return status.Error(codes.Unavailable, "cut")
		}
	}
	return nil
}

func (f *fake) CreateJob(_ context.Context, req *octetv1.CreateJobRequest) (*octetv1.CreateJobResponse, error) {
	f.mu.Lock()
	f.creates = append(f.creates, req)
	f.mu.Unlock()
	if err := f.up(); err != nil {
		return nil, err
	}
	spec := proto.CloneOf(req.GetSpec())
	if f.forgets != "" {
		spec.ProtoReflect().Clear(spec.ProtoReflect().Descriptor().Fields().ByName(f.forgets))
	}
	return &octetv1.CreateJobResponse{Job: &octetv1.Job{Id: "j-1", RequestId: req.GetRequestId(), Spec: spec}}, nil
}

func (f *fake) CancelJob(_ context.Context, req *octetv1.CancelJobRequest) (*octetv1.CancelJobResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancels = append(f.cancels, req.GetId())
	return &octetv1.CancelJobResponse{Job: &octetv1.Job{Id: req.GetId(), State: octetv1.JobState_JOB_STATE_CANCELLED}}, nil
}

func (f *fake) ListJobs(_ context.Context, req *octetv1.ListJobsRequest) (*octetv1.ListJobsResponse, error) {
	jobs, token := f.list(req.GetPageToken())
	return &octetv1.ListJobsResponse{Jobs: jobs, NextPageToken: token}, nil
}

func (f *fake) WatchJob(_ *octetv1.WatchJobRequest, stream grpc.ServerStreamingServer[octetv1.WatchJobResponse]) error {
	if err := f.up(); err != nil {
		return err
	}
	for {
		f.mu.Lock()
		n := f.watched
		f.watched++
		f.mu.Unlock()
		j, err := f.job(n)
		if err != nil || j == nil {
			return err
		}
		if err := stream.Send(&octetv1.WatchJobResponse{Job: j}); err != nil {
			return err
		}
	}
}

func (f *fake) GetJob(context.Context, *octetv1.GetJobRequest) (*octetv1.GetJobResponse, error) {
	return nil, status.Error(codes.NotFound, "no such job")
}

func (f *fake) DeleteJob(context.Context, *octetv1.DeleteJobRequest) (*octetv1.DeleteJobResponse, error) {
	return nil, status.Error(codes.FailedPrecondition, "job j-1 is calibrating: cancel it first")
}
