//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
)

// A job that was begun before its samples were pushed makes what a conversion of the same samples makes in this process.
func TestSamplesArePushed(t *testing.T) {
	dir := t.TempDir()
	model, got, want := filepath.Join(dir, "model.tflite"), filepath.Join(dir, "got.tflite"), filepath.Join(dir, "want.tflite")
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(model, data, 0o600); err != nil {
		t.Fatal(err)
	}
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
