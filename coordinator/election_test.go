package coordinator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// elected waits for a term.
func elected(t *testing.T, e Election, addr string) <-chan *Term {
	t.Helper()
	terms := make(chan *Term, 1)
	go func() {
		if term, err := e.Campaign(t.Context(), addr); err == nil {
			terms <- term
		}
	}()
	return terms
}

// slow is what no step of a test may take, on a machine that is ten times slower than others.
const slow = 2 * time.Minute

func within[T any](t *testing.T, what string, d time.Duration, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(d):
		t.Fatalf("no %s within %v", what, d)
		return *new(T)
	}
}

// A leader keeps its lease, while others wait.
func TestLeaderKeepsItsLease(t *testing.T) {
	for lease := 2 * time.Second; ; lease *= 3 {
		if lease > slow {
			t.Fatal("leases run out all the same")
		}
		client := etcd(t)
		first := within(t, "term", slow, elected(t, NewEtcdElection(client, "/test", lease, zap.NewNop()), "a:1"))
		waiting := elected(t, NewEtcdElection(client, "/test", lease, zap.NewNop()), "b:1")
		select {
		case <-waiting:
		case <-first.Over:
		case <-time.After(2 * lease):
			return
		}
		t.Logf("a lease of %v ran out: who is not let run for two thirds of it is deposed", lease)
	}
}

// A leader whose lease is gone, though it does not know, is succeeded, and whatever it writes changes nothing.
func TestElection(t *testing.T) {
	const lease = 15 * time.Second // of which a starved process misses two thirds before it is deposed
	client := etcd(t)
	leaders := make(chan string, 10)
	go NewEtcdElection(client, "/test/", lease, zap.NewNop()).Follow(t.Context(), func(addr string) { leaders <- addr })
	follow := func(want string) {
		t.Helper()
		if got := within(t, "leader", slow, leaders); got != want {
			t.Errorf("%q leads, want %q", got, want)
		}
	}
	follow("")
	first := within(t, "term", slow, elected(t, NewEtcdElection(client, "/test", lease, zap.NewNop()), "a:1"))
	follow("a:1")
	a := record("j-a", "a")
	mustCreate(t, first.Journal, a)
	waiting := elected(t, NewEtcdElection(client, "/test", lease, zap.NewNop()), "b:1")
	waitForCandidates(t, client, 2)
	select {
	case <-waiting:
		t.Fatal("two lead")
	case <-first.Over:
		t.Fatal("the term is over")
	default:
	}

	kvs, err := client.Get(t.Context(), "/test/leader/", clientv3.WithFirstCreate()...)
	if err != nil || len(kvs.Kvs) != 1 {
		t.Fatal(kvs, err)
	}
	if _, err := client.Revoke(t.Context(), clientv3.LeaseID(kvs.Kvs[0].Lease)); err != nil {
		t.Fatal(err)
	}
	second := within(t, "second term", slow, waiting)
	follow("b:1")
	if second.Number <= first.Number {
		t.Errorf("term %d follows %d", second.Number, first.Number)
	}
	within(t, "end of the first term", slow, first.Over)

	cancelled := a
	cancelled.State = Cancelled
	_, _, createErr := first.Journal.Create(t.Context(), record("j-b", "b"))
	_, _, againErr := first.Journal.Create(t.Context(), a)
	_, acceptErr := first.Journal.Accept(t.Context(), a.ID, 1, "x")
	_, clockErr := first.Journal.LoadClock(t.Context())
	for what, err := range map[string]error{
		"Create": createErr, "Create again": againErr, "Accept": acceptErr, "LoadClock": clockErr, "SaveClock": first.Journal.SaveClock(t.Context(), ClockRecord{Wall: epoch}),
		"Save": first.Journal.Save(t.Context(), cancelled), "Delete": first.Journal.Delete(t.Context(), a),
	} {
		if !errors.Is(err, ErrDeposed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantRecords(t, second.Journal, a)
	if kept, err := second.Journal.Accept(t.Context(), a.ID, 1, "y"); err != nil || kept != "y" {
		t.Errorf("Accept: %q, %v", kept, err)
	}
	if err := second.Journal.Save(t.Context(), cancelled); err != nil {
		t.Error(err)
	}
	wantRecords(t, second.Journal, cancelled)
}

// A coordinator that stops need not be waited for, and one that gives up its candidacy stands in nobody's way.
func TestResign(t *testing.T) {
	client := etcd(t)
	e := NewEtcdElection(client, "/test", time.Minute, zap.NewNop())
	first := within(t, "term", slow, elected(t, e, "a:1"))
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := e.Campaign(ctx, "b:1")
		gaveUp <- err
	}()
	waitForCandidates(t, client, 2)
	cancel()
	if err := within(t, "end of the candidacy", slow, gaveUp); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	waitForCandidates(t, client, 1)
	third := elected(t, e, "c:1")
	waitForCandidates(t, client, 2)
	first.Resign(t.Context())
	within(t, "successor", slow, third)
}

func waitForCandidates(t *testing.T, client *clientv3.Client, want int64) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		resp, err := client.Get(t.Context(), "/test/leader/", clientv3.WithPrefix(), clientv3.WithCountOnly())
		switch {
		case err != nil:
			t.Fatal(err)
		case resp.Count == want:
			return
		case time.Since(start) > slow:
			t.Fatalf("%d candidates, want %d", resp.Count, want)
		}
	}
}

