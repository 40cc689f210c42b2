//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/freeport"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/guard"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
	"github.com/octetlite/octet/worker"
)

// liar is a worker that was taken over: it has all that a worker has, and a worker that computes what is right, and answers as it likes.
type liar struct {
	octetv1.UnimplementedWorkerServiceServer
	t     *testing.T
	id    string
	right octetv1.WorkerServiceClient
	dial  []grpc.DialOption // as a worker dials coordinators

	mu     sync.Mutex
	answer func(req *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error
	calls  int                      // since the answer is what it is
	sent   string                   // what a coordinator proved itself by
	last   *octetv1.RunShardRequest // and what it asked
}

// join has a worker be part of a cluster that lies.
func join(t *testing.T, s *secured) *liar {
	t.Helper()
	flags := serverFlags{
		credentialFlags: credentialFlags{files: credential.Files{Cert: s.in("certs/server.pem"), Key: s.in("certs/server-key.pem"), CA: s.in("certs/ca.pem")}, token: s.in("worker.token")},
		clientCerts:     certsRequired,
	}
	secure, err := flags.open("127.0.0.1:0", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{t: t, id: "w-liar", dial: secure.dial()}
	folder, err := store.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	honest, err := worker.NewServer(t.Context(), worker.Config{Advertise: "nowhere:1", Slots: 1}, registry.NewMemory(), folder, zap.NewNop(), l.dial...)
	if err != nil {
		t.Fatal(err)
	}
	serve := func(register func(grpc.ServiceRegistrar), options ...grpc.ServerOption) string {
		g, err := listen("127.0.0.1:0", nil, options...)
		if err != nil {
			t.Fatal(err)
		}
		register(g)
		go func() { _ = g.Serve(g.listener) }() // until it is stopped
		t.Cleanup(g.Stop)
		return g.local()
	}
	conn, err := grpc.NewClient(serve(honest.Register), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	l.right = octetv1.NewWorkerServiceClient(conn)
	addr := serve(func(r grpc.ServiceRegistrar) { octetv1.RegisterWorkerServiceServer(r, l) }, secure.server(func() string { return "" })...)
	etcd, err := dialEtcd(t.Context(), []string{s.etcd}, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { etcd.Close() })
	if _, err := workersIn(etcd, lease).Register(t.Context(), registry.Worker{ID: l.id, Addr: addr, Slots: 1, Numerics: numerics.Version}); err != nil {
		t.Fatal(err)
	}
	return l
}

// RunShard implements the service.
func (l *liar) RunShard(req *octetv1.RunShardRequest, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if in, ok := metadata.FromIncomingContext(out.Context()); ok && len(in.Get("authorization")) == 1 {
		l.sent, l.last = in.Get("authorization")[0], req
	}
	l.calls++
	stream, err := l.right.RunShard(out.Context(), req)
	if err != nil {
		return err
	}
	for {
		resp, err := stream.Recv()
		if err != nil {
			return err
		}
		if resp.GetStats() != nil {
			return l.answer(req, resp.GetStats(), out)
		}
	}
}

// asked returns how often it was asked since it answers as it does.
func (l *liar) asked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// becomes has the liar answer in another way.
func (l *liar) becomes(answer func(req *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer, l.calls = answer, 0
}

// forged returns statistics that are those of a blob but for one range, and puts them into the store.
func (l *liar) forged(ctx context.Context, addr string, right *octetv1.Blob) (*octetv1.Blob, error) {
	c, err := client.Dial(addr, l.dial...)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r, _, err := c.Blobs.Fetch(ctx, store.Digest(right.GetDigest()))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	stats, err := calib.Decode(data)
	if err != nil {
		return nil, err
	}
	stats.Tensors[0].Range.Max *= 2
	if data, err = stats.Encode(); err != nil {
		return nil, err
	}
	ref := client.Ref{Digest: store.Of(data), Size: int64(len(data))}
	return &octetv1.Blob{Digest: string(ref.Digest), Size: ref.Size}, c.Blobs.Upload(ctx, ref, bytes.NewReader(data), nil)
}

// TestLiar has one of two workers of a cluster lie, as one does that was taken over. What it makes of shards is found out when another one computes them, which here all are; what it was shown opens neither the other worker
// nor the coordinator, and its own token does there what a worker does and nothing else.
func TestLiar(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes; -short is for the race detector, which they are not built with")
	}
	s := newSecured(t)
	addr, at := freeport.Addr(t), freeport.Addr(t)
	lead := s.run("coordinator", addr, "--verify-shards", "1")
	lead.wait(t, "coordinator_started", nil)
	honest := s.run("worker", at, "--slots", "1")
	honest.wait(t, "worker_started", func(e map[string]any) { honest.id = fmt.Sprint(e["worker"]) })
	lead.wait(t, "worker_found", nil)
	l := join(t, s)
	lead.wait(t, "worker_found", nil)
	model := writeConv(t)
	seed := 0
	command := func() []string {
		seed++ // none has the statistics of another one
		return []string{"convert", model, "-o", fmt.Sprintf("%s/%d.tflite", s.dir, seed), "--data", fmt.Sprintf("random:normal?samples=64&seed=%d", seed)}
	}
	type answerTo = func(req *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error
	say := func(out grpc.ServerStreamingServer[octetv1.RunShardResponse], b *octetv1.Blob) error {
		return out.Send(&octetv1.RunShardResponse{SamplesDone: 4, Stats: b})
	}
	right := func(_ *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
		return say(out, right)
	}
	var first *octetv1.Blob // of the shards of a job
	for _, tt := range []struct {
		what   string
		answer answerTo
		fails  string // what the job ends with; "" if it gives what is right
	}{
		{"wrong statistics", func(req *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			b, err := l.forged(out.Context(), req.GetBlobEndpoint(), right)
			if err != nil {
				return err
			}
			return say(out, b)
		}, "disagree about shard"},
		{"another shard's statistics", func(_ *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			if first == nil {
				first = right
			}
			return say(out, first)
		}, "disagree about shard"},
		{"a digest of nothing", func(_ *octetv1.RunShardRequest, _ *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			return say(out, &octetv1.Blob{Digest: strings.Repeat("ab", 32), Size: 10})
		}, ""},
		{"no digest", func(_ *octetv1.RunShardRequest, _ *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			return say(out, &octetv1.Blob{Digest: "../../etc/passwd", Size: 10})
		}, ""},
		{"the model as statistics", func(req *octetv1.RunShardRequest, _ *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			return say(out, req.GetModel())
		}, ""},
		{"two answers", func(req *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			return errors.Join(say(out, right), say(out, req.GetModel()))
		}, ""},
		{"a huge answer", func(_ *octetv1.RunShardRequest, _ *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			return say(out, &octetv1.Blob{Digest: strings.Repeat("ab", 8<<20), Size: 10})
		}, ""},
		{"samples without end", func(_ *octetv1.RunShardRequest, right *octetv1.Blob, out grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			for i := range int64(1000) {
				if err := out.Send(&octetv1.RunShardResponse{SamplesDone: i << 50}); err != nil {
					return err
				}
			}
			return say(out, right)
		}, ""},
	} {
		t.Logf("%s", tt.what)
		for l.becomes(right); l.asked() == 0; { // it may rest for what it did before
			octet(t, s.client(addr, command()...)...)
		}
		for l.becomes(tt.answer); l.asked() == 0; {
			args := command()
			stderr, code := attempt(t.Context(), s.client(addr, args...)...)
			if tt.fails != "" {
				if l.asked() > 0 && (code == 0 || !strings.Contains(stderr, tt.fails) || !strings.Contains(stderr, l.id) || !strings.Contains(stderr, honest.id)) {
					t.Errorf("%s: status %d, %s; want %q, %s and %s", tt.what, code, stderr, tt.fails, l.id, honest.id)
				}
				continue
			}
			if code != 0 {
				t.Errorf("%s: status %d, %s", tt.what, code, stderr)
				break
			}
			got := sum(t, args[3])
			octet(t, args...) // in process
			if want := sum(t, args[3]); got != want {
				t.Errorf("%s: the job gives another model than the conversion in process", tt.what)
			}
		}
	}
	if lead.entries("results_differ") == nil || lead.entries("panic") != nil {
		t.Error("the coordinator's log has no results that differ, or a panic")
	}

	// What it knows opens nothing.
	text := func(name string) string {
		t.Helper()
		b, err := credential.OpenBearer(s.in(name))
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.GetRequestMetadata(t.Context(), "https://"+addr)
		if status.Code(err) == codes.Unauthenticated { // it is not sent without TLS, which is not looked at here
			m, err = b.GetRequestMetadata(t.Context(), "https://127.0.0.1:1")
		}
		if err != nil {
			t.Fatal(err)
		}
		return m["authorization"]
	}
	if l.sent == "" || strings.Contains(text("coordinator.token"), "octet_key") || !strings.HasPrefix(l.sent, "Bearer octet_proof_") {
		t.Fatalf("a coordinator sent %.20q", l.sent)
	}
	bare := slices.Clone(l.dial)[:1] // TLS alone
	call := func(at, method, authorization string, req any) error {
		conn, err := grpc.NewClient(at, bare...)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", authorization)
		stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
		if err == nil {
			_ = stream.SendMsg(req) // what is received says why not
			_ = stream.CloseSend()
			err = stream.RecvMsg(&octetv1.RunShardResponse{})
		}
		return err
	}
	if err := call(at, octetv1.WorkerService_RunShard_FullMethodName, l.sent, l.last); status.Code(err) != codes.Unauthenticated {
		t.Errorf("what the coordinator showed the liar opens the other worker: %v", err)
	}
	for method, roles := range guard.Access {
		if !strings.HasPrefix(method, "/octet") || strings.Contains(method, "WorkerService") {
			continue
		}
		if err := call(addr, method, l.sent, &octetv1.GetJobRequest{}); status.Code(err) != codes.Unauthenticated {
			t.Errorf("what the coordinator showed the liar opens %s: %v", method, err)
		}
		if slices.Contains(roles, credential.Worker) {
			continue
		}
		if err := call(addr, method, text("worker.token"), &octetv1.GetJobRequest{}); status.Code(err) != codes.PermissionDenied {
			t.Errorf("a worker's token opens %s: %v", method, err)
		}
	}
	if err := call(at, octetv1.WorkerService_RunShard_FullMethodName, text("worker.token"), l.last); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a worker's token opens the other worker: %v", err)
	}
}
