//go:build unix

package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/freeport"
)

// ended waits for the end of a process and returns its exit status.
func (p *process) ended(t *testing.T) int {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err := <-done:
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		if err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		return 0
	case <-time.After(patience):
		t.Fatalf("%s did not end within %v", p.name, patience)
		return -1
	}
}

// terminate tells a process to stop, and returns how long it takes to end, which it must do with status 0.
func (p *process) terminate(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	p.signal(t, syscall.SIGTERM)
	if status := p.ended(t); status != 0 {
		t.Errorf("%s ended with status %d", p.name, status)
	}
	return time.Since(begin)
}

// slack is what a process that ends may take besides what it waits for, on a machine that is busy.
const slack = time.Minute

// Programs that are told to stop by SIGTERM, in the middle of a job. A worker finishes its shard; one whose time to drain is too short for that ends it, and another takes it over; a coordinator hands
// over at once. All end with status 0, the job goes on, no attempt counts as a failure, and the bytes are the same as in process.
func TestTermination(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes; -short is for the race detector, which they are not built with")
	}
	model := writeHeavy(t)
	want := convertOver(t, model, longData, "--workers", "2")
	h := newHost(t)
	store, a, b := t.TempDir(), freeport.Addr(t), freeport.Addr(t)
	first := h.coordinator(a, store)
	first.wait(t, "coordinator_started", nil)
	second := h.coordinator(b, store)
	second.wait(t, "leader", nil)
	patient, stays := h.workers(1)[0], h.workers(1)[0]
	hasty := h.workers(1, "--drain", "1ms")[0]
	result := beginConversion(t, model, longData, "--coordinator", b+","+a)

	patient.wait(t, "shard_started", nil)
	if took := patient.terminate(t); took > 30*time.Second+slack {
		t.Errorf("a worker took %v to drain", took)
	}
	began, done := len(patient.entries("shard_started")), len(patient.entries("shard_done"))
	if began != done || len(patient.entries("drain_timed_out")) > 0 {
		t.Errorf("a worker that drained began %d shards and finished %d", began, done)
	}
	hasty.skip()
	hasty.wait(t, "shard_started", nil)
	if took := hasty.terminate(t); took > slack {
		t.Errorf("a worker that has no time took %v to end", took)
	}
	began, done = len(hasty.entries("shard_started")), len(hasty.entries("shard_done"))
	if cut := len(hasty.entries("shard_cancelled")); began != done+cut {
		t.Errorf("a worker that had no time began %d shards, finished %d and ended %d", began, done, cut)
	}

	stays.skip()
	stays.wait(t, "shard_started", nil)
	begin := time.Now()
	if took := first.terminate(t); took > slack {
		t.Errorf("the coordinator took %v to end", took)
	}
	second.wait(t, "coordinator_started", nil)
	t.Logf("a coordinator that stopped was succeeded after %v", time.Since(begin))
	if got := result.wait(t); got != want {
		t.Errorf("sha256 %s, in process it was %s", got, want)
	}
	wantNoFailure(t, b)
}

// wantNoFailure fails the test if an attempt of the only job of a cluster speaks against its worker.
func wantNoFailure(t *testing.T, addr string) {
	t.Helper()
	c, err := client.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	jobs, err := c.List(t.Context())
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	e, err := c.Explain(t.Context(), jobs[0].ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for _, w := range e.Workers {
		accepted += w.Accepted
	}
	if e.AttemptsTotal < 40 || accepted < 35 { // what the first coordinator did in its last moments may be missing
		t.Errorf("of the attempts %d are known, %d of them accepted", e.AttemptsTotal, accepted)
	}
	for _, a := range e.Attempts {
		if a.Outcome == "failed" || a.Outcome == "stuck" || a.Outcome == "different" {
			t.Errorf("attempt %+v", a)
		}
	}
}

// TestStreamSuccession kills the coordinator that leads while a job calibrates on a stream that is open. The client that pushes goes on with the one that succeeds it, and so does the job; nothing
// that was committed is pushed again, and the bytes are those of the same samples in process.
func TestStreamSuccession(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes; -short is for the race detector, which they are not built with")
	}
	model := writeHeavy(t)
	want := convertHeavy(t, model, "--workers", "2")
	h := newHost(t)
	store, a, b := t.TempDir(), freeport.Addr(t), freeport.Addr(t)
	both := b + "," + a
	first := h.coordinator(a, store)
	first.wait(t, "coordinator_started", nil)
	second := h.coordinator(b, store)
	second.wait(t, "leader", nil)
	workers := h.workers(2)
	const heavySamples = 80
	octet(t, "samples", "push", "run", model, "--data", strings.Replace(heavyData, fmt.Sprintf("samples=%d", heavySamples), "samples=48", 1), "--open", "--coordinator", both)
	result := beginConversion(t, model, "stream:run", "--coordinator", both)
	workers[0].wait(t, "shard_started", nil)
	first.signal(t, syscall.SIGKILL)
	push := octet(t, "samples", "push", "run", model, "--data", heavyData, "--coordinator", both) // while nobody leads
	if !strings.HasPrefix(push, fmt.Sprintf("run: %d samples", heavySamples)) || !strings.Contains(push, "finished") {
		t.Errorf("push prints %q", push)
	}
	if got := result.wait(t); got != want {
		t.Errorf("sha256 %s, in process it was %s", got, want)
	}
	for _, e := range second.entries("results_differ") {
		t.Error(e)
	}
}
