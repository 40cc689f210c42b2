//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestSameVerification compares two models, and has a calibrator chosen, in every way there is: the same bytes must come out of any number of goroutines, and of a cluster.
func TestSameVerification(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	model, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	var labels strings.Builder
	for i := range 60 {
		fmt.Fprintln(&labels, i%5)
	}
	for name, data := range map[string][]byte{"float.tflite": model, "labels.txt": []byte(labels.String())} {
		if err := os.WriteFile(file(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := []string{"--data", "random:normal?samples=60&seed=7"}
	with := func(base []string, more ...string) []string {
		return append(append(append([]string{}, base...), data...), more...)
	}
	octet(t, with([]string{"convert", file("float.tflite"), "-o", file("int8.tflite"), "--no-cache"})...)
	verify := func(more ...string) string {
		return octet(t, with([]string{"verify", file("float.tflite"), file("int8.tflite"), "--json", "--labels", file("labels.txt")}, more...)...)
	}
	convert := func(more ...string) string {
		out := filepath.Join(t.TempDir(), "out.tflite")
		text := octet(t, with([]string{"convert", file("float.tflite"), "-o", out, "--json", "--no-cache", "--calibrator", "auto", "--verify", "--holdout", "20%", "--labels", file("labels.txt"), "--stats", out + ".json"}, more...)...)
		from, to := strings.Index(text, `"calibrator":`), strings.Index(text, `"source_bytes":`)
		verification := text[strings.Index(text, `"verification":`):]
		return text[from:to] + verification + sum(t, out) + sum(t, out+".json")
	}
	found, made := verify("--workers", "1"), convert("--workers", "1")
	if !strings.Contains(found, `"top1"`) || !strings.Contains(made, `"trials"`) || !strings.Contains(made, `"samples": 12,`) {
		t.Errorf("found %s, made %s", found, made)
	}
	same := func(how, want, got string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-in process with 1 goroutine +got)\n%s", how, diff)
		}
	}
	same("verify with 5 goroutines", found, verify("--workers", "5"))
	same("convert with 5 goroutines", made, convert("--workers", "5"))
	withCluster(t, 3, func(addr string) {
		same("verify on a cluster", found, verify("--coordinator", addr))
		same("convert on a cluster", made, convert("--coordinator", addr))
		half := octet(t, with([]string{"convert", file("float.tflite"), "-o", file("half.tflite"), "--quantize", "float16", "--verify"}, "--coordinator", addr)...)
		if !strings.Contains(half, "over 60 samples with the float model") {
			t.Errorf("float16 on a cluster: %s", half)
		}
		var out, errs strings.Builder
		code := run(context.WithoutCancel(t.Context()), with([]string{"verify", file("float.tflite"), file("int8.tflite"), "--min-sqnr", "150"}, "--coordinator", addr), streams{strings.NewReader(""), &out, &errs})
		if code != exitBroken || !strings.Contains(errs.String(), "the limit is 150") {
			t.Errorf("status %d, %s", code, errs.String())
		}
	})
}