// Who follows is told of a leader even if etcd has compacted what the watch would begin at.
func TestFollowBehindCompaction(t *testing.T) {
	client := etcd(t)
	e := NewEtcdElection(client, "/test", time.Minute, zap.NewNop())
	var last int64
	for i := range 10 {
		resp, err := client.Put(t.Context(), "/test/leader/x", fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		last = resp.Header.Revision
	}
	if _, err := client.Compact(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	if err := e.change(t.Context(), last-5); err == nil {
		t.Error("a watch from a compacted revision is fine")
	}
	var got []string
	put := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	e.Follow(ctx, func(addr string) {
		got = append(got, addr)
		if len(got) == 1 {
			go func() {
				_, err := client.Put(t.Context(), "/test/leader/x", "new") // ctx may end before the answer is here
				put <- err
			}()
		} else {
			cancel()
		}
	})
	if diff := cmp.Diff([]string{"9", "new"}, got); diff != "" {
		t.Error(diff)
	}
	if err := within(t, "answer to the write", slow, put); err != nil {
		t.Error(err)
	}
}

// link passes bytes between a client and a server until it is frozen: then nothing comes through any more, and nothing breaks either.
type link struct {
	addr string

	mu     sync.Mutex
	frozen chan struct{} // nil while bytes pass; closed when they do again
}

func newLink(t *testing.T, to string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	l := &link{addr: listener.Addr().String()}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			t.Cleanup(func() { near.Close(); far.Close() })
			go l.pass(near, far)
			go l.pass(far, near)
		}
	}()
	return l
}

func (l *link) pass(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		l.mu.Lock()
		frozen := l.frozen
		l.mu.Unlock()
		if frozen != nil {
			<-frozen
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (l *link) freeze() (thaw func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	frozen := make(chan struct{})
	l.frozen = frozen
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.frozen = nil
		close(frozen)
	}
}

// The leader's connection to etcd is half open: nothing comes, and nothing breaks. It stops leading by its own clock, is succeeded, can't write when the connection is back, and
// can stand for election again.
func TestLeaderIsCutOff(t *testing.T) {
	const lease = 5 * time.Second
	direct := etcd(t)
	l := newLink(t, direct.Endpoints()[0])
	far, err := clientv3.New(clientv3.Config{Endpoints: []string{l.addr}, DialTimeout: slow, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	cutOff := NewEtcdElection(far, "/test", lease, zap.NewNop())
	first := within(t, "term", slow, elected(t, cutOff, "a:1"))
	waiting := elected(t, NewEtcdElection(direct, "/test", slow, zap.NewNop()), "b:1")
	waitForCandidates(t, direct, 2)

	thaw := l.freeze()
	within(t, "end of the term", slow, first.Over)
	second := within(t, "successor", slow, waiting)
	thaw()
	if _, _, err := first.Journal.Create(t.Context(), record("j-a", "a")); !errors.Is(err, ErrDeposed) {
		t.Errorf("Create: %v", err)
	}
	again := elected(t, cutOff, "a:1")
	waitForCandidates(t, direct, 2)
	second.Resign(t.Context())
	if third := within(t, "third term", slow, again); third.Number <= second.Number {
		t.Errorf("term %d follows %d", third.Number, second.Number)
	}
}
