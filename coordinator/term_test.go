package coordinator

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// ballot is an election that a test decides.
type ballot struct {
	journal *fenced
	elected chan chan struct{} // what ends a term, for each
	leader  string             // another one, between terms
}

// fenced is a journal that can be told that its writer leads no longer.
type fenced struct {
	*testJournal
	deposed atomic.Bool
}

func newBallot(c *cluster) *ballot {
	return &ballot{journal: &fenced{testJournal: c.journal}, elected: make(chan chan struct{}, 1), leader: "other:1"}
}

func (b *ballot) Campaign(ctx context.Context, _ string) (*Term, error) {
	select {
	case over := <-b.elected:
		return &Term{Number: time.Now().UnixNano(), Journal: b.journal, Over: over, Resign: func(context.Context) {}}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *ballot) Follow(_ context.Context, f func(string)) { f(b.leader) }

func (b *ballot) Store(_ context.Context, mine Place, _ bool) (Place, error) { return mine, nil }

func (f *fenced) Accept(ctx context.Context, job string, shard int, digest string) (string, error) {
	if f.deposed.Load() {
		return "", ErrDeposed
	}
	return f.testJournal.Accept(ctx, job, shard, digest)
}

func (f *fenced) SaveStream(ctx context.Context, r StreamRecord, chunks int) error {
	if f.deposed.Load() {
		return ErrDeposed
	}
	return f.testJournal.SaveStream(ctx, r, chunks)
}

// A coordinator whose term ends in the middle of a job sends its clients to another one. When it is elected again, it goes on where the journal stands, in a later term.
func TestDeposed(t *testing.T) {
	for _, how := range []string{"lease", "write"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b *ballot
				over := make(chan struct{})
				c := newCluster(t, func(c *cluster) {
					b = newBallot(c)
					b.elected <- over
					c.election = b
				})
				m := convModel(t, 40)
				spec := c.spec(m)
				want, err := m.inProcess(t, spec)
				if err != nil {
					t.Fatal(err)
				}
				var allowed atomic.Int64
				w := c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
					if allowed.Add(-1) < 0 {
						return never(w, req, stream)
					}
					return honest(w, req, stream)
				})
				allowed.Store(4)
				id := c.create("r", spec).GetId()
				time.Sleep(time.Second)
				if how == "lease" {
					close(over)
				} else {
					b.journal.deposed.Store(true)
					c.worker("b", honest)
				}
				time.Sleep(time.Second)
				_, err = c.jobs.GetJob(t.Context(), &octetv1.GetJobRequest{Id: id})
				wantFollower(t, "GetJob", err, b.leader)
				_, err = c.blobs.FindMissing(t.Context(), &octetv1.FindMissingRequest{})
				wantFollower(t, "FindMissing", err, b.leader)
				_, err = fetch(t.Context(), c.blobs, spec.GetSource().GetDigest())
				wantFollower(t, "Read", err, b.leader)
				_, err = upload(t.Context(), c.blobs, []byte("x"))
				wantFollower(t, "Write", err, b.leader)

				b.journal.deposed.Store(false)
				allowed.Store(40)
				b.elected <- make(chan struct{})
				time.Sleep(time.Second)
				if !bytes.Equal(c.result(c.wait(id)), want.Model.Bytes()) {
					t.Error("the model is another than in process")
				}
				calls, last := map[int32]int{}, int64(0)
				for _, req := range w.called() {
					calls[req.GetShard()]++
					if req.GetTerm() < last {
						t.Errorf("term %d follows %d", req.GetTerm(), last)
					}
					last = req.GetTerm()
				}
				for i := range int32(4) {
					if calls[i] != 1 {
						t.Errorf("shard %d, which was accepted, was run %d times", i, calls[i])
					}
				}
				if first := w.called()[0].GetTerm(); first == last {
					t.Errorf("both terms are %d", first)
				}
			})
		})
	}
}

// wantFollower fails the test unless an error sends clients to the leader.
func wantFollower(t *testing.T, what string, err error, leader string) {
	t.Helper()
	wantCode(t, what, err, codes.Unavailable)
	for _, d := range status.Convert(err).Details() {
		if d, ok := d.(*errdetails.ErrorInfo); ok && d.GetReason() == "NOT_LEADING" && d.GetMetadata()["leader"] == leader {
			return
		}
	}
	t.Errorf("%s: %v does not tell that %s leads", what, err, leader)
}

// A coordinator whose term is over before it has read what a term begins with is no broken one: it stands for election again.
func TestDeposedWhileItStarts(t *testing.T) {
	for _, what := range []string{"load clock", "load", "load streams"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var times atomic.Int64
				c := newCluster(t, func(c *cluster) {
					b := newBallot(c)
					b.elected = make(chan chan struct{}, 2)
					b.elected <- make(chan struct{})
					b.elected <- make(chan struct{})
					c.election = b
					c.journal.set(func(op, _ string) error {
						if op == what && times.Add(1) == 1 {
							return ErrDeposed
						}
						return nil
					})
				})
				if times.Load() < 2 {
					t.Errorf("it read %d times", times.Load())
				}
				if _, err := c.jobs.ListJobs(t.Context(), &octetv1.ListJobsRequest{}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
