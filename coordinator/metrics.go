package coordinator

import (
	"github.com/prometheus/client_golang/prometheus"
)

// states are all states of a job, in the order in which it may come into them.
var states = []State{Preparing, Calibrating, Comparing, Finishing, Succeeded, Failed, Cancelled}

// What docs/operations.md says about these holds for dashboards and autoscalers: names stay.
var (
	descLeader  = prometheus.NewDesc("octet_leader", "1 if this coordinator leads and serves clients, else 0.", nil, nil)
	descQueue   = prometheus.NewDesc("octet_queue_shards", "Shards of all jobs that wait for a worker.", nil, nil)
	descRunning = prometheus.NewDesc("octet_shards_running", "Shards of all jobs that run on a worker.", nil, nil)
	descWorkers = prometheus.NewDesc("octet_workers", "Workers that are registered.", nil, nil)
	descSlots   = prometheus.NewDesc("octet_worker_slots", "Shards that all workers together run at a time.", nil, nil)
	descStreams = prometheus.NewDesc("octet_streams", "Streams of samples that are kept, by state.", []string{"state"}, nil)
	descJobs    = prometheus.NewDesc("octet_jobs", "Jobs that are kept, by state.", []string{"state"}, nil)
)

// The states of streams.
const (
	streamOpen     = "open"
	streamFinished = "finished"
)

// metrics are what a coordinator counts over all of its terms. The rest is looked up when somebody asks.
type metrics struct {
	samples  prometheus.Counter
	pushed   prometheus.Counter // samples of streams
	seconds  prometheus.Histogram
	attempts *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	sent     prometheus.Counter // bytes of blobs
	received prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		samples: prometheus.NewCounter(prometheus.CounterOpts{Name: "octet_samples_total", Help: "Samples computed, as workers report them; those of attempts that failed later count too."}),
		pushed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "octet_stream_samples_total", Help: "Samples committed to streams."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "octet_shard_seconds", Help: "Time from the start of an attempt to its result, of attempts that had one.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 16), // to 5.5 minutes
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "octet_attempts_total", Help: "Attempts to run a shard that are over, by how they ended."}, []string{"outcome"}),
		bytes:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "octet_blob_bytes_total", Help: "Bytes of blobs sent to others and received from them."}, []string{"direction"}),
	}
	for _, o := range Outcomes {
		m.attempts.WithLabelValues(string(o)) // so that it is there before it happens
	}
	m.sent, m.received = m.bytes.WithLabelValues("sent"), m.bytes.WithLabelValues("received")
	return m
}

// Metrics returns what this coordinator measures, to be registered.
func (s *Server) Metrics() prometheus.Collector { return collector{s} }

// collector asks a server for its metrics.
type collector struct{ s *Server }

func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descLeader, descQueue, descRunning, descWorkers, descSlots, descJobs, descStreams} {
		to <- d
	}
	for _, m := range c.s.metrics.all() {
		m.Describe(to)
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.samples, m.pushed, m.seconds, m.attempts, m.bytes}
}

func (c collector) Collect(to chan<- prometheus.Metric) {
	leads, load, jobs, streams := c.s.measure()
	gauge := func(d *prometheus.Desc, v int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	lead := 0
	if leads {
		lead = 1
	}
	gauge(descLeader, lead)
	gauge(descQueue, load.Waiting)
	gauge(descRunning, load.Running)
	gauge(descWorkers, load.Workers)
	gauge(descSlots, load.Slots)
	for _, s := range states {
		gauge(descJobs, jobs[s], string(s))
	}
	for _, s := range []string{streamOpen, streamFinished} {
		gauge(descStreams, streams[s], s)
	}
	for _, m := range c.s.metrics.all() {
		m.Collect(to)
	}
}

// measure returns how things stand; nothing of it if another coordinator leads.
func (s *Server) measure() (leads bool, load Load, jobs map[State]int, streams map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs, streams = map[State]int{}, map[string]int{}
	if s.phase != serving {
		return false, load, jobs, streams
	}
	for _, e := range s.jobs {
		jobs[e.State]++
	}
	for _, st := range s.streams {
		if st.Dataset != nil {
			streams[streamFinished]++
		} else {
			streams[streamOpen]++
		}
	}
	return true, s.machine.Load(), jobs, streams
}
