//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/octetlite/octet/internal/freeport"
	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
)

// watchedCluster runs a cluster with two workers, and calls f with its address once it is up.
func watchedCluster(t *testing.T, ctx context.Context, watched *telemetry, f func(addr string)) {
	t.Helper()
	withClusterOf(t, ctx, clusterConfig{workers: 2, watched: watched}, f)
}

// writeConv writes the small convolutional model.
func writeConv(t *testing.T) string {
	t.Helper()
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/conv.tflite"
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, http.NoBody)) // profiles are shown under no other name
	return w.Code, w.Body.String()
}

// docs/operations.md has every metric that a cluster has, and no other. The probes say whether it is ready.
func TestMetricsPage(t *testing.T) {
	watched := newTelemetry(nil)
	h := watched.handler(false)
	if code, _ := get(t, h, "/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d before there is anything", code)
	}
	var text string
	watchedCluster(t, t.Context(), watched, func(addr string) {
		octet(t, "convert", writeConv(t), "-o", t.TempDir()+"/out.tflite", "--data", "random:normal?samples=8", "--coordinator", addr)
		for path, want := range map[string]int{
			"/healthz": 200, "/readyz": 200, "/readyz?service=octet.v1.ConversionService": 200, "/readyz?service=octet.v1.Nothing": 503, "/debug/pprof/": 404,
		} {
			if code, body := get(t, h, path); code != want {
				t.Errorf("%s is %d, %q, want %d", path, code, body, want)
			}
		}
		if code, _ := get(t, watched.handler(true), "/debug/pprof/"); code != 200 {
			t.Errorf("with --pprof, /debug/pprof/ is %d", code)
		}
		var code int
		if code, text = get(t, h, "/metrics"); code != 200 {
			t.Fatalf("/metrics is %d: %s", code, text)
		}
	})
	if code, _ := get(t, h, "/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d when all has ended", code)
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) (\w+)$`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "go_") && !strings.HasPrefix(m[1], "process_") {
			types[m[1]] = m[2]
		}
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z_`, ]+`) \\| (gauge|counter|histogram) \\|").FindAllStringSubmatch(string(page), -1) {
		for _, name := range regexp.MustCompile(`\w+`).FindAllString(row[1], -1) {
			documented[name] = row[2]
		}
	}
	if len(documented) < 25 {
		t.Errorf("the page has %d metrics", len(documented))
	}
	for name, kind := range types {
		if documented[name] != kind {
			t.Errorf("%s is a %s, the page has %q", name, kind, documented[name])
		}
	}
	for name := range documented {
		if types[name] == "" {
			t.Errorf("the page has %s, which no process has", name)
		}
	}
	if !strings.Contains(text, "go_goroutines") || !strings.Contains(text, `octet_worker_samples_total{part="worker-1"}`) {
		t.Error("metrics of Go's runtime, or of a worker, are missing")
	}
}

// A conversion on a cluster is one trace, from the client to what a worker does for a shard.
func TestTraces(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	ctx := withTracing(t.Context(), newTracing(provider))
	watchedCluster(t, ctx, nil, func(addr string) {
		probe(t, ctx, addr)
		var out, errs bytes.Buffer
		args := []string{"convert", writeConv(t), "-o", t.TempDir() + "/out.tflite", "--data", "random:normal?samples=8", "--coordinator", addr}
		if code := run(ctx, args, streams{strings.NewReader(""), &out, &errs}); code != 0 {
			t.Fatalf("status %d: %s", code, errs.String())
		}
	})
	byID := map[trace.SpanID]tracetest.SpanStub{}
	count := map[string]int{}
	var id trace.TraceID
	for _, s := range spans.GetSpans() {
		byID[s.SpanContext.SpanID()] = s
		if s.Name == "octet convert" {
			id = s.SpanContext.TraceID()
		}
	}
	way := func(s tracetest.SpanStub) (names []string) {
		for ok := true; ok; s, ok = byID[s.Parent.SpanID()] {
			names = append(names, s.Name)
		}
		slices.Reverse(names)
		return names
	}
	for _, s := range spans.GetSpans() {
		if s.SpanContext.TraceID() == id {
			count[s.Name]++
		}
		switch s.Name {
		case "fetch":
			if got := way(s); len(got) < 8 || got[4] != "shard" || got[7] != "run" {
				t.Errorf("a fetch is within %q", got)
			}
		case "run", "deliver":
			want := "octet convert > octet.v1.ConversionService/CreateJob > octet.v1.ConversionService/CreateJob > job > shard > " +
				"octet.v1.WorkerService/RunShard > octet.v1.WorkerService/RunShard > " + s.Name
			if got := strings.Join(way(s), " > "); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		case "prepare", "merge", "quantize":
			if got := way(s); len(got) < 5 || got[3] != "job" {
				t.Errorf("%s is within %q", s.Name, got)
			}
		case "job":
			if !slices.Contains(s.Attributes, attribute.String("octet.state", "succeeded")) {
				t.Errorf("the job has %v", s.Attributes)
			}
		}
		if strings.HasPrefix(s.Name, "grpc.") {
			t.Errorf("a probe is traced: %s", s.Name)
		}
	}
	for name, want := range map[string]int{"octet convert": 1, "job": 1, "prepare": 1, "shard": 2, "run": 2, "deliver": 2, "merge": 1, "quantize": 1} {
		if count[name] != want {
			t.Errorf("the trace has %d of %q, want %d", count[name], name, want)
		}
	}
	if count["fetch"] == 0 {
		t.Error("the trace has no fetch")
	}
}

// probe asks a server for its health, as a client that is traced.
func probe(t *testing.T, ctx context.Context, addr string) {
	t.Helper()
	conn, err := grpc.NewClient(addr, append(tracingOf(ctx).dial(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
}

// Spans go where OpenTelemetry's variables say, and nowhere without them; a collector that is away costs a line, and not the command.
func TestTracesAreSent(t *testing.T) {
	var paths []string
	var body []byte
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		body, _ = io.ReadAll(r.Body)
	}))
	defer collector.Close()
	command := func() (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"version"}, streams{strings.NewReader(""), &out, &errs})
		return code, errs.String()
	}
	command()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_SDK_DISABLED", "true")
	command()
	if len(paths) != 0 {
		t.Errorf("spans were sent without being asked for: %q", paths)
	}
	t.Setenv("OTEL_SDK_DISABLED", "")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "site=here")
	t.Setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	command()
	if !slices.Equal(paths, []string{"/v1/traces"}) {
		t.Errorf("calls of %q", paths)
	}
	for _, want := range []string{"octet version", "service.name", "site", "here", "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c"} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("what was sent does not hold %q", want)
		}
	}
	called := make(chan string, 1)
	overGRPC := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(s)
		called <- method
		if err := s.RecvMsg(&healthv1.HealthListRequest{}); err != nil { // an empty message: what it does not know it leaves alone
			return err
		}
		return s.SendMsg(&healthv1.HealthListRequest{})
	}))
	defer overGRPC.Stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = overGRPC.Serve(l) }() // it ends when it is stopped
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+l.Addr().String())
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	code, text := command()
	overGRPC.Stop()
	close(called)
	if method := <-called; code != 0 || text != "" || method != "/opentelemetry.proto.collector.trace.v1.TraceService/Export" {
		t.Errorf("over gRPC: status %d, %q, called %q", code, text, method)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke")
	if code, text := command(); code != exitUsage || !strings.Contains(text, `want grpc or http/protobuf`) {
		t.Errorf("status %d, %q", code, text)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+freeport.Addr(t))
	if code, text := command(); code != 0 || !strings.HasPrefix(text, "octet: traces: 1 spans could not be sent: ") {
		t.Errorf("without a collector: status %d, %q", code, text)
	}
}

// Profiles show what is in memory: they are served on this machine alone.
func TestProfilesStayHere(t *testing.T) {
	for _, f := range []telemetryFlags{{pprof: true}, {listen: "0.0.0.0:0", pprof: true}, {listen: ":0", pprof: true}} {
		if _, _, err := f.open(t.Context(), zap.NewNop()); err == nil {
			t.Errorf("%+v opens", f)
		}
	}
	f := telemetryFlags{listen: "127.0.0.1:0", pprof: true}
	served, stop, err := f.open(t.Context(), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	// A name that a page in a browser has lead here is none of this machine's.
	for host, want := range map[string]int{served.addr: http.StatusOK, "localhost:1": http.StatusOK, "rebound.example.org": http.StatusForbidden, "localhost.example.org:1": http.StatusForbidden} {
		for _, path := range []string{"", "cmdline", "symbol"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+served.addr+"/debug/pprof/"+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s of host %s: %s, want %d", path, host, resp.Status, want)
			}
		}
	}
}
