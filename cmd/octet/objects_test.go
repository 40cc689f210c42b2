//go:build unix

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/reader/npy"
)

const fashionDir = "../../examples/fashion/"

// fails runs the program's command line in this process, and returns what it says of its failure.
func fails(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs strings.Builder
	if code := run(t.Context(), args, streams{strings.NewReader(""), &out, &errs}); code == 0 {
		t.Fatalf("octet %s succeeded", strings.Join(args, " "))
	}
	return errs.String()
}

// made converts the fashion model, and returns the sums of the model and of its statistics.
func made(t *testing.T, args ...string) [2]string {
	t.Helper()
	dir := t.TempDir()
	out, stats := filepath.Join(dir, "int8.tflite"), filepath.Join(dir, "x.stats")
	octet(t, append([]string{"convert", fashionDir + "model.tflite", "-o", out, "--stats", stats, "--no-cache"}, args...)...)
	return [2]string{sum(t, out), sum(t, stats)}
}

// withReadingCluster is withCluster whose members may read elsewhere what o says.
func withReadingCluster(t *testing.T, o *objectFlags, f func(addr string)) {
	t.Helper()
	withClusterOf(t, t.Context(), clusterConfig{workers: 2, objects: o}, f)
}

// TestDataOverHTTP converts over a dataset that lies on an HTTP server: in process and on a cluster the same comes out as from the file, the statistics included.
func TestDataOverHTTP(t *testing.T) {
	dir := t.TempDir()
	x := filepath.Join(dir, "data", "x.npy")
	plainArray(t, x)
	var ranges, changes atomic.Int64 // requests for ranges so far, and the one at which the file changes
	files := http.FileServer(http.Dir(dir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			if n := ranges.Add(1); n == changes.Load() {
				later := time.Now().Add(time.Minute) // servers tell times by the second
				if err := os.Chtimes(x, later, later); err != nil {
					t.Error(err)
				}
			}
		}
		files.ServeHTTP(w, r)
	}))
	defer server.Close()
	url := server.URL + "/data/x.npy"
	want := made(t, "--data", x)
	if got := made(t, "--data", url); got != want {
		t.Errorf("in process: %v, from the file %v", got, want)
	}
	withReadingCluster(t, &objectFlags{http: []string{server.URL + "/data"}}, func(addr string) {
		before := ranges.Load()
		if got := made(t, "--data", url, "--coordinator", addr); got != want {
			t.Errorf("on a cluster: %v, from the file %v", got, want)
		}
		if ranges.Load() <= before+1 {
			t.Error("the workers read nothing")
		}
		if got := made(t, "--data", x, "--coordinator", addr); got != want {
			t.Errorf("on a cluster, uploaded: %v, in process %v", got, want)
		}
	})
	withReadingCluster(t, &objectFlags{http: []string{server.URL + "/data"}}, func(addr string) {
		changes.Store(ranges.Load() + 3) // behind the two of the client, which looks at the file and reads it
		out := filepath.Join(t.TempDir(), "x.tflite")
		if said := fails(t, "convert", fashionDir+"model.tflite", "-o", out, "--data", url, "--coordinator", addr); !strings.Contains(said, url) || !strings.Contains(said, "it has changed since") {
			t.Errorf("data that change while the job runs: %s", said)
		}
	})
	for _, o := range []*objectFlags{nil, {http: []string{server.URL + "/other"}}} {
		withReadingCluster(t, o, func(addr string) {
			out := filepath.Join(t.TempDir(), "x.tflite")
			if said := fails(t, "convert", fashionDir+"model.tflite", "-o", out, "--data", url, "--coordinator", addr); !strings.Contains(said, "--allow-http "+server.URL) {
				t.Errorf("a cluster that may not read there says: %s", said)
			}
		})
		if t.Failed() || testing.Short() {
			break
		}
	}
}

// plainArray writes the fashion model's samples to a file in which rows are read where they lie.
func plainArray(t *testing.T, path string) {
	t.Helper()
	archive, err := os.ReadFile(fashionDir + "calibration.npz")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := npy.OpenArchive(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := entries[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
