package coordinator

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// sampleService serves streams of samples.
type sampleService struct {
	octetv1.UnimplementedSampleServiceServer
	server *Server
}

// CreateStream implements the service.
func (c *sampleService) CreateStream(ctx context.Context, req *octetv1.CreateStreamRequest) (*octetv1.CreateStreamResponse, error) {
	s := c.server
	if err := s.serves(); err != nil {
		return nil, err
	}
	inputs, err := streamFromWire(req)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	now := s.stamp()
	s.creates.Lock()
	defer s.creates.Unlock()
	s.mu.Lock()
	st, err := s.newStream(StreamRecord{ID: req.GetStreamId(), Namespace: credential.CallerOf(ctx).Namespace, Inputs: inputs, Created: now, Changed: now})
	have, count, all := s.streams[st.key()], 0, s.streams
	for _, other := range s.streams {
		if other.Namespace == st.Namespace {
			count++
		}
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		return nil, status.Error(codes.InvalidArgument, err.Error())
	case have != nil && !reflect.DeepEqual(have.Inputs, inputs):
		return nil, status.Errorf(codes.AlreadyExists, "stream %q has other inputs: %v", st.ID, have.Inputs)
	case have != nil:
		return &octetv1.CreateStreamResponse{Stream: s.streamToWire(s.record(have))}, nil
	case count >= s.config.Streams:
		return nil, status.Errorf(codes.ResourceExhausted, "there are %d streams: delete some (ListStreams shows them)", count)
	}
	// Not cut off when the client leaves, since a stream must not be in the journal and unknown here.
	if err := s.once(ctx, func(ctx context.Context) error { return st.journal.SaveStream(ctx, st.StreamRecord, 0) }); err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	s.mu.Lock()
	all[st.key()] = st // those of the term: the next one finds the stream in the journal
	s.mu.Unlock()
	s.log.Info("stream_created", zap.String("stream", st.ID), zap.String("namespace", st.Namespace), zap.Int("sample_bytes", st.sampleBytes))
	return &octetv1.CreateStreamResponse{Stream: s.streamToWire(s.record(st))}, nil
}

// PushSamples implements the service.
func (c *sampleService) PushSamples(call grpc.BidiStreamingServer[octetv1.PushSamplesRequest, octetv1.PushSamplesResponse]) error {
	first, err := call.Recv()
	if err != nil {
		return status.Error(codes.InvalidArgument, "the first message names the stream")
	}
	st, err := c.server.stream(call.Context(), first.GetStreamId())
	if err != nil {
		return err
	}
	return c.server.push(st, first, call)
}

// FinishStream implements the service.
func (c *sampleService) FinishStream(ctx context.Context, req *octetv1.FinishStreamRequest) (*octetv1.FinishStreamResponse, error) {
	s := c.server
	st, err := s.stream(ctx, req.GetStreamId())
	if err != nil {
		return nil, err
	}
	r := s.record(st)
	// Nobody is displaced by a call that is of no use.
	if err := r.holds(req.GetSamples()); err != nil {
		return nil, err
	}
	if r.Dataset == nil {
		if err := s.finishStream(ctx, st, req.GetSamples()); err != nil {
			return nil, err
		}
		r = s.record(st)
		s.log.Info("stream_finished", zap.String("stream", r.ID), zap.String("namespace", r.Namespace), zap.Int("samples", r.Samples), zap.String("dataset", r.Dataset.Digest))
	}
	return &octetv1.FinishStreamResponse{Stream: s.streamToWire(r)}, nil
}

// GetStream implements the service.
func (c *sampleService) GetStream(ctx context.Context, req *octetv1.GetStreamRequest) (*octetv1.GetStreamResponse, error) {
	st, err := c.server.stream(ctx, req.GetStreamId())
	if err != nil {
		return nil, err
	}
	return &octetv1.GetStreamResponse{Stream: c.server.streamToWire(c.server.record(st))}, nil
}

// ListStreams implements the service. A page token is the id and the namespace of the last stream of the page before.
func (c *sampleService) ListStreams(ctx context.Context, req *octetv1.ListStreamsRequest) (*octetv1.ListStreamsResponse, error) {
	s := c.server
	if err := s.serves(); err != nil {
		return nil, err
	}
	size, err := pageSizeOf(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	all := s.streamsOf(credential.CallerOf(ctx))
	position := func(r StreamRecord) string { return r.ID + "\x00" + r.Namespace }
	from, _ := slices.BinarySearchFunc(all, req.GetPageToken(), func(r StreamRecord, token string) int {
		return strings.Compare(position(r), token+map[bool]string{true: "\x00"}[token != ""]) // behind the token
	})
	resp := &octetv1.ListStreamsResponse{}
	for i, r := range all[from:] {
		if i == size {
			resp.NextPageToken = position(all[from+i-1])
			break
		}
		resp.Streams = append(resp.Streams, s.streamToWire(r))
	}
	return resp, nil
}

// DeleteStream implements the service.
func (c *sampleService) DeleteStream(ctx context.Context, req *octetv1.DeleteStreamRequest) (*octetv1.DeleteStreamResponse, error) {
	st, err := c.server.stream(ctx, req.GetStreamId())
	if err != nil {
		return nil, err
	}
	if err := c.server.forgetStream(ctx, st, false, time.Time{}); err != nil {
		return nil, err
	}
	return &octetv1.DeleteStreamResponse{}, nil
}
