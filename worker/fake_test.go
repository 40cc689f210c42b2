package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tflite"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// fakeStore serves blobs from memory, as a coordinator does.
type fakeStore struct {
	octetv1.UnimplementedBlobServiceServer
	mu    sync.Mutex
	blobs map[string][]byte
	reads map[string]int                                 // by digest
	read  func(ctx context.Context, digest string) error // in front of each Read
	slow  time.Duration                                  // between the tenths of what a Read answers
}

func (f *fakeStore) put(data []byte) *octetv1.Blob {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := string(store.Of(data))
	f.blobs[d] = data
	return &octetv1.Blob{Digest: d, Size: int64(len(data))}
}

func (f *fakeStore) get(digest string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.blobs[digest]
	return b, ok
}

func (f *fakeStore) count(digest string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reads[digest]
}

func (f *fakeStore) before(read func(ctx context.Context, digest string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read = read
}

func (f *fakeStore) QueryWrite(_ context.Context, req *octetv1.QueryWriteRequest) (*octetv1.QueryWriteResponse, error) {
	b, ok := f.get(req.GetBlob().GetDigest())
	return &octetv1.QueryWriteResponse{CommittedSize: int64(len(b)), Complete: ok}, nil
}

func (f *fakeStore) Write(stream grpc.ClientStreamingServer[octetv1.WriteRequest, octetv1.WriteResponse]) error {
	var data []byte
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&octetv1.WriteResponse{CommittedSize: f.put(data).GetSize()})
		}
		if err != nil {
			return err
		}
		data = append(data, req.GetData()...)
	}
}

func (f *fakeStore) Read(req *octetv1.ReadRequest, stream grpc.ServerStreamingServer[octetv1.ReadResponse]) error {
	f.mu.Lock()
	f.reads[req.GetDigest()]++
	data, ok := f.blobs[req.GetDigest()]
	read, slow := f.read, f.slow
	f.mu.Unlock()
	if read != nil {
		if err := read(stream.Context(), req.GetDigest()); err != nil {
			return err
		}
	}
	if !ok {
		return status.Error(codes.NotFound, "blob not found")
	}
	data, size := data[req.GetOffset():], int64(len(data))
	for part := range slices.Chunk(data, len(data)/10+1) {
		if err := stream.Send(&octetv1.ReadResponse{Size: size, Data: part}); err != nil {
			return err
		}
		time.Sleep(slow)
	}
	return nil
}

// rig is a worker over real gRPC, with a store in memory, whose addresses are names.
type rig struct {
	t         *testing.T
	mu        sync.Mutex
	listeners map[string]*bufconn.Listener
	store     *fakeStore
	registry  *registry.Memory
	logs      *observer.ObservedLogs
	server    *Server
	api       octetv1.WorkerServiceClient
	halt      context.CancelFunc // tells the worker to stop
	ended     chan struct{}      // closed when Run has returned
}

