package coordinator

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

type shardStream = grpc.ServerStreamingServer[octetv1.RunShardResponse]

// lie makes a worker answer with statistics that were changed, encoded again.
func lie(change func(s *calib.Stats)) runShard {
	return func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
		data, err := w.compute(stream.Context(), req)
		if err != nil {
			return err
		}
		s, err := calib.Decode(data)
		if err != nil {
			return err
		}
		change(s)
		if data, err = s.Encode(); err != nil {
			return err
		}
		return w.deliver(stream, req, data)
	}
}

// answer makes a worker name a blob as its result.
func answer(b *octetv1.Blob) runShard {
	return func(_ *fakeWorker, _ *octetv1.RunShardRequest, stream shardStream) error {
		return stream.Send(&octetv1.RunShardResponse{Stats: b})
	}
}

func fail(code codes.Code, message string) runShard {
	return func(*fakeWorker, *octetv1.RunShardRequest, shardStream) error { return status.Error(code, message) }
}

// Whatever one worker does, the job comes out right as long as there is another; and with no other it fails, and says why.
func TestBadWorkers(t *testing.T) {
	other := string(store.Of([]byte("other")))
	for name, tt := range map[string]struct {
		run runShard
		why string
	}{
		"disk full":                 {fail(codes.Unavailable, "no space left on device"), "no space left on device"},
		"internal error":            {fail(codes.Internal, "index out of range"), "index out of range"},
		"other arithmetic":          {fail(codes.Aborted, "this worker has numerics version 7"), "numerics version 7"},
		"not implemented":           {fail(codes.Unimplemented, "unknown method"), "unknown method"},
		"no result":                 {func(*fakeWorker, *octetv1.RunShardRequest, shardStream) error { return nil }, "without a result"},
		"result that is not there":  {answer(&octetv1.Blob{Digest: other}), "blob not found"},
		"result that is no digest":  {answer(&octetv1.Blob{Digest: "../x"}), "no hex sha256"},
		"result without a name":     {answer(&octetv1.Blob{}), "no hex sha256"},
		"statistics of other model": {lie(func(s *calib.Stats) { s.Model = other }), "want true of"},
		"of another dataset":        {lie(func(s *calib.Stats) { s.Dataset = other }), "want true of"},
		"of another arithmetic":     {lie(func(s *calib.Stats) { s.Numerics++ }), fmt.Sprintf("numerics %d", numerics.Version+1)},
		"of another kind":           {lie(func(s *calib.Stats) { s.Kind = calib.TFLiteCalibrator }), "statistics tflite-calibrator"},
		"of too few samples":        {lie(func(s *calib.Stats) { s.Samples-- }), "statistics of 3 samples and 0 bad ones: want 4"},
		"of very many samples":      {lie(func(s *calib.Stats) { s.Samples = 1 << 63 }), "want 4"},
		"that leave out samples": {lie(func(s *calib.Stats) {
			s.Samples, s.Skipped = 3, []calib.Skip{{Sample: 1, Reason: "I was lazy"}}
		}), "which was not allowed"},
		"no statistics at all": {func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
			return w.deliver(stream, req, []byte("ok"))
		}, "bad result: statistics"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				m := convModel(t, 8)
				spec := c.spec(m)
				want, err := m.inProcess(t, spec)
				if err != nil {
					t.Fatal(err)
				}
				c.worker("bad", tt.run)
				good := c.worker("good", nil)
				if j := c.wait(c.create("with", spec).GetId()); !bytes.Equal(c.result(j), want.Model.Bytes()) {
					t.Error("the model is another than in process")
				}
				good.lose()
				spec.FreshStatistics = true
				j := c.wait(c.create("without", spec).GetId())
				e := j.GetError()
				if e.GetKind() != octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE || !strings.Contains(e.GetMessage(), "failed 8 times, last: worker bad: ") || !strings.Contains(e.GetMessage(), tt.why) {
					t.Errorf("with no other worker: %v, want something of %q", e, tt.why)
				}
			})
		})
	}
}

// Samples that are left out must be the shard's own.
func TestSkippedSamplesAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		spec := c.spec(convModel(t, 8, 5, 6))
		spec.SkipBadSamples = true
		w := c.worker("a", lie(func(s *calib.Stats) {
			if len(s.Skipped) == 2 {
				s.Skipped[0], s.Skipped[1] = s.Skipped[1], s.Skipped[0]
			}
		}))
		e := c.wait(c.create("r", spec).GetId()).GetError()
		if !strings.Contains(e.GetMessage(), "leave out sample 5 behind 6") {
			t.Errorf("the job ended with %v", e)
		}
		w.set(nil)
		j := c.wait(c.create("s", spec).GetId())
		data, err := fetch(t.Context(), c.blobs, j.GetResult().GetStats().GetDigest())
		if err != nil {
			t.Fatal(err)
		}
		if s, err := calib.Decode(data); err != nil || s.Samples != 6 || len(s.Skipped) != 2 || s.Skipped[1].Sample != 6 {
			t.Errorf("statistics %v, %v", s, err)
		}
	})
}

