package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// metricsOf returns what a worker measures, by name and labels; a histogram by its count.
func metricsOf(t *testing.T, s *Server) map[string]float64 {
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
			name := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetValue())
			}
			all[strings.Join(name, " ")] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.conv()
		if _, err := r.run(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		n := float64(req.GetEndSample() - req.GetFirstSample())

		goOn := make(chan struct{})
		r.store.before(func(ctx context.Context, _ string) error {
			select {
			case <-goOn:
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = r.run(ctx, r.other())
		}()
		time.Sleep(time.Second)
		got := metricsOf(t, r.server)
		for name, want := range map[string]float64{
			"octet_worker_samples_total": n, "octet_worker_shards_total done": 1, "octet_worker_shards_total failed": 0, "octet_worker_shards_total cancelled": 0,
			"octet_worker_shard_seconds": 1, "octet_worker_shards_running": 1, "octet_worker_slot_limit": 2, "octet_worker_cache_limit_bytes": 10 << 30,
		} {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("%s is %v, want %v", name, v, want)
			}
		}
		if b := got["octet_worker_cache_bytes"]; b < float64(req.GetModel().GetSize()) || b != got["octet_worker_fetched_bytes_total"] || got["octet_worker_fetches_total"] < 2 {
			t.Errorf("%v bytes in the cache, %v fetched by %v", b, got["octet_worker_fetched_bytes_total"], got["octet_worker_fetches_total"])
		}
		cancel()
		<-done
		time.Sleep(time.Second)
		if got := metricsOf(t, r.server); got["octet_worker_shards_total cancelled"] != 1 || got["octet_worker_shards_running"] != 0 {
			t.Errorf("behind a cancelled shard: %v", got)
		}
	})
}

// Samples are counted once, whatever is said of them on the way, and all of them of a shard that is done.
func TestSamplesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		for name, tt := range map[string]struct {
			said []int64
			err  error
			want float64
		}{
			"no word":      {nil, nil, 8},
			"some words":   {[]int64{0, 3, 2, 5}, nil, 8},
			"each of them": {[]int64{1, 2, 3, 4, 5, 6, 7, 8}, nil, 8},
			"failed":       {[]int64{3}, errors.New("trouble"), 3},
		} {
			before := metricsOf(t, r.server)["octet_worker_samples_total"]
			m := r.server.metrics.begin(8)
			heard := int64(0)
			progress := m.counting(func(done int64) { heard = done })
			for _, done := range tt.said {
				progress(done)
			}
			m.end(tt.err, false)
			if got := metricsOf(t, r.server)["octet_worker_samples_total"] - before; got != tt.want {
				t.Errorf("%s: %v samples, want %v", name, got, tt.want)
			}
			if n := len(tt.said); n > 0 && heard != tt.said[n-1] {
				t.Errorf("%s: heard of %d last", name, heard)
			}
		}
	})
}

// other is a request whose model the worker has not seen.
func (r *rig) other() *octetv1.RunShardRequest {
	req := r.conv()
	req.Model = r.store.put([]byte("another model"))
	return req
}