func tempFolder(t *testing.T) *store.Folder {
	t.Helper()
	f, err := store.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newRig(t *testing.T, change ...func(c *Config)) *rig {
	t.Helper()
	r := &rig{
		t: t, listeners: map[string]*bufconn.Listener{}, registry: registry.NewMemory(), ended: make(chan struct{}),
		store: &fakeStore{blobs: map[string][]byte{}, reads: map[string]int{}},
	}
	c := Config{Advertise: "worker:1", Slots: 2, Backlog: 2, Version: "test"}
	for _, f := range change {
		f(&c)
	}
	core, logs := observer.New(zap.InfoLevel)
	r.logs = logs
	var err error
	if r.server, err = NewServer(t.Context(), c, r.registry, tempFolder(t), zap.New(core), r.dial()); err != nil {
		t.Fatal(err)
	}
	r.serve("store", func(g grpc.ServiceRegistrar) { octetv1.RegisterBlobServiceServer(g, r.store) })
	r.serve("worker", r.server.Register)
	conn, err := grpc.NewClient("passthrough:///worker", r.dial(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r.api = octetv1.NewWorkerServiceClient(conn)
	ctx, cancel := context.WithCancel(context.Background())
	r.halt = cancel
	ready := make(chan struct{})
	go func() {
		defer close(r.ended)
		if err := r.server.Run(ctx, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	}()
	<-ready
	t.Cleanup(func() {
		cancel()
		<-r.ended
	})
	return r
}

func (r *rig) serve(name string, register func(g grpc.ServiceRegistrar)) {
	l := bufconn.Listen(1 << 20)
	r.mu.Lock()
	r.listeners[name] = l
	r.mu.Unlock()
	g := grpc.NewServer(grpc.WaitForHandlers(true))
	register(g)
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	r.t.Cleanup(func() {
		g.Stop()
		if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) { // stopped before it began
			r.t.Error(err)
		}
	})
}

func (r *rig) dial() grpc.DialOption {
	return grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
		r.mu.Lock()
		l := r.listeners[addr]
		r.mu.Unlock()
		if l == nil {
			return nil, errors.New("connection refused")
		}
		return l.DialContext(ctx)
	})
}

// request puts a model and a dataset into the store and returns a request for all samples.
func (r *rig) request(m *ir.Model, data string) *octetv1.RunShardRequest {
	r.t.Helper()
	bytes, err := tflite.Encode(m)
	if err != nil {
		r.t.Fatal(err)
	}
	sig, err := shard.Signature(m, "")
	if err != nil {
		r.t.Fatal(err)
	}
	files := store.NewOverlay(tempFolder(r.t))
	manifest, err := dataset.Build(r.t.Context(), data, shard.Inputs(m, sig), files)
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := manifest.Encode()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, b := range manifest.Refs() {
		data, err := store.ReadAll(r.t.Context(), files, b.Digest)
		if err != nil {
			r.t.Fatal(err)
		}
		r.store.put(data)
	}
	return &octetv1.RunShardRequest{
		JobId: "j-1", Shard: 3, Attempt: 1, Model: r.store.put(bytes), Dataset: r.store.put(text), EndSample: int64(manifest.Len()),
		NumericsVersion: numerics.Version, BlobEndpoint: "passthrough:///store",
	}
}

// conv is a request for a small convolutional model over random samples.
func (r *rig) conv() *octetv1.RunShardRequest {
	r.t.Helper()
	return r.request(testmodel.Conv(), "random:normal?samples=8&seed=1")
}

// run has the worker run a shard, and returns all answers.
func (r *rig) run(ctx context.Context, req *octetv1.RunShardRequest) ([]*octetv1.RunShardResponse, error) {
	stream, err := r.api.RunShard(ctx, req)
	if err != nil {
		return nil, err
	}
	var all []*octetv1.RunShardResponse
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, resp)
	}
}

// want computes what a request must come to, without a worker.
func (r *rig) want(req *octetv1.RunShardRequest) []byte {
	r.t.Helper()
	float, _ := r.store.get(req.GetModel().GetDigest())
	m, err := shard.Load(float, req.GetSignature())
	if err != nil {
		r.t.Fatal(err)
	}
	samples, done := r.samples(req)
	defer done()
	stats, err := shard.Run(r.t.Context(), m, samples, shard.Spec{
		Range: shard.Range{First: int(req.GetFirstSample()), Last: int(req.GetEndSample())}, Dataset: req.GetDataset().GetDigest(), SkipBad: req.GetSkipBadSamples(),
		Observe: calib.Spec{Histogram: req.GetHistograms(), PerSample: req.GetSampleRanges()},
	}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	data, err := stats.Encode()
	if err != nil {
		r.t.Fatal(err)
	}
	return data
}

// samples opens the dataset of a request.
func (r *rig) samples(req *octetv1.RunShardRequest) (samples *dataset.Reader, done func()) {
	r.t.Helper()
	text, _ := r.store.get(req.GetDataset().GetDigest())
	manifest, err := dataset.Decode(text)
	if err != nil {
		r.t.Fatal(err)
	}
	if samples, err = dataset.Open(r.t.Context(), manifest, opener{r.store}); err != nil {
		r.t.Fatal(err)
	}
	return samples, func() { samples.Close() }
}

type opener struct{ *fakeStore }

func (o opener) Open(_ context.Context, d store.Digest) (store.Blob, error) {
	data, ok := o.get(string(d))
	if !ok {
		return nil, store.ErrNotFound
	}
	return openBlob{bytes.NewReader(data)}, nil
}

type openBlob struct{ *bytes.Reader }

func (openBlob) Close() error { return nil }
