package worker

import (
	"context"
	"io"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/store"
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

// tracedFetch runs a fetch, until what it brings is read, in a span of its own.
func tracedFetch(fetch store.Fetch) store.Fetch {
	return func(ctx context.Context, d store.Digest) (io.ReadCloser, int64, error) {
		ctx, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("github.com/octetlite/octet/worker").Start(ctx, "fetch")
		r, size, err := fetch(ctx, d)
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
			span.End()
			return nil, 0, err
		}
		return &spanned{r, span}, size, nil
	}
}

// spanned ends its span when it is closed.
type spanned struct {
	io.ReadCloser
	span trace.Span
}

func (s *spanned) Close() error {
	defer s.span.End()
	return s.ReadCloser.Close()
}

// traceField names the trace that a call belongs to, for the log.
func traceField(ctx context.Context) zap.Field {
	if c := trace.SpanContextFromContext(ctx); c.HasTraceID() {
		return zap.String("trace", c.TraceID().String())
	}
	return zap.Skip()
}
