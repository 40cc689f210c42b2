//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/freeport"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// target is a worker of its own process that is attacked, and what a shard of it reads by right.
type target struct {
	t              *testing.T
	conn           *grpc.ClientConn
	blobs          *client.Blobs
	store          string // the coordinator's address
	term           int64
	model, dataset *octetv1.Blob
}

// upload puts bytes into the coordinator's store, as a client may.
func (a *target) upload(data []byte) *octetv1.Blob {
	a.t.Helper()
	ref := client.Ref{Digest: store.Of(data), Size: int64(len(data))}
	if err := a.blobs.Upload(a.t.Context(), ref, bytes.NewReader(data), nil); err != nil {
		a.t.Fatal(err)
	}
	return &octetv1.Blob{Digest: string(ref.Digest), Size: ref.Size}
}

// request asks for a shard that can be run, but for what is changed.
func (a *target) request(change func(r *octetv1.RunShardRequest)) *octetv1.RunShardRequest {
	r := &octetv1.RunShardRequest{JobId: "j-attack", Model: a.model, Dataset: a.dataset, EndSample: 4, BlobEndpoint: a.store, NumericsVersion: numerics.Version, Term: a.term}
	change(r)
	return r
}

// run runs a shard, and returns how that ends.
func (a *target) run(change func(r *octetv1.RunShardRequest)) error {
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	stream, err := octetv1.NewWorkerServiceClient(a.conn).RunShard(ctx, a.request(change))
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// refused runs a shard that must end with one of the codes, and a message that holds the text.
func (a *target) refused(what, text string, change func(r *octetv1.RunShardRequest), want ...codes.Code) {
	a.t.Helper()
	err := a.run(change)
	for _, c := range want {
		if status.Code(err) == c && strings.Contains(err.Error(), text) {
			return
		}
	}
	a.t.Errorf("%s: %v, want %v and %q", what, err, want, text)
}

// manifestIn returns the dataset of a job, which a coordinator's store has.
func manifestIn(t *testing.T, dir string) string {
	t.Helper()
	var found string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.HasPrefix(string(data), `{"version"`) && strings.Contains(string(data), `"random"`) {
			found = string(data)
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("no manifest in the store: %v", err)
	}
	return found
}

// frame is a frame of HTTP/2.
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:]
	return append(binary.BigEndian.AppendUint32(append(head, kind, flags), stream), payload...)
}

// field is a header that no table has.
func field(name, value string) []byte {
	return slices.Concat([]byte{0, byte(len(name))}, []byte(name), []byte{byte(len(value))}, []byte(value))
}

// floods are what a connection may be flooded with: each returns what is sent as the i-th.
func floods() map[string]func(i uint32) []byte {
	const (
		settings, headers, reset, ping, continuation, data = 4, 1, 3, 6, 9, 0
		endStream, endHeaders                              = 1, 4
	)
	call := slices.Concat(field(":method", "POST"), field(":scheme", "http"), field(":path", "/octet.v1.WorkerService/RunShard"), field(":authority", "x"), field("content-type", "application/grpc"), field("te", "trailers"))
	first := func(i uint32, then []byte) []byte {
		if i == 0 {
			return slices.Concat(frame(settings, 0, 0, nil), then)
		}
		return nil
	}
	return map[string]func(i uint32) []byte{
		"streams that are reset at once": func(i uint32) []byte {
			return slices.Concat(first(i, nil), frame(headers, endHeaders|endStream, 2*i+1, call), frame(reset, 0, 2*i+1, []byte{0, 0, 0, 8}))
		},
		"streams that are left open": func(i uint32) []byte {
			return slices.Concat(first(i, nil), frame(headers, endHeaders, 2*i+1, call))
		},
		"headers without end": func(i uint32) []byte {
			return slices.Concat(first(i, frame(headers, 0, 1, call)), frame(continuation, 0, 1, bytes.Repeat(field("x", strings.Repeat("y", 100)), 100)))
		},
		"a message of 4 GiB": func(i uint32) []byte {
			return slices.Concat(first(i, slices.Concat(frame(headers, endHeaders, 1, call), frame(data, 0, 1, []byte{0, 0xff, 0xff, 0xff, 0xf0}))), frame(data, 0, 1, make([]byte, 1000)))
		},
		"settings": func(uint32) []byte { return frame(settings, 0, 0, nil) },
		"pings":    func(i uint32) []byte { return slices.Concat(first(i, nil), frame(ping, 0, 0, make([]byte, 8))) },
	}
}

