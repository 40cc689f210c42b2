//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/verify"
)

// A job that was begun before its samples were pushed makes what a conversion of the same samples makes in this process.
func TestSamplesArePushed(t *testing.T) {
	dir := t.TempDir()
	model, got, want := writeConv(t), filepath.Join(dir, "got.tflite"), filepath.Join(dir, "want.tflite")
	const some, all = "random:normal?samples=40", "random:normal?samples=70" // the latter begins as the former does
	withCluster(t, 2, func(addr string) {
		octet(t, "convert", model, "-o", want, "--data", all)
		t.Setenv("OCTET_COORDINATOR", addr)
		if text := octet(t, "samples", "push", "run", model, "--data", some, "--open"); !strings.HasPrefix(text, "run: 40 samples of 768 B, open") {
			t.Errorf("push --open prints %q", text)
		}
		id := strings.TrimSpace(octet(t, "convert", model, "--data", "stream:run", "--detach"))
		if text := octet(t, "samples", "list"); !strings.Contains(text, "run") || !strings.Contains(text, "open") {
			t.Errorf("list prints %q", text)
		}
		var info client.StreamInfo
		for range 2 { // a repeat is told the same
			text := octet(t, "samples", "push", "run", model, "--data", all, "--json")
			if err := json.Unmarshal([]byte(text), &info); err != nil || info.Samples != 70 || info.Dataset == nil {
				t.Fatalf("push --json prints %q: %v", text, err)
			}
		}
		octet(t, "jobs", "watch", id)
		octet(t, "jobs", "get", id, "-o", got)
		if sum(t, got) != sum(t, want) {
			t.Error("the model is another than that of the same samples in this process")
		}
		octet(t, "convert", model, "-o", got, "--data", "stream:run")
		if sum(t, got) != sum(t, want) {
			t.Error("a job on the finished stream made another model")
		}
		octet(t, "samples", "delete", "run")
		if text := octet(t, "samples", "list", "--json"); text != "[]\n" {
			t.Errorf("without streams the list is %q", text)
		}
	})
}

// What --verify finds of a stream, and --report shows, is what they find of the same samples in this process, whether the job is created before the stream is finished or behind that.
func TestStreamsAreVerified(t *testing.T) {
	dir, path := t.TempDir(), writeConv(t)
	const some, all = "random:normal?samples=40", "random:normal?samples=70"
	convert := func(name, data string, args ...string) (model string, found *verify.Result) {
		out := filepath.Join(dir, name)
		var summary struct {
			Verification *verify.Result `json:"verification"`
		}
		text := octet(t, append([]string{"convert", path, "-o", out + ".tflite", "--data", data, "--verify", "--report", out + ".json", "--no-cache", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(text), &summary); err != nil || summary.Verification == nil {
			t.Fatalf("%s prints %q: %v", name, text, err)
		}
		page, err := os.ReadFile(out + ".json")
		if err != nil || !strings.Contains(string(page), "sqnr_db") {
			t.Errorf("%s: the report does not show what was compared (%v)", name, err)
		}
		summary.Verification.Dataset = "" // a stream's manifest is another than that of random samples
		return sum(t, out+".tflite"), summary.Verification
	}
	want, found := convert("want", all, "--holdout", "7")
	same := func(name, got string, also *verify.Result) {
		t.Helper()
		if got != want {
			t.Errorf("%s: the model is another than in this process", name)
		}
		if diff := cmp.Diff(found, also); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	withCluster(t, 2, func(addr string) {
		octet(t, "samples", "push", "run", path, "--data", some, "--open", "--coordinator", addr)
		var out, errs strings.Builder
		if code := run(t.Context(), []string{"convert", path, "-o", filepath.Join(dir, "x"), "--data", "stream:run", "--verify", "--coordinator", addr}, streams{strings.NewReader(""), &out, &errs}); code != 2 ||
			!strings.Contains(errs.String(), "--holdout N") {
			t.Errorf("a percentage of an open stream: status %d, %s", code, errs.String())
		}
		type result struct {
			model string
			found *verify.Result
		}
		early := make(chan result, 1)
		go func() {
			defer close(early)
			m, f := convert("early", "stream:run", "--holdout", "7", "--coordinator", addr)
			early <- result{m, f}
		}()
		for !strings.Contains(octet(t, "jobs", "list", "--coordinator", addr), "calibrating") {
			time.Sleep(50 * time.Millisecond)
		}
		octet(t, "samples", "push", "run", path, "--data", all, "--coordinator", addr)
		if r, ok := <-early; ok {
			same("before the end of the stream", r.model, r.found)
		}
		m, f := convert("late", "stream:run", "--coordinator", addr) // a tenth of 70
		same("behind it", m, f)
	})
}
