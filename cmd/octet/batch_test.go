//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/freeport"
	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
	"github.com/octetlite/octet/pkg/zoo"
)

// watched is a writer that calls a function once, as soon as something was written to it.
type watched struct {
	mu   sync.Mutex
	text strings.Builder
	word string
	then func()
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.then != nil && strings.Contains(w.text.String(), w.word) {
		w.then()
		w.then = nil
	}
	return len(p), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// testZoo writes a zoo of the small model and the heavy one, in two schemes that calibrate and one that does not, and returns its file.
func testZoo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	small, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	heavy, err := tflite.Encode(heavyModel())
	if err != nil {
		t.Fatal(err)
	}
	text := `version: 1
defaults: {data: 'random:normal?samples=20&seed=3', holdout: 2}
schemes: [int8, {name: mse, scheme: int8, calibrator: mse}, float16]
models:
- small.tflite
- heavy.tflite
`
	for name, data := range map[string][]byte{"small.tflite": small, "heavy.tflite": heavy, "zoo.yaml": []byte(text)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "zoo.yaml")
}

// batchOf runs octet batch in this process and returns its table.
func batchOf(t *testing.T, args ...string) (table zoo.Table) {
	t.Helper()
	text := octet(t, append([]string{"batch", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &table); err != nil {
		t.Fatal(err)
	}
	return table
}

// sums returns the digests of what a table lists, by item.
func sums(table zoo.Table) map[string]string {
	all := map[string]string{}
	for _, r := range table.Items {
		all[r.Name+" "+r.Scheme] = r.SHA256
	}
	return all
}

// same checks that two tables list the same files.
func sameFiles(t *testing.T, how string, want, got zoo.Table) {
	t.Helper()
	a, b := sums(want), sums(got)
	for item, sum := range a {
		if sum == "" || b[item] != sum {
			t.Errorf("%s: %s has sha256 %s, want %s", how, item, b[item], sum)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: %d results, want %d", how, len(b), len(a))
	}
}

// TestBatchInterrupted interrupts a run in the middle of its second model. The next one keeps the first, and makes what a run without interruption makes.
func TestBatchInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a process, which is not built with the race detector")
	}
	file := testZoo(t)
	program, out := built(t, octetProgram), filepath.Join(t.TempDir(), "out")
	cmd := exec.Command(program, "batch", file, "-o", out, "--jobs", "1", "--no-cache", "--workers", "1")
	errs := &watched{word: "[3/6] small float16", then: func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
	}}
	cmd.Stderr = errs
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("it ended with %v\n%s", err, errs)
	}
	var kept int
	if _, err := fmt.Sscanf(errs.String()[strings.Index(errs.String(), "octet: "):], "octet: interrupted: %d of 6 results are there, and the same command goes on\n", &kept); err != nil || kept < 3 || kept == 6 {
		t.Fatalf("it says %q: %v", errs, err)
	}
	if left, err := filepath.Glob(filepath.Join(out, "*", "*.tflite")); err != nil || len(left) != kept {
		t.Errorf("%d files are there: %q, %v", kept, left, err)
	}
	var stopped zoo.Table
	text, err := os.ReadFile(filepath.Join(out, "batch.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &stopped); err != nil || stopped.Totals.Pending != 6-kept {
		t.Errorf("the table of the run: %+v, %v", stopped.Totals, err)
	}
	again := batchOf(t, file, "-o", out)
	if n := again.Totals; n.Kept != kept || n.Converted != 6-kept {
		t.Errorf("%d were kept, the next run: %+v", kept, n)
	}
	whole := batchOf(t, file, "-o", filepath.Join(t.TempDir(), "whole"))
	sameFiles(t, "after an interruption", whole, again)
	for _, r := range whole.Items {
		if got := sum(t, filepath.Join(out, filepath.FromSlash(r.Output))); got != r.SHA256 {
			t.Errorf("%s: sha256 %s, want %s", r.Output, got, r.SHA256)
		}
	}
}

