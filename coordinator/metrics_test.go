package coordinator

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// measured returns what a coordinator measures, by name and labels; a histogram by its count.
func measured(t *testing.T, s *Server) map[string]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(s.Metrics())
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			name := strings.Join(append([]string{f.GetName()}, labels...), " ")
			all[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func wantMeasured(t *testing.T, s *Server, want map[string]float64) {
	t.Helper()
	got := measured(t, s)
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
	}
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		spec := c.spec(convModel(t, 40))
		id := c.create("r", spec).GetId()
		time.Sleep(10 * time.Millisecond)
		wantMeasured(t, c.server, map[string]float64{
			"octet_leader": 1, "octet_queue_shards": 10, "octet_shards_running": 0, "octet_workers": 0, "octet_worker_slots": 0, "octet_jobs calibrating": 1,
		})
		goOn := make(chan struct{})
		w := c.worker("a", func(*fakeWorker, *octetv1.RunShardRequest, shardStream) error {
			return status.Error(codes.Internal, "trouble")
		})
		time.Sleep(10 * time.Millisecond)
		w.set(after(goOn, honest))
		time.Sleep(time.Minute)
		wantMeasured(t, c.server, map[string]float64{
			"octet_queue_shards": 9, "octet_shards_running": 1, "octet_workers": 1, "octet_worker_slots": 1, "octet_attempts_total failed": 1,
		})
		close(goOn)
		model := c.result(c.wait(id))
		time.Sleep(10 * time.Millisecond)
		got := measured(t, c.server)
		want := map[string]float64{
			"octet_leader": 1, "octet_queue_shards": 0, "octet_shards_running": 0, "octet_jobs succeeded": 1, "octet_jobs calibrating": 0, "octet_samples_total": 40,
			"octet_shard_seconds": 10, "octet_attempts_total accepted": 10, "octet_attempts_total failed": 1, "octet_attempts_total lost": 0,
		}
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s is %v, want %v", name, got[name], want[name])
			}
		}
		if sent := got["octet_blob_bytes_total sent"]; sent < float64(len(model)) {
			t.Errorf("%v bytes were sent, the model alone has %d", sent, len(model))
		}
		if received := got["octet_blob_bytes_total received"]; received < float64(spec.GetSource().GetSize()) {
			t.Errorf("%v bytes were received, the source alone has %d", received, spec.GetSource().GetSize())
		}
	})
}

func TestStreamMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		p := c.stream("s", convModel(t, 40))
		p.begin()
		p.push(33*p.size, 1<<20)
		p.await(33)
		wantMeasured(t, c.server, map[string]float64{"octet_streams open": 1, "octet_streams finished": 0, "octet_stream_samples_total": 33})
		p.push(40*p.size, 1<<20)
		p.close()
		p.finish(40)
		wantMeasured(t, c.server, map[string]float64{"octet_streams open": 0, "octet_streams finished": 1, "octet_stream_samples_total": 40})
		if _, err := p.api.DeleteStream(t.Context(), &octetv1.DeleteStreamRequest{StreamId: "s"}); err != nil {
			t.Fatal(err)
		}
		wantMeasured(t, c.server, map[string]float64{"octet_streams open": 0, "octet_streams finished": 0, "octet_stream_samples_total": 40})
	})
}

// A coordinator that does not lead says so, and counts nothing of the cluster's.
func TestMetricsOfAFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		c := newCluster(t, func(c *cluster) {
			b := newBallot(c)
			b.elected <- over
			c.election = b
		})
		c.worker("a", never)
		c.create("r", c.spec(convModel(t, 40)))
		time.Sleep(time.Second)
		wantMeasured(t, c.server, map[string]float64{"octet_leader": 1, "octet_shards_running": 1, "octet_jobs calibrating": 1})
		close(over)
		time.Sleep(time.Second)
		wantMeasured(t, c.server, map[string]float64{"octet_leader": 0, "octet_shards_running": 0, "octet_workers": 0, "octet_jobs calibrating": 0})
	})
}

// Attempts that fail are logged with the job, the shard and the worker.
func TestFailedAttemptsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		w := c.worker("a", func(*fakeWorker, *octetv1.RunShardRequest, shardStream) error { return errors.New("its fan is broken") })
		id := c.create("r", c.spec(convModel(t, 4))).GetId()
		time.Sleep(10 * time.Millisecond)
		w.set(honest)
		c.wait(id)
		entries := c.logs.FilterMessage("attempt_ended").FilterLevelExact(zap.WarnLevel).All()
		if len(entries) != 1 {
			t.Fatalf("%d attempts were logged: %v", len(entries), entries)
		}
		fields := entries[0].ContextMap()
		delete(fields, "took")
		if d := cmp.Diff(fmt.Sprint(map[string]any{
			"job": id, "shard": 0, "attempt": 1, "worker": "a", "outcome": "failed", "samples": 0, "error": "worker a: its fan is broken",
		}), fmt.Sprint(fields)); d != "" {
			t.Error(d)
		}
	})
}
