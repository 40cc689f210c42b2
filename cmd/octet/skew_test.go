//go:build unix

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/freeport"
	"github.com/octetlite/octet/pkg/numerics"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// programOf returns a binary that .ci/run skew built, and names in the environment.
func programOf(t *testing.T, name string) string {
	t.Helper()
	program := os.Getenv(name)
	if program == "" {
		t.Skipf("%s is not set: .ci/run skew has it", name)
	}
	return program
}

// numericsOf returns the version of a binary's arithmetic.
func numericsOf(t *testing.T, program string) string {
	t.Helper()
	out, err := exec.Command(program, "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`numerics (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("%s: %q", program, out)
	}
	return string(m[1])
}

// as returns the host with another program.
func (h *host) as(program string) *host {
	other := *h
	other.program, other.flags = program, nil // another version may not know them
	return &other
}

// command runs a program that must succeed, and returns what it prints.
func command(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

const skewData = "random:normal?samples=12&seed=7"

// TestSkew runs clusters of which a part is of an earlier version: the bytes are those of a conversion in process.
func TestSkew(t *testing.T) {
	old := programOf(t, "OCTET_TEST_OLD")
	if v := numericsOf(t, old); v != numericsText() {
		t.Skipf("the earlier version has numerics %s, this one %s: they share no shards", v, numericsText())
	}
	model, dir := writeConv(t), t.TempDir()
	local := dir + "/local.tflite"
	octet(t, "convert", model, "-o", local, "--data", skewData)
	want := sum(t, local)
	all := newHost(t)
	for name, is := range map[string]struct{ coordinator, worker, client, successor bool }{ // of the earlier version
		"worker":                    {worker: true},
		"coordinator":               {coordinator: true},
		"client":                    {client: true},
		"client and worker":         {client: true, worker: true},
		"coordinator, then updated": {coordinator: true, worker: true},
		"successor":                 {successor: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := all.in(t)
			of := func(earlier bool) *host {
				if earlier {
					return h.as(old)
				}
				return h
			}
			addr, store, out := freeport.Addr(t), t.TempDir(), t.TempDir()+"/out.tflite"
			first := of(is.coordinator).coordinator(addr, store)
			first.wait(t, "coordinator_started", nil)
			id := strings.TrimSpace(command(t, of(is.client).program, "convert", model, "-o", out, "--data", skewData, "--coordinator", addr, "--detach"))
			id = id[strings.LastIndex(id, "\n")+1:]
			if is.successor || is.coordinator && is.worker {
				first.signal(t, syscall.SIGKILL)
				_ = first.cmd.Wait() // its port is free then; the error says that it was killed
				of(is.successor).coordinator(addr, store).wait(t, "coordinator_started", nil)
			}
			of(is.worker).workers(1)
			command(t, of(is.client).program, "jobs", "watch", id, "--coordinator", addr)
			command(t, of(is.client).program, "jobs", "get", id, "-o", out, "--coordinator", addr)
			if got := sum(t, out); got != want {
				t.Errorf("sha256 %s, in process it was %s", got, want)
			}
		})
	}
}

// TestSkewOfNumerics has a worker of other arithmetic in a cluster: it gets no shards, the job says why it waits, and a call is refused with a status that says what is wrong.
func TestSkewOfNumerics(t *testing.T) {
	other := programOf(t, "OCTET_TEST_OTHER")
	if v := numericsOf(t, other); v == numericsText() {
		t.Fatalf("both have numerics %s", v)
	}
	h := newHost(t)
	addr, out := freeport.Addr(t), t.TempDir()+"/out.tflite"
	h.coordinator(addr, t.TempDir()).wait(t, "coordinator_started", nil)
	h.as(other).workers(1)
	id := strings.TrimSpace(octet(t, "convert", writeConv(t), "-o", out, "--data", skewData, "--coordinator", addr, "--detach"))
	why := "none of 1 workers has numerics version " + numericsText()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		text := octet(t, "jobs", "explain", id, "--coordinator", addr)
		if strings.Contains(text, why) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q in %s", why, text)
		}
	}
	var seen client.Cluster
	if err := json.Unmarshal([]byte(octet(t, "top", "--json", "--coordinator", addr)), &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Workers) != 1 || seen.Workers[0].Numerics == numerics.Version || seen.Waiting != 3 {
		t.Fatalf("the cluster is %+v", seen)
	}
	conn, err := grpc.NewClient(seen.Workers[0].Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	digest := &octetv1.Blob{Digest: strings.Repeat("0", 64)}
	stream, err := octetv1.NewWorkerServiceClient(conn).RunShard(t.Context(), &octetv1.RunShardRequest{
		JobId: id, Model: digest, Dataset: digest, EndSample: 1, BlobEndpoint: addr, NumericsVersion: numerics.Version, Term: 1 << 40,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	if text := status.Convert(err).Message(); status.Code(err) != codes.Aborted || !strings.Contains(text, "this worker has numerics version "+numericsOf(t, other)+", the job "+numericsText()) {
		t.Errorf("called all the same it answers %v", err)
	}
	h.workers(1)
	octet(t, "jobs", "watch", id, "--coordinator", addr)
}
