package worker

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// traced runs a part of a shard's work in a span of the trace that the call belongs to, if it belongs to one.
func traced(ctx context.Context, name string, do func(ctx context.Context) error) error {
	ctx, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("github.com/octetlite/octet/worker").Start(ctx, name)
	defer span.End()
	err := do(ctx)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}

// traceField names the trace that a call belongs to, for the log.
func traceField(ctx context.Context) zap.Field {
	if c := trace.SpanContextFromContext(ctx); c.HasTraceID() {
		return zap.String("trace", c.TraceID().String())
	}
	return zap.Skip()
}
