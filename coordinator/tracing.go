package coordinator

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// tracerName is whose spans these are.
const tracerName = "github.com/octetlite/octet/coordinator"

// traceParent is the header of W3C's trace context, which a job's record keeps: a trace goes on where another coordinator takes a job up.
const traceParent = "traceparent"

func tracerOf(p trace.TracerProvider) trace.Tracer {
	if p == nil {
		p = noop.NewTracerProvider()
	}
	return p.Tracer(tracerName)
}

// traceOf returns the trace that a call belongs to, as a record keeps it; "" for none.
func traceOf(ctx context.Context) string {
	header := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, header)
	return header[traceParent]
}

// traceJob returns a context with the span of a job, which ends when the job does, or this coordinator's term.
func (s *Server) traceJob(ctx context.Context, r Record) context.Context {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceParent: r.Trace})
	if r.State.Final() {
		return ctx
	}
	ctx, _ = s.tracer.Start(ctx, "job", trace.WithAttributes(
		attribute.String("octet.job", r.ID), attribute.String("octet.scheme", r.Spec.Scheme), attribute.Int64("octet.term", s.Number)))
	return ctx
}

// traceState takes note of a job's state in its span. The caller holds the lock.
func (s *Server) traceState(f Save) {
	e := s.jobs[f.Job]
	if e == nil {
		return
	}
	span := trace.SpanFromContext(e.ctx)
	span.AddEvent(string(f.State))
	if !f.State.Final() {
		return
	}
	span.SetAttributes(attribute.String("octet.state", string(f.State)), attribute.Int("octet.samples", f.Progress.SamplesTotal), attribute.Int("octet.shards", f.Progress.ShardsTotal))
	if f.State == Failed {
		span.SetStatus(codes.Error, f.Error.Message)
	}
	span.End()
}

// traceAttempt returns a context with the span of an attempt, within that of its job, without ending when the job does.
func (s *Server) traceAttempt(ctx, job context.Context, f Start) (context.Context, trace.Span) {
	ctx = trace.ContextWithSpan(ctx, trace.SpanFromContext(job))
	return s.tracer.Start(ctx, "shard", trace.WithAttributes(
		attribute.String("octet.job", f.Job), attribute.Int("octet.shard", f.Shard), attribute.Int("octet.attempt", f.Attempt), attribute.String("octet.worker", f.Worker),
		attribute.Int("octet.samples", f.Range.Len())))
}

// span begins a part of a job's work; end, which is to be deferred, ends it with the error that came of it.
func (s *Server) span(ctx context.Context, name string) (_ context.Context, end func(err *error)) {
	ctx, span := s.tracer.Start(ctx, name)
	return ctx, func(err *error) {
		traceError(span, *err)
		span.End()
	}
}

// traceError has a span say that it failed.
func traceError(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
}