// residentOf returns the memory of a process, in bytes; 0 where the system does not tell.
func residentOf(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize()
}

// TestAttackedWorker attacks a worker of a process of its own, whose port a stranger can reach, with whatever calls and bytes there are. Each is refused and says why, the worker asks nobody whom it should
// not, and goes on.
func TestAttackedWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes; -short is for the race detector, which they are not built with")
	}
	h := newHost(t)
	addr := freeport.Addr(t)
	blobs := t.TempDir()
	lead := h.coordinator(addr, blobs)
	lead.wait(t, "coordinator_started", nil)
	at := freeport.Addr(t)
	worker := start(t, "worker", h.program, "worker", "--etcd", h.etcd, "--slots", "16", "--data-dir", t.TempDir(), "--listen", at)
	worker.wait(t, "worker_started", nil)
	lead.wait(t, "worker_found", nil)
	model := writeConv(t)
	converts := func(seed int) {
		t.Helper()
		octet(t, "convert", model, "-o", t.TempDir()+"/out.tflite", "--data", fmt.Sprintf("random:normal?samples=8&seed=%d", seed), "--coordinator", addr)
	}
	converts(1)

	conn, err := grpc.NewClient(at, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, err := client.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cluster, err := c.Cluster(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	a := &target{t: t, conn: conn, blobs: c.Blobs, store: addr, term: cluster.Term}
	data, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	a.model = a.upload(data)
	manifest := manifestIn(t, blobs)
	a.dataset = a.upload([]byte(manifest))
	if err := a.run(func(*octetv1.RunShardRequest) {}); err != nil {
		t.Fatalf("a shard that nothing is wrong with: %v", err)
	}

	t.Run("addresses", func(t *testing.T) {
		a.t = t
		visits := make(chan string, 100)
		other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { visits <- r.Method + " " + r.URL.Path }))
		defer other.Close()
		_, port, err := net.SplitHostPort(other.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup // each is tried for ten seconds
		for endpoint, want := range map[string]string{
			"169.254.169.254:80": "does not answer", "[fd00:ec2::254]:80": "does not answer", "[::ffff:169.254.169.254]:80": "does not answer", "0.0.0.0:" + port: "does not answer", "[::]:" + port: "does not answer",
			"passthrough:///169.254.169.254:80": "does not answer", "224.0.0.1:80": "does not answer",
			"dns://127.0.0.1:" + port + "/store:1": "want HOST:PORT", "unix:///etc/passwd": "want HOST:PORT", "http://" + other.Listener.Addr().String(): "want HOST:PORT",
			"": "no blob_endpoint", "nonsense": "HOST:PORT",
			other.Listener.Addr().String(): "", // of another host: it is asked in gRPC's way, and what it says in another one is no answer
		} {
			group.Go(func() {
				a.refused(endpoint, want, func(r *octetv1.RunShardRequest) { r.BlobEndpoint = endpoint }, codes.InvalidArgument, codes.Unavailable)
			})
		}
		group.Wait()
		close(visits)
		for v := range visits {
			if v != "PRI *" { // HTTP/2's preface
				t.Errorf("somebody else's server was asked: %s", v)
			}
		}
	})
	t.Run("blobs", func(t *testing.T) {
		a.t = t
		changed := func(pattern, by string) string {
			text := regexp.MustCompile(pattern).ReplaceAllString(manifest, by)
			if text == manifest {
				t.Fatalf("%q is not in %s", pattern, manifest)
			}
			return text
		}
		for what, m := range map[string]string{
			"nothing": "", "no JSON": "\x00\x01", "deep JSON": strings.Repeat("[", 1<<20), "half of it": manifest[:len(manifest)/2],
			"no source":            changed(`"random"`, `"nothing"`),
			"a path for a digest":  changed(`"samples"`, `"blobs":[{"digest":"../../../../etc/passwd","size":4,"name":"x"}],"samples"`),
			"too many samples":     changed(`"samples":\d+`, `"samples":-1`),
			"an input of all bits": changed(`"shape":\[[^]]*\]`, `"shape":[2147483647,2147483647,2147483647]`),
		} {
			d := a.upload([]byte(m))
			a.refused(what, "dataset", func(r *octetv1.RunShardRequest) { r.Dataset = d }, codes.InvalidArgument, codes.FailedPrecondition)
		}
		other := a.upload([]byte(changed(`"shape":\[[^]]*\]`, `"shape":[1,1]`)))
		a.refused("another input", "have shape [1,1]", func(r *octetv1.RunShardRequest) { r.Dataset = other }, codes.FailedPrecondition)
		for what, m := range map[string][]byte{"no model": []byte("no model"), "a model that is all offsets": bytes.Repeat([]byte{0xff, 0xff, 0xff, 0x7f}, 1<<10), "half a model": data[:len(data)/2]} {
			d := a.upload(m)
			a.refused(what, "model", func(r *octetv1.RunShardRequest) { r.Model = d }, codes.InvalidArgument, codes.FailedPrecondition)
		}
		a.refused("samples without end", "", func(r *octetv1.RunShardRequest) { r.EndSample = 1 << 62 }, codes.InvalidArgument, codes.FailedPrecondition)
		a.refused("a path for a model", "", func(r *octetv1.RunShardRequest) { r.Model = &octetv1.Blob{Digest: "../../../../etc/passwd"} }, codes.InvalidArgument)
		a.refused("a blob that there is not", "not found", func(r *octetv1.RunShardRequest) { r.Model = &octetv1.Blob{Digest: strings.Repeat("0", 64), Size: 1} }, codes.Unavailable)
		a.refused("an earlier term", "", func(r *octetv1.RunShardRequest) { r.Term = 1 }, codes.FailedPrecondition, codes.Aborted)
	})
	t.Run("messages", func(t *testing.T) {
		a.t = t
		a.refused("five MiB", "larger than max", func(r *octetv1.RunShardRequest) { r.JobId = strings.Repeat("x", 5<<20) }, codes.ResourceExhausted)
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x", strings.Repeat("y", 1<<20))
		if _, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}); err == nil {
			t.Error("a header of a MiB is taken")
		}
		if err := conn.Invoke(t.Context(), "/octet.v1.WorkerService/Nothing", &healthv1.HealthCheckRequest{}, &healthv1.HealthCheckResponse{}); status.Code(err) != codes.Unimplemented && status.Code(err) != codes.PermissionDenied {
			t.Errorf("a call that there is not: %v", err)
		}
	})
	t.Run("frames", func(t *testing.T) {
		seed := 10 // another each time, so that the worker has something to do
		for what, send := range floods() {
			c, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			go io.Copy(io.Discard, c) //nolint:errcheck // what it answers does not matter, nor that it ends
			w := bufio.NewWriter(c)
			_, err = w.WriteString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
			for i := 0; i < 20_000 && err == nil; i++ { // until the worker has had enough
				_, err = w.Write(send(uint32(i)))
			}
			t.Logf("%s: %v", what, err)
			seed++
			converts(seed)
			c.Close()
		}
		const most = 256 << 20 // it takes 60 MiB or so
		if rss := residentOf(t, worker.cmd.Process.Pid); rss > most {
			t.Errorf("the worker takes %d MiB", rss>>20)
		}
	})
	t.Run("connections", func(t *testing.T) {
		const many = 90
		var all []net.Conn
		defer func() {
			for _, c := range all {
				c.Close()
			}
		}()
		for i := range many {
			c, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
			switch i % 3 { // the others say nothing
			case 0: // a byte of the preface
				_, err = c.Write([]byte("P"))
			case 1: // another protocol
				_, err = c.Write([]byte("GET / HTTP/1.1\r\n"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		converts(2) // meanwhile
		for i, c := range all {
			if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Fatalf("connection %d, on which nothing comes, stays: %v", i, err)
			}
		}
	})
	converts(3)
	if err := worker.cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the worker has ended: %v", err)
	}
}
