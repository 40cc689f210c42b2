package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// flushWithin bounds how long the end of a program waits for its last spans to be sent.
const flushWithin = 3 * time.Second

// tracing is where the spans of this process go. Its nil has none.
type tracing struct {
	provider trace.TracerProvider
	report   atomic.Pointer[func(error)] // of spans that can't be sent
	flush    func()
}

type tracingKey struct{}

// tracingOf returns the tracing of a command's context; nil if there is none.
func tracingOf(ctx context.Context) *tracing {
	t, _ := ctx.Value(tracingKey{}).(*tracing)
	return t
}

func withTracing(ctx context.Context, t *tracing) context.Context {
	return context.WithValue(ctx, tracingKey{}, t)
}

// openTracing returns a tracing that sends spans as OpenTelemetry's variables say; nil if they say nothing of a place to send them to.
func openTracing(ctx context.Context, getenv func(string) string, service string, report func(error)) (*tracing, error) {
	endpoint := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	if endpoint == "" || getenv("OTEL_TRACES_EXPORTER") == "none" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	var exporter sdktrace.SpanExporter
	var err error
	switch p := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf"); p {
	case "grpc":
		exporter, err = otlptracegrpc.New(ctx)
	case "http/protobuf":
		exporter, err = otlptracehttp.New(ctx)
	default:
		return nil, usagef("OTEL_EXPORTER_OTLP_PROTOCOL=%q: want grpc or http/protobuf", p)
	}
	if err != nil {
		return nil, fmt.Errorf("traces to %s: %w", endpoint, err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(),
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version())), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	t := newTracing(nil)
	t.report.Store(&report)
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(&reporting{exporter, t}), sdktrace.WithResource(about))
	t.provider = provider
	t.flush = func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
		defer cancel()
		_ = provider.Shutdown(ctx) // what could not be sent was reported
	}
	return t, nil
}

func newTracing(p trace.TracerProvider) *tracing { return &tracing{provider: p, flush: func() {}} }

// reporting is an exporter whose errors are reported, and go nowhere else.
type reporting struct {
	sdktrace.SpanExporter
	t *tracing
}

func (r *reporting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := r.SpanExporter.ExportSpans(ctx, spans); err != nil {
		(*r.t.report.Load())(fmt.Errorf("%d spans could not be sent: %w", len(spans), err))
	}
	return nil
}

// reportTo has spans that can't be sent be reported elsewhere.
func (t *tracing) reportTo(report func(error)) {
	if t != nil {
		t.report.Store(&report)
	}
}

// tracers returns the provider; nil for none.
func (t *tracing) tracers() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.provider
}

// handling are the options of otelgrpc.
func (t *tracing) handling() []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(t.provider), otelgrpc.WithPropagators(propagation.TraceContext{}),
		otelgrpc.WithFilter(func(i *stats.RPCTagInfo) bool { return !strings.HasPrefix(i.FullMethodName, "/grpc.") }), // probes
	}
}

// dial returns the options for calls that carry their trace along.
func (t *tracing) dial() []grpc.DialOption {
	if t == nil {
		return nil
	}
	return []grpc.DialOption{grpc.WithStatsHandler(otelgrpc.NewClientHandler(t.handling()...))}
}

// server returns the options of a server that takes part in the traces of its callers.
func (t *tracing) server() []grpc.ServerOption {
	if t == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(t.handling()...))}
}

// command runs a command in a span, within the trace that the variable TRACEPARENT names, if it does.
func (t *tracing) command(ctx context.Context, name string, do func(ctx context.Context) error) error {
	if t == nil {
		return do(ctx)
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": os.Getenv("TRACEPARENT")})
	ctx, span := t.provider.Tracer("github.com/octetlite/octet/cmd/octet").Start(ctx, name)
	defer span.End()
	err := do(ctx)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}
