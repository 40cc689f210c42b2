package worker

import (
	"context"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octetlite/octet/pkg/store"
)

// metrics are what a worker measures. docs/operations.md says what they mean, and that their names stay.
type metrics struct {
	samples prometheus.Counter
	shards  *prometheus.CounterVec
	seconds prometheus.Histogram
	fetches prometheus.Counter
	fetched prometheus.Counter // bytes
	gauges  []prometheus.Collector
}

// How a shard ends, for this worker.
const (
	shardDone      = "done"
	shardFailed    = "failed"
	shardCancelled = "cancelled"
)

func newMetrics(s *Server) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m := &metrics{
		samples: counter("octet_worker_samples_total", "Samples computed."),
		shards:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "octet_worker_shards_total", Help: "Shards that are over, by how they ended."}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "octet_worker_shard_seconds", Help: "Time that shards took which came to their end: fetching, running and delivering.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 16), // to 5.5 minutes
		}),
		fetches: counter("octet_worker_fetches_total", "Blobs fetched from coordinators, since the cache did not have them."),
		fetched: counter("octet_worker_fetched_bytes_total", "Their bytes."),
	}
	for _, o := range []string{shardDone, shardFailed, shardCancelled} {
		m.shards.WithLabelValues(o) // so that it is there before it happens
	}
	m.gauges = []prometheus.Collector{
		gauge("octet_worker_shards_running", "Shards that run.", func() float64 { return float64(s.inUse()) }),
		gauge("octet_worker_slot_limit", "Shards that may run at a time.", func() float64 { return float64(s.config.Slots) }),
		gauge("octet_worker_cache_bytes", "Bytes in the cache on disk, with those that are being fetched.", func() float64 { return float64(s.cache.Size()) }),
		gauge("octet_worker_cache_limit_bytes", "The cache's bound.", func() float64 { return float64(s.config.CacheBytes) }),
	}
	return m
}

// Metrics returns what this worker measures, to be registered.
func (s *Server) Metrics() prometheus.Collector { return s.metrics }

func (m *metrics) all() []prometheus.Collector {
	return append([]prometheus.Collector{m.samples, m.shards, m.seconds, m.fetches, m.fetched}, m.gauges...)
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(to)
	}
}

// measured is a shard that runs.
type measured struct {
	*metrics
	start   time.Time
	samples int64 // in all
	counted int64
}

func (m *metrics) begin(samples int) *measured {
	return &measured{metrics: m, start: time.Now(), samples: int64(samples)}
}

// count takes note of the samples that are done.
func (m *measured) count(done int64) {
	m.metrics.samples.Add(float64(max(done-m.counted, 0)))
	m.counted = max(m.counted, done)
}

// counting returns a callback that counts samples before it calls progress.
func (m *measured) counting(progress func(done int64)) func(done int64) {
	return func(done int64) {
		m.count(done)
		progress(done)
	}
}

// end takes note of a shard that is over. Of one that came to its end all samples are done, whether there was word of them or not.
func (m *measured) end(err error, cancelled bool) {
	switch {
	case err == nil:
		m.count(m.samples)
		m.shards.WithLabelValues(shardDone).Inc()
		m.seconds.Observe(time.Since(m.start).Seconds())
	case cancelled:
		m.shards.WithLabelValues(shardCancelled).Inc()
	default:
		m.shards.WithLabelValues(shardFailed).Inc()
	}
}

// fetching counts what a fetch brings.
func (m *metrics) fetching(fetch store.Fetch) store.Fetch {
	return func(ctx context.Context, d store.Digest) (io.ReadCloser, int64, error) {
		r, size, err := fetch(ctx, d)
		if err == nil {
			m.fetches.Inc()
			m.fetched.Add(float64(size))
		}
		return r, size, err
	}
}

// inUse returns how many slots are.
func (s *Server) inUse() int { return len(s.slots) }
