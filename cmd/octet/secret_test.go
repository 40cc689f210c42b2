//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/octetlite/octet/internal/freeport"
)

// What a command line says is in `ps` for all to see: secrets are named by files.
func TestNoFlagTakesASecret(t *testing.T) {
	about := regexp.MustCompile(`token|key|secret|password|credential|header`)
	seen := map[string]bool{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if about.MatchString(f.Name) {
				seen[f.Name] = true
				if !strings.Contains(f.Usage, "file") {
					t.Errorf("%s --%s takes %q, and not a file", cmd.CommandPath(), f.Name, f.Usage)
				}
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(streams{strings.NewReader(""), io.Discard, io.Discard}))
	for _, name := range []string{"token-file", "tls-key", "tokens", "etcd-key"} {
		if !seen[name] {
			t.Errorf("no command has --%s", name)
		}
	}
}

// lockedBuffer is a stream that is written to by several.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// A cluster that knows tokens works, and refuses calls; what it logs at the finest level, and what it serves to those who watch it, has none of them.
func TestSecretsStaySecret(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	octet(t, "token", "client", "--namespace", "vision", "--tokens", at("tokens"), "-o", at("good"))
	octet(t, "token", "client", "--namespace", "vision", "--tokens", at("others"), "-o", at("bad"))
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+freeport.Addr(t)) // nobody is there
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20otlp-secret")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"up", "--listen", "127.0.0.1:0", "--data-dir", at("data"), "--workers", "1", "--tokens", at("tokens"), "--log-level", "debug",
			"--metrics-listen", "127.0.0.1:0", "--pprof",
		}, streams{strings.NewReader(""), &out, &errs})
	}()
	addr, metrics := "", ""
	await(t, "the cluster", func() bool {
		if m := regexp.MustCompile(`coordinator at (\S+),[^\n]*\n  metrics at (http://\S+)/metrics\n`).FindStringSubmatch(out.String()); m != nil {
			addr, metrics = m[1], m[2]
		}
		return addr != ""
	})
	octet(t, "convert", writeConv(t), "-o", at("out.tflite"), "--data", "random:normal?samples=8", "--coordinator", addr, "--token-file", at("good"))
	var said bytes.Buffer
	if code := run(t.Context(), []string{"jobs", "list", "--coordinator", addr, "--token-file", at("bad")}, streams{strings.NewReader(""), &said, &said}); code != exitFailed {
		t.Errorf("a token that nobody knows: status %d, %s", code, said.String())
	}
	all := said.String()
	for _, path := range []string{"/metrics", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2"} {
		resp, err := http.Get(metrics + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", path, resp.Status, err)
		}
		resp.Body.Close()
		all += string(text)
	}
	cancel()
	if code := <-ended; code != exitInterrupted && code != 0 {
		t.Errorf("the cluster ended with status %d: %s", code, errs.String())
	}
	all += out.String() + errs.String()
	for _, want := range []string{"call_refused", "shard_done", "octet_leader 1", "spans could not be sent"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q: the test looks at too little", want)
		}
	}
	for _, name := range []string{"good", "bad"} {
		token, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		if secret := strings.TrimSpace(string(token)); len(secret) < 32 || strings.Contains(all, secret) {
			t.Errorf("the %s token, of %d characters, leaks", name, len(secret))
		}
	}
	if strings.Contains(all, "otlp-secret") {
		t.Error("what the collector's header holds leaks")
	}
}

// await waits until a condition holds.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
