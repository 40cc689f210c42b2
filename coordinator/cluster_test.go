package coordinator

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/octetlite/octet/internal/clock"
	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tflite"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// network connects gRPC clients and servers within a test. Addresses are names.
type network struct {
	mu        sync.Mutex
	listeners map[string]*bufconn.Listener
}

func (n *network) serve(t *testing.T, addr string, register func(g grpc.ServiceRegistrar)) (stop func()) {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	n.mu.Lock()
	n.listeners[addr] = l
	n.mu.Unlock()
	g := grpc.NewServer(grpc.WaitForHandlers(true), grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second}))
	register(g)
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			g.Stop()
			if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) { // stopped before it began
				t.Errorf("%s: %v", addr, err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// dial finds a listener: the option for gRPC clients. What looks up names in the world is left out of it by the scheme of target.
func (n *network) dial() grpc.DialOption {
	return grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
		n.mu.Lock()
		l := n.listeners[addr]
		n.mu.Unlock()
		if l == nil {
			return nil, fmt.Errorf("nobody listens at %s", addr)
		}
		return l.DialContext(ctx)
	})
}

func target(addr string) string { return "passthrough:///" + addr }

func (n *network) connect(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(target(addr), n.dial(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// cluster is a coordinator over real gRPC with a journal, a registry and a folder that outlive it. The workers are fakes.
type cluster struct {
	t        *testing.T
	config   Config
	net      *network
	journal  *testJournal
	election Election // of Alone, unless it is changed
	registry registry.Registry
	folder   *store.Folder
	root     string
	off      time.Duration // by which the coordinator's wall clock is
	core     zapcore.Core
	logs     *observer.ObservedLogs
	server   *Server
	halt     func() // stops the coordinator

	jobs    octetv1.ConversionServiceClient
	blobs   octetv1.BlobServiceClient
	samples octetv1.SampleServiceClient
}

// newCluster starts a coordinator.
func newCluster(t *testing.T, change ...func(*cluster)) *cluster {
	t.Helper()
	c := &cluster{
		t: t, config: Config{Advertise: target("coordinator")}, net: &network{listeners: map[string]*bufconn.Listener{}},
		journal: newTestJournal(), registry: registry.NewMemory(), root: t.TempDir(),
	}
	c.election = Alone(c.journal)
	c.core, c.logs = observer.New(zap.InfoLevel)
	for _, f := range change {
		f(c)
	}
	conn := c.net.connect(t, "coordinator")
	c.jobs, c.blobs, c.samples = octetv1.NewConversionServiceClient(conn), octetv1.NewBlobServiceClient(conn), octetv1.NewSampleServiceClient(conn)
	c.start()
	return c
}

// start starts the coordinator, as a process of its own would.
func (c *cluster) start() {
	c.t.Helper()
	folder, err := store.NewFolder(c.root)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := NewServer(c.config, c.election, c.registry, folder, zap.New(c.core), c.net.dial())
	if err != nil {
		c.t.Fatal(err)
	}
	off := c.off
	s.wall = func() time.Time { return clock.Now().Add(off) }
	c.folder, c.server = folder, s
	stop := c.net.serve(c.t, "coordinator", s.Register)
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		var once sync.Once
		done <- s.Run(ctx, func(leads bool) {
			if leads {
				once.Do(func() { close(ready) })
			}
		})
	}()
	select {
	case <-ready:
	case err := <-done:
		c.t.Fatalf("the coordinator ended with %v", err)
	}
	var once sync.Once
	c.halt = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				c.t.Errorf("the coordinator ended with %v", err)
			}
			stop()
		})
	}
	c.t.Cleanup(c.halt)
}

// restart stops the coordinator and starts another in its place.
func (c *cluster) restart() {
	c.t.Helper()
	c.halt()
	time.Sleep(10 * time.Millisecond) // the client notices that its connection is gone
	c.start()
}

// shift stops the coordinator and starts another in its place, whose wall clock is off by something more.
func (c *cluster) shift(by time.Duration) {
	c.t.Helper()
	c.off += by
	c.restart()
}