// A fault that does not say whose it is, or a request that the worker does not understand, is nobody's but ours.
func TestFaultsWithoutDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		w := c.worker("a", nil)
		spec := c.spec(convModel(t, 4))
		strange, _ := status.New(codes.FailedPrecondition, "x").WithDetails(&octetv1.JobError{Kind: 99, Message: strings.Repeat("é", maxMessage)})
		for name, run := range map[string]runShard{
			"precondition": fail(codes.FailedPrecondition, "x"), "argument": fail(codes.InvalidArgument, "x"),
			"strange": func(*fakeWorker, *octetv1.RunShardRequest, shardStream) error { return strange.Err() },
		} {
			w.set(run)
			before := len(w.called())
			j := c.wait(c.create(name, spec).GetId())
			if e := j.GetError(); e.GetKind() != octetv1.ErrorKind_ERROR_KIND_INTERNAL || e.GetMessage() != "worker a: x" {
				t.Errorf("%s: %v", name, e)
			}
			if n := len(w.called()) - before; n != 1 {
				t.Errorf("%s: %d attempts", name, n)
			}
		}
	})
}

func TestBusyWorkerIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		w := c.worker("a", nil)
		w.fill(true)
		id := c.create("r", c.spec(convModel(t, 4))).GetId()
		time.Sleep(10 * time.Second)
		if n := len(w.called()); n < 50 || n > 110 {
			t.Errorf("asked %d times in 10 seconds", n)
		}
		w.fill(false)
		c.result(c.wait(id))
	})
}

func TestWorkerThatDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		dying := c.worker("dying", never)
		id := c.create("r", c.spec(convModel(t, 12))).GetId()
		time.Sleep(time.Second)
		c.worker("good", nil)
		dying.stop() // its lease lives on for a while
		j := c.wait(id)
		c.result(j)
		if n := len(dying.called()); n != 1 {
			t.Errorf("the dead worker was called %d times", n)
		}
	})
}

func TestJobWaitsForAWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		id := c.create("r", c.spec(convModel(t, 4))).GetId()
		time.Sleep(time.Second)
		if p := c.get(id).GetProgress(); p.GetWaiting() != "no worker is registered" || p.GetSamplesTotal() != 4 {
			t.Errorf("progress: %v", p)
		}
		c.workerWith(registry.Worker{ID: "old", Slots: 1, Numerics: numerics.Version - 1}, nil)
		time.Sleep(time.Second)
		if p := c.get(id).GetProgress(); p.GetWaiting() != fmt.Sprintf("none of 1 workers has numerics version %d", numerics.Version) {
			t.Errorf("progress: %v", p)
		}
		c.worker("new", nil)
		c.result(c.wait(id))
	})
}

// A worker loses its lease in the middle of a shard. The shard runs elsewhere; its own result comes when the job is over, and is compared.
func TestLateResult(t *testing.T) {
	for name, tt := range map[string]struct {
		late   runShard
		alarms int
	}{
		"the same": {honest, 0},
		"another":  {lie(func(s *calib.Stats) { s.Tensors[0].Range.Max += 1 }), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				m := convModel(t, 4)
				spec := c.spec(m)
				goOn := make(chan struct{})
				slow := c.worker("slow", after(goOn, tt.late))
				id := c.create("r", spec).GetId()
				time.Sleep(time.Second)
				c.worker("good", nil)
				slow.lose()
				j := c.wait(id)
				want, err := m.inProcess(t, spec)
				if err != nil || !bytes.Equal(c.result(j), want.Model.Bytes()) {
					t.Errorf("the model is another than in process (%v)", err)
				}
				close(goOn)
				time.Sleep(time.Second)
				alarms := c.logs.FilterMessage("results_differ").All()
				if len(alarms) != tt.alarms {
					t.Fatalf("%d alarms, want %d", len(alarms), tt.alarms)
				}
				if len(alarms) == 1 && (alarms[0].ContextMap()["worker"] != "slow" || alarms[0].ContextMap()["job"] != id) {
					t.Errorf("the alarm says %v", alarms[0].ContextMap())
				}
				c.server.mu.Lock()
				defer c.server.mu.Unlock()
				if len(c.server.machine.jobs) > 0 || len(c.server.attempts) > 0 || len(c.server.peers) > 1 || len(c.server.held) > 0 {
					t.Errorf("left over: %v, %v, %v, %v", c.server.machine.jobs, c.server.attempts, c.server.peers, c.server.held)
				}
			})
		})
	}
}

// A worker's connection is closed when its lease is gone and nothing runs on it, and a worker that comes back is used again.
func TestWorkersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		spec := c.spec(convModel(t, 4))
		spec.FreshStatistics = true
		for i := range 3 {
			w := c.worker("a", nil)
			c.result(c.wait(c.create(fmt.Sprint("r", i), spec).GetId()))
			w.lose()
			synctest.Wait()
			c.server.mu.Lock()
			if n := len(c.server.peers); n > 0 {
				t.Errorf("%d connections are left", n)
			}
			c.server.mu.Unlock()
			w.stop()
		}
		// The same worker at another address.
		w := c.worker("b", nil)
		synctest.Wait()
		c.net.serve(t, "elsewhere", func(g grpc.ServiceRegistrar) { octetv1.RegisterWorkerServiceServer(g, w) })
		if _, err := c.registry.Register(t.Context(), registry.Worker{ID: "b", Addr: target("elsewhere"), Slots: 1, Numerics: numerics.Version}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.stop()
		c.result(c.wait(c.create("moved", spec).GetId()))
		if n := len(w.called()); n != 1 {
			t.Errorf("called %d times", n)
		}
		// An address that can't be one.
		if _, err := c.registry.Register(t.Context(), registry.Worker{ID: "c", Addr: "unix-abstract://x\x00%", Slots: 1, Numerics: numerics.Version}); err != nil {
			t.Fatal(err)
		}
		c.result(c.wait(c.create("last", spec).GetId()))
	})
}
