package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"regexp"
	"sync"
	"time"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/guard"
	"github.com/octetlite/octet/pkg/sandbox"
)

// telemetryFlags say how a daemon is watched.
type telemetryFlags struct {
	listen string
	pprof  bool
}

func (f *telemetryFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.listen, "metrics-listen", "", "HOST:PORT for plain HTTP: /metrics for Prometheus, /healthz and /readyz for probes (default: none)")
	cmd.Flags().BoolVar(&f.pprof, "pprof", false, "serve profiles at /debug/pprof/ of --metrics-listen, which must be on this machine: they show what is in memory")
}

// telemetry is what a process tells those who watch it.
type telemetry struct {
	*tracing // nil without
	metrics  *prometheus.Registry
	served   *grpcprom.ServerMetrics
	called   *grpcprom.ClientMetrics
	children *prometheus.GaugeVec // what protects from those in the sandbox
	addr     string               // HOST:PORT at which this is served; "" if it is not

	mu     sync.Mutex
	health []*health.Server // of the servers in this process
}

// heapLive names what of the heap was in use at the last collection, which the collector leaves out by itself: go_gc_heap_live_bytes.
var heapLive = regexp.MustCompile(`^/gc/heap/live:bytes$`)

// newTelemetry returns a telemetry that is not served anywhere.
func newTelemetry(t *tracing) *telemetry {
	seconds := prometheus.ExponentialBuckets(0.001, 4, 10) // to 4 minutes
	all := &telemetry{
		tracing: t, metrics: prometheus.NewRegistry(),
		served: grpcprom.NewServerMetrics(grpcprom.WithServerHandlingTimeHistogram(grpcprom.WithHistogramBuckets(seconds))),
		called: grpcprom.NewClientMetrics(grpcprom.WithClientHandlingTimeHistogram(grpcprom.WithHistogramBuckets(seconds))),
	}
	all.children = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "octet_sandbox_protection", Help: "1 if the process that reads models and samples is held to it, else 0, by protection.",
	}, []string{"protection"})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "octet_build_info", Help: "1, with the version of the program and of its arithmetic.", ConstLabels: prometheus.Labels{"version": version(), "numerics": numericsText()},
	})
	build.Set(1)
	all.metrics.MustRegister(all.served, all.called, all.children, build, collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: heapLive})), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return all
}

// register adds what a part of the process measures. Parts of which there are several have a name each, as the label part.
func (t *telemetry) register(c prometheus.Collector, name string) error {
	to := prometheus.Registerer(t.metrics)
	if name != "" {
		to = prometheus.WrapRegistererWith(prometheus.Labels{"part": name}, to)
	}
	return to.Register(c)
}

// server returns the options of a gRPC server that counts its calls, those too that other options refuse: they come first.
func (t *telemetry) server() []grpc.ServerOption {
	return append(t.tracing.server(), grpc.ChainUnaryInterceptor(t.served.UnaryServerInterceptor()), grpc.ChainStreamInterceptor(t.served.StreamServerInterceptor()))
}

// dial returns the options for calls to others.
func (t *telemetry) dial() []grpc.DialOption {
	return append(t.tracing.dial(), grpc.WithChainUnaryInterceptor(t.called.UnaryClientInterceptor()), grpc.WithChainStreamInterceptor(t.called.StreamClientInterceptor()))
}

// protected takes note of what a child of the sandbox is held to, and what it is not.
func (t *telemetry) protected(held, lacking []sandbox.Protection) {
	for _, p := range held {
		t.children.WithLabelValues(string(p)).Set(1)
	}
	for _, p := range lacking {
		t.children.WithLabelValues(string(p)).Set(0)
	}
}

// watch has a server count for readiness.
func (t *telemetry) watch(g *grpcServer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health = append(t.health, g.health)
}

// ready reports whether all servers of the process are ready and, if a service is named, one of them serves it: what gRPC's health service says.
func (t *telemetry) ready(ctx context.Context, service string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	serves := func(h *health.Server, name string) bool {
		resp, err := h.Check(ctx, &healthv1.HealthCheckRequest{Service: name})
		return err == nil && resp.GetStatus() == healthv1.HealthCheckResponse_SERVING
	}
	found := service == ""
	for _, h := range t.health {
		if !serves(h, "") {
			return false
		}
		found = found || serves(h, service)
	}
	return found && len(t.health) > 0
}

// handler serves what there is to see.
func (t *telemetry) handler(profiles bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !t.ready(r.Context(), r.URL.Query().Get("service")) {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	if profiles {
		for path, show := range map[string]http.HandlerFunc{"": pprof.Index, "cmdline": pprof.Cmdline, "profile": pprof.Profile, "symbol": pprof.Symbol, "trace": pprof.Trace} {
			mux.HandleFunc("GET /debug/pprof/"+path, fromHere(show))
		}
	}
	return mux
}

// fromHere refuses requests for another host: those of a page in a browser of this machine, whose name was made to lead here.
func fromHere(show http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !credential.Loopback(r.Host) {
			http.Error(w, "profiles are for this machine, under a name of its own", http.StatusForbidden)
			return
		}
		show(w, r)
	}
}

// watchers are the connections to what is served for those who watch: a quarter of them, since nobody proves anything there.
var watchers = guard.Bounds{Most: 512, PerAddress: 512}

// open serves what the flags say, until the returned function is called.
func (f *telemetryFlags) open(ctx context.Context, log *zap.Logger) (t *telemetry, stop func(), err error) {
	t = newTelemetry(tracingOf(ctx))
	t.reportTo(func(err error) { log.Warn("tracing", zap.Error(err)) })
	switch {
	case f.listen == "" && f.pprof:
		return nil, nil, usagef("--pprof needs --metrics-listen, which says where")
	case f.listen == "":
		return t, func() {}, nil
	case f.pprof && !credential.Loopback(f.listen):
		return nil, nil, usagef("--pprof shows what is in memory: --metrics-listen %s must be on this machine, 127.0.0.1:PORT", f.listen)
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return nil, nil, fmt.Errorf("--metrics-listen: %w", err)
	}
	t.addr = l.Addr().String()
	gate := guard.NewGate(watchers, nil)
	server := &http.Server{Handler: t.handler(f.pprof), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 14, ErrorLog: zap.NewStdLog(log)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(gate.Listen(l)); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics_ended", zap.Error(err))
		}
	}()
	log.Info("metrics", zap.String("listen", t.addr), zap.Bool("pprof", f.pprof))
	return t, func() {
		_ = server.Close() // of the listener, which Serve reports
		<-done
	}, nil
}