// upload puts a blob into the store by way of BlobService.
func (c *cluster) upload(data []byte) *octetv1.Blob {
	c.t.Helper()
	b, err := upload(c.t.Context(), c.blobs, data)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func upload(ctx context.Context, api octetv1.BlobServiceClient, data []byte) (*octetv1.Blob, error) {
	b := &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
	stream, err := api.Write(ctx)
	if err != nil {
		return nil, err
	}
	for at := 0; at == 0 || at < len(data); at += chunk {
		if err := stream.Send(&octetv1.WriteRequest{Blob: b, Offset: int64(at), Data: data[at:min(at+chunk, len(data))]}); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	_, err = stream.CloseAndRecv()
	return b, err
}

// fetch reads a blob by way of BlobService.
func fetch(ctx context.Context, api octetv1.BlobServiceClient, d string) ([]byte, error) {
	stream, err := api.Read(ctx, &octetv1.ReadRequest{Digest: d})
	if err != nil {
		return nil, err
	}
	var all []byte
	for {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && string(store.Of(all)) != d:
			return nil, status.Errorf(codes.DataLoss, "blob %.12s came corrupt", d)
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		all = append(all, resp.GetData()...)
	}
}

// model is a source with a dataset for it.
type model struct {
	name     string
	source   []byte
	float    *convert.Float
	manifest *dataset.Manifest
	data     *store.Overlay // what the manifest refers to
}

// newModel builds the model and a dataset; the specification of the dataset may be empty.
func newModel(t *testing.T, m *ir.Model, data string) *model {
	t.Helper()
	out := &model{name: "model.tflite"}
	var err error
	if out.source, err = tflite.Encode(m); err != nil {
		t.Fatal(err)
	}
	if out.float, err = convert.Load(convert.Source{Name: out.name, Data: out.source}, true); err != nil {
		t.Fatal(err)
	}
	if data == "" {
		return out
	}
	inputs, err := out.float.Inputs("")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := store.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out.data = store.NewOverlay(folder)
	if out.manifest, err = dataset.Build(t.Context(), data, inputs, out.data); err != nil {
		t.Fatal(err)
	}
	return out
}

// convModel is a small convolutional model with a file of samples, which is a blob. bad samples hold a NaN.
func convModel(t *testing.T, samples int, bad ...int) *model {
	t.Helper()
	const size = 8 * 8 * 3
	data := make([]byte, 0, 4*size*samples)
	for i := range size * samples {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(i%251)/125-1))
	}
	for _, i := range bad {
		binary.LittleEndian.PutUint32(data[4*size*i:], math.Float32bits(float32(math.NaN())))
	}
	var file bytes.Buffer
	if err := npy.Write(&file, npy.Float32, []int{samples, 8, 8, 3}, data); err != nil {
		t.Fatal(err)
	}
	return newModel(t, testmodel.Conv(), write(t, "samples.npy", file.Bytes()))
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// spec uploads what a job on the model needs, and returns its specification.
func (c *cluster) spec(m *model) *octetv1.JobSpec { return c.specBy(m, c.upload) }

// specOf does so in the name of namespaces.
func (c *cluster) specOf(m *model, namespaces ...string) (spec *octetv1.JobSpec) {
	for _, n := range namespaces {
		who := clientOf{c.t, &blobService{folder: c.server.folder, server: c.server}, credential.WithCaller(c.t.Context(), credential.Caller{Role: credential.Client, Namespace: n})}
		spec = c.specBy(m, func(data []byte) *octetv1.Blob {
			if err := who.write(data, 0); err != nil {
				c.t.Fatal(err)
			}
			return &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
		})
	}
	return spec
}

func (c *cluster) specBy(m *model, upload func(data []byte) *octetv1.Blob) *octetv1.JobSpec {
	c.t.Helper()
	spec := &octetv1.JobSpec{Source: upload(m.source), SourceName: m.name}
	if m.manifest == nil {
		return spec
	}
	text, err := m.manifest.Encode()
	if err != nil {
		c.t.Fatal(err)
	}
	spec.Scheme, spec.Dataset = octetv1.Scheme_SCHEME_INT8, upload(text)
	for _, b := range m.manifest.Refs() {
		data, err := store.ReadAll(c.t.Context(), m.data, b.Digest)
		if err != nil {
			c.t.Fatal(err)
		}
		upload(data)
	}
	return spec
}

// inProcess converts the model in this process, as the specification says.
func (m *model) inProcess(t *testing.T, spec *octetv1.JobSpec) (*convert.Result, error) {
	t.Helper()
	own, err := specFromWire(spec)
	if err != nil {
		t.Fatal(err)
	}
	opt, err := own.options()
	if err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(t.Context(), m.manifest, m.data)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stats, err := convert.Calibrate(t.Context(), m.float, opt, m.manifest, &convert.Pool{Workers: 1, Samples: r}, nil)
	if err != nil {
		return nil, err
	}
	return convert.Finish(m.float, opt, stats)
}

// create creates a job under a request id.
func (c *cluster) create(id string, spec *octetv1.JobSpec) *octetv1.Job {
	c.t.Helper()
	resp, err := c.jobs.CreateJob(c.t.Context(), &octetv1.CreateJobRequest{RequestId: id, Spec: spec})
	if err != nil {
		c.t.Fatalf("CreateJob: %v", err)
	}
	return resp.GetJob()
}

func (c *cluster) get(id string) *octetv1.Job {
	c.t.Helper()
	resp, err := c.jobs.GetJob(c.t.Context(), &octetv1.GetJobRequest{Id: id})
	if err != nil {
		c.t.Fatalf("GetJob: %v", err)
	}
	return resp.GetJob()
}

// wait follows a job to its end.
func (c *cluster) wait(id string) *octetv1.Job {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Minute)
	defer cancel()
	stream, err := c.jobs.WatchJob(ctx, &octetv1.WatchJobRequest{Id: id})
	if err != nil {
		c.t.Fatal(err)
	}
	var last *octetv1.Job
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return last
		}
		if err != nil {
			c.t.Fatalf("WatchJob: %v; last: %v", err, last)
		}
		last = resp.GetJob()
	}
}

// result fetches the model that a job made.
func (c *cluster) result(j *octetv1.Job) []byte {
	c.t.Helper()
	if j.GetState() != octetv1.JobState_JOB_STATE_SUCCEEDED {
		c.t.Fatalf("the job is %v: %v", j.GetState(), j.GetError())
	}
	data, err := fetch(c.t.Context(), c.blobs, j.GetResult().GetModel().GetDigest())
	if err != nil {
		c.t.Fatal(err)
	}
	return data
}

// wantCode fails the test unless the error has the status code.
func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// busy takes all turns at preparing and finishing jobs; the returned function gives some back.
func (c *cluster) busy() (free func(n int)) {
	c.t.Helper()
	var held []func()
	for range maxPrepares {
		release, ok := c.server.turns.take(c.t.Context(), "", Normal)
		if !ok {
			c.t.Fatal("no turn")
		}
		held = append(held, release)
	}
	return func(n int) {
		for range n {
			held[0]()
			held = held[1:]
		}
	}
}
