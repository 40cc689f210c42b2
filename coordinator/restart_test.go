package coordinator

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// A coordinator stops in the middle of a job, twice. Its successor goes on: shards that were accepted are not computed again.
func TestRestartInTheMiddleOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 40)
		spec := c.spec(m)
		want, err := m.inProcess(t, spec)
		if err != nil {
			t.Fatal(err)
		}
		var allowed atomic.Int64
		run := func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
			if allowed.Add(-1) < 0 {
				return never(w, req, stream)
			}
			return honest(w, req, stream)
		}
		a, b := c.worker("a", run), c.worker("b", run)
		allowed.Store(4)
		id := c.create("r", spec).GetId()
		time.Sleep(time.Second)
		for done := int32(4); done < 10; done += 4 {
			if p := c.get(id).GetProgress(); p.GetShardsDone() != done || p.GetAttemptsRunning() != 2 {
				t.Fatalf("progress: %v, want %d shards done", p, done)
			}
			c.halt()
			allowed.Store(4)
			c.start()
			time.Sleep(time.Second)
		}
		j := c.wait(id)
		if !bytes.Equal(c.result(j), want.Model.Bytes()) {
			t.Error("the model is another than in process")
		}
		calls := map[int32]int{}
		for _, w := range []*fakeWorker{a, b} {
			for _, req := range w.called() {
				calls[req.GetShard()]++
			}
		}
		twice := 0
		for i := range int32(10) {
			switch calls[i] {
			case 1:
			case 2:
				twice++
			default:
				t.Errorf("shard %d was run %d times", i, calls[i])
			}
		}
		if twice > 4 { // what ran when a coordinator stopped
			t.Errorf("shards were run so often: %v", calls)
		}
		if j.GetProgress().GetSamplesDone() != 40 {
			t.Errorf("progress: %v", j.GetProgress())
		}
		c.restart()
		if again := c.get(id); again.GetProgress().GetSamplesDone() != 40 || again.GetResult().GetModel().GetDigest() != j.GetResult().GetModel().GetDigest() {
			t.Errorf("after a restart the job is %v", again)
		}
	})
}

// The journal is away for a minute, at each kind of write. Nothing is lost, computed twice, or failed.
func TestJournalIsAwayForAWhile(t *testing.T) {
	for _, what := range []string{"save", "accept", "accepted"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				w := c.worker("a", nil)
				spec := c.spec(convModel(t, 12))
				until := time.Now().Add(time.Minute)
				c.journal.set(func(op, _ string) error {
					if op == what && time.Now().Before(until) {
						return errors.New("etcdserver: no leader")
					}
					return nil
				})
				id := c.create("r", spec).GetId()
				time.Sleep(30 * time.Second)
				if what == "accept" {
					if p := c.get(id).GetProgress(); p.GetWaiting() != "results are on their way to the journal" {
						t.Errorf("progress: %v", p)
					}
				}
				c.result(c.wait(id))
				if n := len(w.called()); n != 3 {
					t.Errorf("%d shards were run, want 3", n)
				}
				if n := c.logs.FilterMessage("journal_failed").FilterField(zap.String("job", id)).Len(); n < 50 {
					t.Errorf("%d failures are logged", n)
				}
			})
		})
	}
}

// What clients see is what the journal holds: a job is not over before that is written.
func TestStatesArePublishedOnceTheyAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		var stuck atomic.Bool
		stuck.Store(true)
		c.journal.set(func(op, _ string) error {
			if op == "save" && stuck.Load() {
				return errors.New("etcdserver: no leader")
			}
			return nil
		})
		id := c.create("r", &octetv1.JobSpec{Source: c.upload(convModel(t, 4).source)}).GetId()
		time.Sleep(10 * time.Second)
		if j := c.get(id); j.GetState() != octetv1.JobState_JOB_STATE_PREPARING {
			t.Errorf("the job is %v", j)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := c.jobs.CancelJob(ctx, &octetv1.CancelJobRequest{Id: id})
		wantCode(t, "CancelJob", err, codes.DeadlineExceeded)
		stuck.Store(false)
		c.result(c.wait(id)) // it was over before it was cancelled
	})
}

// A coordinator that stops writes what it has decided, as far as the journal lets it, and soon gives up if it does not.
func TestStopWritesWhatIsLeft(t *testing.T) {
	for name, tt := range map[string]struct {
		write time.Duration
		fails bool
		state octetv1.JobState
	}{
		"slow journal": {2 * time.Second, false, octetv1.JobState_JOB_STATE_SUCCEEDED},
		"no journal":   {time.Hour, true, octetv1.JobState_JOB_STATE_PREPARING},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				c.journal.set(func(op, _ string) error {
					if op != "save" {
						return nil
					}
					if tt.fails {
						time.Sleep(journalTimeout)
						return context.DeadlineExceeded
					}
					time.Sleep(tt.write)
					return nil
				})
				id := c.create("r", &octetv1.JobSpec{Source: c.upload(convModel(t, 4).source)}).GetId()
				time.Sleep(time.Second)
				start := time.Now()
				c.halt()
				if took := time.Since(start); took > 2*journalTimeout {
					t.Errorf("stopping took %v", took)
				}
				records, err := c.journal.Load(t.Context())
				if err != nil || len(records) != 1 {
					t.Fatal(records, err)
				}
				if got := stateToWire[records[0].State]; got != tt.state {
					t.Errorf("the journal has %v, want %v", got, tt.state)
				}
				c.journal.set(nil)
				synctest.Wait() // the client notices that its connection is gone
				c.start()
				c.result(c.wait(id))
			})
		})
	}
}

