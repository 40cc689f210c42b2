//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/zap"

	"github.com/octetlite/octet/internal/freeport"
)

// attempt runs a command line in this process, and returns what it says of errors, and its exit status.
func attempt(ctx context.Context, args ...string) (stderr string, code int) {
	var e bytes.Buffer
	code = run(ctx, args, streams{strings.NewReader(""), io.Discard, &e})
	return e.String(), code
}

// TestSecureCluster converts a model on a cluster of processes, each connection of which is TLS with certificates of both sides and a token: etcd, two coordinators, of which the one that
// leads is killed in the middle of the job, and a worker. The bytes are those of a conversion in process. Who lacks a certificate or a token, or is of another namespace, gets
// nothing, and neither logs nor command lines hold a token.
func TestSecureCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes; -short is for the race detector, which they are not built with")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	octet(t, "certs", "--dir", in("certs"))
	for _, token := range [][]string{{"coordinator"}, {"worker"}, {"operator"}, {"client", "--namespace", "vision"}, {"client", "--namespace", "audio"}} {
		name := token[len(token)-1] + ".token"
		octet(t, append([]string{"token", "--tokens", in("tokens"), "-o", in(name)}, token...)...)
	}
	etcd, err := startEtcd(t.Context(), in("etcd"), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer etcd.Close()
	program := in("octet")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, program); err != nil { // under this name it is the program
		t.Fatal(err)
	}
	server := func(kind string, flags ...string) *process {
		t.Helper()
		return start(t, kind, program, append([]string{
			kind, "--etcd", etcd.addr, "--etcd-ca", in("etcd/tls/ca.pem"), "--etcd-cert", in("etcd/tls/cert.pem"), "--etcd-key", in("etcd/tls/key.pem"),
			"--tls-ca", in("certs/ca.pem"), "--tls-cert", in("certs/server.pem"), "--tls-key", in("certs/server-key.pem"), "--tokens", in("tokens"), "--token-file", in(kind + ".token"),
			"--data-dir", t.TempDir(), "--worker-ttl", lease.String(),
		}, flags...)...)
	}
	a, b := freeport.Addr(t), freeport.Addr(t)
	coordinator := func(addr string) *process {
		return server("coordinator", "--listen", addr, "--store", in("store"), "--lease", lease.String())
	}
	first := coordinator(a)
	first.wait(t, "coordinator_started", nil)
	second := coordinator(b)
	second.wait(t, "leader", nil)
	worker := server("worker", "--slots", "1")
	worker.wait(t, "worker_started", nil)
	first.wait(t, "worker_found", nil)
	processes := []*process{first, second, worker}

	client := func(token string, args ...string) []string {
		args = append(args, "--coordinator", a+","+b, "--tls-ca", in("certs/ca.pem"), "--tls-cert", in("certs/client.pem"), "--tls-key", in("certs/client-key.pem"))
		if token != "" {
			args = append(args, "--token-file", in(token+".token"))
		}
		return args
	}
	model := writeHeavy(t)
	want := convertHeavy(t, model, "--workers", "2")
	result := beginConversion(t, model, heavyData, client("vision")...)
	for range 3 {
		worker.wait(t, "shard_done", nil)
	}
	commands := ""
	for _, p := range processes {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid))
		if err == nil { // on Linux
			commands += string(text)
		}
	}
	first.signal(t, syscall.SIGKILL)
	second.wait(t, "coordinator_started", nil)
	if got := result.wait(t); got != want {
		t.Errorf("sha256 %s, in process it was %s", got, want)
	}

	jobs := func(token string) string { return octet(t, client(token, "jobs", "list")...) }
	if mine := jobs("vision"); !strings.Contains(mine, "succeeded") {
		t.Errorf("the client sees %q", mine)
	}
	if others := jobs("audio"); strings.Contains(others, "succeeded") {
		t.Errorf("another namespace sees %q", others)
	}
	for what, args := range map[string][]string{
		"no token":                                 client("", "jobs", "list"),
		"role worker may not":                      client("worker", "jobs", "list"),
		"wants TLS|reset|broken pipe|closed|EOF":   {"jobs", "list", "--coordinator", b, "--token-file", in("vision.token")},
		"certificate|reset|broken pipe|closed|EOF": {"jobs", "list", "--coordinator", b, "--token-file", in("vision.token"), "--tls-ca", in("certs/ca.pem")},
	} {
		stderr, code := attempt(t.Context(), args...)
		told := false
		for part := range strings.SplitSeq(what, "|") {
			told = told || strings.Contains(stderr, part)
		}
		if code == 0 || !told {
			t.Errorf("%v: status %d, %s; want %s", args[:2], code, stderr, what)
		}
	}

	if commands != "" && !strings.Contains(commands, "--token-file") {
		t.Errorf("the command lines are %q", commands)
	}
	said := commands
	for _, p := range processes {
		p.mu.Lock()
		said += strings.Join(p.log, "\n")
		p.mu.Unlock()
	}
	for _, name := range []string{"coordinator", "worker", "vision"} {
		text, err := os.ReadFile(in(name + ".token"))
		if err != nil {
			t.Fatal(err)
		}
		token := strings.TrimSpace(string(text))
		if sum := sha256.Sum256([]byte(token)); strings.Contains(said, token) || strings.Contains(said, fmt.Sprintf("%x", sum)) {
			t.Errorf("the token of %s is in a log or on a command line", name)
		}
	}
}
