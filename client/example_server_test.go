package client_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"

	"google.golang.org/grpc"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// pretender is the coordinator of the examples: it knows every blob, and makes the same model of everything.
type pretender struct {
	octetv1.UnimplementedBlobServiceServer
	octetv1.UnimplementedConversionServiceServer
	octetv1.UnimplementedSampleServiceServer
	samples int64
}

// coordinator starts one, and returns its address.
func coordinator() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	p, g := &pretender{}, grpc.NewServer()
	octetv1.RegisterBlobServiceServer(g, p)
	octetv1.RegisterConversionServiceServer(g, p)
	octetv1.RegisterSampleServiceServer(g, p)
	go func() { _ = g.Serve(l) }() // until the process ends
	return l.Addr().String()
}

const made = "flatbuffer"

func (p *pretender) QueryWrite(_ context.Context, req *octetv1.QueryWriteRequest) (*octetv1.QueryWriteResponse, error) {
	return &octetv1.QueryWriteResponse{CommittedSize: req.GetBlob().GetSize(), Complete: true}, nil
}

func (p *pretender) Read(_ *octetv1.ReadRequest, stream grpc.ServerStreamingServer[octetv1.ReadResponse]) error {
	return stream.Send(&octetv1.ReadResponse{Data: []byte(made), Size: int64(len(made))})
}

func (p *pretender) CreateJob(_ context.Context, req *octetv1.CreateJobRequest) (*octetv1.CreateJobResponse, error) {
	return &octetv1.CreateJobResponse{Job: &octetv1.Job{Id: "j", Spec: req.GetSpec()}}, nil
}

func (p *pretender) WatchJob(_ *octetv1.WatchJobRequest, stream grpc.ServerStreamingServer[octetv1.WatchJobResponse]) error {
	model := &octetv1.Blob{Digest: string(store.Of([]byte(made))), Size: int64(len(made))}
	return stream.Send(&octetv1.WatchJobResponse{Job: &octetv1.Job{Id: "j", State: octetv1.JobState_JOB_STATE_SUCCEEDED, Result: &octetv1.JobResult{Model: model}}})
}

func (p *pretender) CreateStream(_ context.Context, req *octetv1.CreateStreamRequest) (*octetv1.CreateStreamResponse, error) {
	return &octetv1.CreateStreamResponse{Stream: &octetv1.Stream{StreamId: req.GetStreamId(), SampleSize: 28 * 28 * 4}}, nil
}

func (p *pretender) PushSamples(call grpc.BidiStreamingServer[octetv1.PushSamplesRequest, octetv1.PushSamplesResponse]) error {
	for bytes := 0; ; {
		req, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		bytes += len(req.GetData())
		p.samples = int64(bytes / (28 * 28 * 4))
		if err := call.Send(&octetv1.PushSamplesResponse{Committed: p.samples}); err != nil {
			return err
		}
	}
}

func (p *pretender) FinishStream(context.Context, *octetv1.FinishStreamRequest) (*octetv1.FinishStreamResponse, error) {
	return &octetv1.FinishStreamResponse{Stream: &octetv1.Stream{Samples: p.samples, Dataset: &octetv1.Blob{}}}, nil
}

func (p *pretender) ListStreams(context.Context, *octetv1.ListStreamsRequest) (*octetv1.ListStreamsResponse, error) {
	return &octetv1.ListStreamsResponse{Streams: []*octetv1.Stream{{StreamId: "run-41", Samples: 64, SampleSize: 28 * 28 * 4, Dataset: &octetv1.Blob{}}}}, nil
}

func (p *pretender) DeleteStream(context.Context, *octetv1.DeleteStreamRequest) (*octetv1.DeleteStreamResponse, error) {
	return &octetv1.DeleteStreamResponse{}, nil
}