// TestBatchOnACluster makes the same files as here, measures each model once, and finds the jobs of a run that was interrupted.
func TestBatchOnACluster(t *testing.T) {
	file := testZoo(t)
	here := batchOf(t, file, "-o", t.TempDir())
	withCluster(t, 2, func(addr string) {
		c, err := client.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		out := t.TempDir()
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		go func() {
			defer interrupt()
			for ctx.Err() == nil {
				jobs, err := c.List(ctx)
				for _, j := range jobs {
					if err == nil && j.SourceName == "heavy.tflite" && j.State == client.Calibrating {
						return
					}
				}
				time.Sleep(5 * time.Millisecond)
			}
		}()
		errs := &watched{}
		args := []string{"batch", file, "-o", out, "--coordinator", addr, "--only", "heavy"}
		if code := run(ctx, args, streams{strings.NewReader(""), &strings.Builder{}, errs}); code != exitInterrupted {
			t.Errorf("status %d, want %d\n%s", code, exitInterrupted, errs)
		}
		if !strings.Contains(errs.String(), "jobs go on in the cluster") {
			t.Errorf("it says %q", errs)
		}
		table := batchOf(t, file, "-o", out, "--coordinator", addr, "--priority", "low")
		sameFiles(t, "on a cluster", here, table)
		for _, r := range table.Items {
			measured := r.Scheme == "mse"
			if got := strings.HasPrefix(r.Statistics, "j-"); got != measured || r.Job == "" || r.SQNR == nil {
				t.Errorf("%s %s: statistics from %q, job %q", r.Name, r.Scheme, r.Statistics, r.Job)
			}
		}
		jobs, err := c.List(t.Context())
		if err != nil || len(jobs) != 6 {
			t.Errorf("%d jobs, %v: want one for each result", len(jobs), err)
		}
		// A folder of results that is lost is fetched again, from the same jobs.
		sameFiles(t, "again", here, batchOf(t, file, "-o", t.TempDir(), "--coordinator", addr))
		if jobs, err := c.List(t.Context()); err != nil || len(jobs) != 6 {
			t.Errorf("then %d jobs, %v", len(jobs), err)
		}
		// What was cancelled is asked for anew.
		other := []string{file, "-o", t.TempDir(), "--coordinator", addr, "--only", "heavy", "--quantize", "int8", "--calibrator", "entropy"}
		ctx, interrupt = context.WithCancel(t.Context())
		defer interrupt()
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				jobs, err := c.List(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if len(jobs) > 6 {
					if _, err := c.Cancel(t.Context(), jobs[0].ID); err != nil {
						t.Error(err)
					}
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}()
		if code := run(ctx, append([]string{"batch"}, other...), streams{strings.NewReader(""), &strings.Builder{}, errs}); code != exitFailed {
			t.Errorf("a job that is cancelled: status %d\n%s", code, errs)
		}
		<-stopped
		if table := batchOf(t, other...); table.Totals.Converted != 1 {
			t.Errorf("after a job was cancelled: %+v", table.Totals)
		}
	})
}

// TestBatchOutlivesACoordinator kills the coordinator in the middle of a run, and starts another one. The run goes on, with the same jobs and to the same files.
func TestBatchOutlivesACoordinator(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes, and waits for leases; -short is for the race detector, which they are not built with")
	}
	file := testZoo(t)
	here := batchOf(t, file, "-o", t.TempDir())
	h := newHost(t)
	addr, store := freeport.Addr(t), t.TempDir()
	first := h.coordinator(addr, store)
	first.wait(t, "coordinator_started", nil)
	workers := h.workers(2)
	for range workers {
		first.wait(t, "worker_found", nil)
	}
	began := make(chan struct{})
	errs := &watched{word: "[1/6]", then: func() { close(began) }}
	var out strings.Builder
	code := make(chan int, 1)
	go func() {
		args := []string{"batch", file, "-o", t.TempDir(), "--json", "--coordinator", addr, "--jobs", "2"}
		code <- run(context.WithoutCancel(t.Context()), args, streams{strings.NewReader(""), &out, errs})
	}()
	select {
	case <-began:
	case <-time.After(patience):
		t.Fatalf("nothing came of it\n%s", errs)
	}
	first.signal(t, syscall.SIGKILL)
	if err := first.cmd.Wait(); err == nil { // while it lives its address is taken
		t.Error("the coordinator ended as if nothing had happened")
	}
	second := h.coordinator(addr, store)
	second.wait(t, "coordinator_started", nil)
	select {
	case got := <-code:
		if got != 0 {
			t.Fatalf("status %d\n%s", got, errs)
		}
	case <-time.After(2 * patience):
		t.Fatalf("it did not end\n%s", errs)
	}
	var table zoo.Table
	if err := json.Unmarshal([]byte(out.String()), &table); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, "over two coordinators", here, table)
	var jobs []client.Job
	if err := json.Unmarshal([]byte(octet(t, "jobs", "list", "--json", "--coordinator", addr)), &jobs); err != nil || len(jobs) != 6 {
		t.Errorf("%d jobs, %v: want one for each result", len(jobs), err)
	}
}

// A coordinator that stays away ends the run, which says so once.
func TestBatchWithoutACoordinator(t *testing.T) {
	var out, errs strings.Builder
	args := []string{"batch", testZoo(t), "-o", t.TempDir(), "--json", "--coordinator", freeport.Addr(t), "--patience", "1ms"}
	if code := run(t.Context(), args, streams{strings.NewReader(""), &out, &errs}); code != exitFailed {
		t.Errorf("status %d", code)
	}
	var table zoo.Table
	if err := json.Unmarshal([]byte(out.String()), &table); err != nil || table.Totals.Pending != 6 {
		t.Errorf("totals %+v, %v: that is no model's failure", table.Totals, err)
	}
	if n := strings.Count(errs.String(), "the same command goes on later"); n != 1 {
		t.Errorf("it says so %d times:\n%s", n, &errs)
	}
}

// Each key of a zoo is a flag of octet convert.
func TestZooKeysAreFlags(t *testing.T) {
	cmd := &cobra.Command{}
	new(convertFlags).add(cmd)
	for _, key := range zoo.Keys(zoo.LevelDefaults | zoo.LevelData | zoo.LevelModel | zoo.LevelScheme) {
		if cmd.Flags().Lookup(key) == nil {
			t.Errorf("there is no --%s", key)
		}
	}
}