// A coordinator that stops does not count the attempts that it ends as failures of their shards.
func TestStoppingFailsNoShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		var n atomic.Int64
		w := c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
			if n.Add(1) < maxFailures {
				return status.Error(codes.Internal, "trouble")
			}
			return never(w, req, stream)
		})
		id := c.create("r", c.spec(convModel(t, 4))).GetId()
		time.Sleep(10 * time.Minute)
		if n.Load() != maxFailures {
			t.Fatalf("%d attempts", n.Load())
		}
		c.restart()
		w.set(nil)
		c.result(c.wait(id))
	})
}

func TestWatchersAreToldThatTheCoordinatorStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		id := c.create("r", c.spec(convModel(t, 4))).GetId()
		stream, err := c.jobs.WatchJob(t.Context(), &octetv1.WatchJobRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		go c.halt()
		for err == nil {
			_, err = stream.Recv()
		}
		wantCode(t, "WatchJob", err, codes.Unavailable)
		c.halt()
	})
}

// Before the journal is read, nothing can be said about jobs, and nothing may be collected. Blobs come and go.
func TestStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		source := c.upload([]byte("x"))
		id := c.create("r", &octetv1.JobSpec{Source: source}).GetId()
		c.wait(id)
		c.halt()
		goOn := make(chan struct{})
		c.journal.set(func(op, _ string) error {
			if op == "load" {
				<-goOn
			}
			return nil
		})
		var group sync.WaitGroup
		group.Go(c.start)
		synctest.Wait()
		ctx := t.Context()
		for name, call := range map[string]func() error{
			"CreateJob": func() error {
				_, err := c.jobs.CreateJob(ctx, &octetv1.CreateJobRequest{RequestId: "r", Spec: &octetv1.JobSpec{Source: source}})
				return err
			},
			"GetJob":    func() error { _, err := c.jobs.GetJob(ctx, &octetv1.GetJobRequest{Id: id}); return err },
			"ListJobs":  func() error { _, err := c.jobs.ListJobs(ctx, &octetv1.ListJobsRequest{}); return err },
			"CancelJob": func() error { _, err := c.jobs.CancelJob(ctx, &octetv1.CancelJobRequest{Id: id}); return err },
			"DeleteJob": func() error { _, err := c.jobs.DeleteJob(ctx, &octetv1.DeleteJobRequest{Id: id}); return err },
			"WatchJob": func() error {
				stream, err := c.jobs.WatchJob(ctx, &octetv1.WatchJobRequest{Id: id})
				if err == nil {
					_, err = stream.Recv()
				}
				return err
			},
			"CollectGarbage": func() error {
				_, err := c.blobs.CollectGarbage(ctx, &octetv1.CollectGarbageRequest{})
				return err
			},
		} {
			err := call()
			wantCode(t, name, err, codes.Unavailable)
			if msg := status.Convert(err).Message(); msg != "the coordinator is starting" {
				t.Errorf("%s: %q", name, msg)
			}
		}
		c.upload([]byte("y"))
		close(goOn)
		group.Wait()
		c.get(id)
	})
}

func TestRunFailsWithoutAJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.halt()
		c.journal.set(func(op, _ string) error { return errors.New("etcdserver: corrupt") })
		folder, err := store.NewFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewServer(c.config, Alone(c.journal), c.registry, folder, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context(), func(bool) { t.Error("ready") }); err == nil || !strings.Contains(err.Error(), "corrupt") {
			t.Errorf("Run: %v", err)
		}
	})
}

// The blob of a result that was accepted is gone: it is computed again. One that is damaged fails the job, and is removed.
func TestAcceptedResultIsLost(t *testing.T) {
	for _, how := range []string{"gone", "damaged"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				var n atomic.Int64
				w := c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
					if n.Add(1) == 2 {
						return never(w, req, stream)
					}
					return honest(w, req, stream)
				})
				id := c.create("r", c.spec(convModel(t, 8))).GetId()
				time.Sleep(time.Second)
				results, err := c.journal.Accepted(t.Context(), id)
				if err != nil || len(results) != 1 {
					t.Fatal(results, err)
				}
				c.halt()
				path := filepath.Join(c.root, "blobs", results[0][:2], results[0])
				if how == "gone" {
					err = os.Remove(path)
				} else {
					err = os.WriteFile(path, []byte("bits rot"), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				c.start()
				j := c.wait(id)
				if how == "gone" {
					c.result(j)
					if n := len(w.called()); n != 4 { // 0, 1; after the restart 0, 1
						t.Errorf("%d shards were run", n)
					}
					if n := c.logs.FilterMessage("results_differ").Len(); n > 0 {
						t.Errorf("%d alarms", n)
					}
					return
				}
				e := j.GetError()
				if e.GetKind() != octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE || !strings.Contains(e.GetMessage(), "shard 0: statistics: ") {
					t.Errorf("the job ended with %v", e)
				}
				if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("the damaged blob is still there (%v)", err)
				}
			})
		})
	}
}

func TestConfigValidate(t *testing.T) {
	for name, c := range map[string]Config{
		"no address": {}, "stall": {Advertise: "a:1", Stall: -1}, "job TTL": {Advertise: "a:1", JobTTL: -1}, "grace": {Advertise: "a:1", BlobGrace: -1}, "upload TTL": {Advertise: "a:1", UploadTTL: -1},
		"interval": {Advertise: "a:1", CollectEvery: -1},
	} {
		if _, err := NewServer(c, Alone(NewMemoryJournal()), nil, nil, zap.NewNop()); err == nil {
			t.Errorf("%s: %+v was taken", name, c)
		}
	}
}
