//go:build unix

package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/octetlite/octet/internal/freeport"
)

// ledger takes down what etcd is told of results, as it comes.
type ledger struct {
	mu       sync.Mutex
	accepted map[string]time.Time // by JOB/SHARD
	twice    []string
}

// keepLedger watches until the test ends.
func keepLedger(t *testing.T, addr string) *ledger {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{addr}, DialTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l := &ledger{accepted: map[string]time.Time{}}
	prefix := etcdPrefix + "/results/"
	events := c.Watch(ctx, prefix, clientv3.WithPrefix())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for resp := range events {
			for _, e := range resp.Events {
				if e.Type == clientv3.EventTypePut {
					l.take(strings.TrimPrefix(string(e.Kv.Key), prefix))
				}
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		c.Close()
	})
	return l
}

func (l *ledger) take(shard string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.accepted[shard]; ok {
		l.twice = append(l.twice, shard)
	}
	l.accepted[shard] = time.Now()
}

// within does something, and returns how long it took, and how many times as slow as an idle one the machine was meanwhile, at its slowest.
func within(do func()) (took time.Duration, factor float64) {
	stop, slowest := make(chan struct{}), make(chan float64, 1)
	go func() {
		most := slowdown()
		for {
			select {
			case <-stop:
				slowest <- most
				return
			case <-time.After(200 * time.Millisecond):
				most = max(most, slowdown())
			}
		}
	}()
	start := time.Now()
	do()
	took = time.Since(start)
	close(stop)
	return took, <-slowest
}

// slowdown returns how many times as long as its own time a computation takes at present, since others take the processors: 1 if none does.
func slowdown() float64 {
	const work = 40 * time.Millisecond
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return 0
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start, before := time.Now(), used()
	for used()-before < work {
		if time.Since(start) > patience {
			break
		}
	}
	return max(1, float64(time.Since(start))/float64(work))
}

// TestSuccession converts a model on a cluster of two coordinators. The one that leads is killed in the middle of the job, and starts again; then the other is stopped
// until its lease is gone and it is succeeded, and goes on, believing that it leads. The bytes are the same as in process, each shard is accepted once, and none that was
// accepted is computed again.
func TestSuccession(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes, and waits for leases; -short is for the race detector, which they are not built with")
	}
	model := writeHeavy(t)
	want := convertOver(t, model, longData, "--workers", "2")
	h := newHost(t)
	results := keepLedger(t, h.etcd)
	store, a, b := t.TempDir(), freeport.Addr(t), freeport.Addr(t)
	first := h.coordinator(a, store)
	first.wait(t, "coordinator_started", nil)
	second := h.coordinator(b, store)
	second.wait(t, "leader", func(e map[string]any) {
		if e["addr"] != a || e["self"] != false {
			t.Errorf("the second coordinator says %v", e)
		}
	})
	workers := h.workers(2)
	result := beginConversion(t, model, longData, "--coordinator", b+","+a)

	for range 3 {
		workers[0].wait(t, "shard_done", nil)
	}
	// Of two successions one may come upon a moment at which nobody gets on.
	late := time.Duration(math.MaxInt64)
	succeeds := func(next *process, signal func()) {
		took, factor := within(func() {
			signal()
			next.wait(t, "coordinator_started", nil)
		})
		t.Logf("succeeded after %v, on a machine that takes %.1f times as long as an idle one", took, factor)
		late = min(late, took-lease-time.Duration(factor*float64(time.Second)))
	}
	var third *process // which starts while nobody leads, so that the job has not ended by then
	succeeds(second, func() {
		first.signal(t, syscall.SIGKILL)
		if err := first.cmd.Wait(); err == nil { // while it lives its address is taken
			t.Error("the coordinator ended as if nothing had happened")
		}
		third = h.coordinator(a, store)
	})
	for leads := ""; leads != b; {
		third.wait(t, "leader", func(e map[string]any) { leads = fmt.Sprint(e["addr"]) })
	}
	workers[1].skip()
	workers[1].wait(t, "shard_done", nil)
	succeeds(third, func() { second.signal(t, syscall.SIGSTOP) })
	workers[1].skip()
	workers[1].wait(t, "shard_done", nil)
	second.signal(t, syscall.SIGCONT)
	second.wait(t, "deposed", nil)
	if got := result.wait(t); got != want {
		t.Errorf("sha256 %s, in process it was %s", got, want)
	}
	if late > 0 {
		t.Errorf("coordinators are succeeded %v later than a lease, %v, and a second of an idle machine", late, lease)
	}

	results.mu.Lock()
	defer results.mu.Unlock()
	if len(results.accepted) != 40 || len(results.twice) > 0 {
		t.Errorf("%d shards were accepted, want 40; twice: %v", len(results.accepted), results.twice)
	}
	for _, w := range workers {
		for _, e := range w.entries("shard_started") {
			at, err := time.Parse("2006-01-02T15:04:05.000Z0700", e["ts"].(string))
			if err != nil {
				t.Fatal(err)
			}
			shard := fmt.Sprintf("%v/%v", e["job"], e["shard"])
			if done := results.accepted[shard]; at.After(done) {
				t.Errorf("shard %s was started at %v, and accepted at %v", shard, at, done)
			}
		}
	}
}
