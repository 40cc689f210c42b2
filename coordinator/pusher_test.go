package coordinator

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// pusher is a client that pushes the samples of a file of the model to a stream.
type pusher struct {
	c    *cluster
	api  octetv1.SampleServiceClient
	id   string
	data []byte // of all samples
	size int    // of one
	call grpc.BidiStreamingClient[octetv1.PushSamplesRequest, octetv1.PushSamplesResponse]
	at   int // bytes sent
	end  context.CancelFunc
}

// samplesOf returns the bytes of a convModel's samples.
func samplesOf(t *testing.T, m *model) []byte {
	t.Helper()
	data, err := store.ReadAll(t.Context(), m.data, m.manifest.Refs()[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return data[len(data)-4*8*8*3*m.manifest.Len():]
}

func convInputs() []*octetv1.StreamInput {
	return []*octetv1.StreamInput{{Name: "x", Dtype: "f32", Shape: []int64{1, 8, 8, 3}}}
}

// stream opens a stream for the samples of a convModel.
func (c *cluster) stream(id string, m *model) *pusher {
	c.t.Helper()
	p := &pusher{c: c, api: c.samples, id: id, data: samplesOf(c.t, m), size: 4 * 8 * 8 * 3}
	resp, err := p.api.CreateStream(c.t.Context(), &octetv1.CreateStreamRequest{StreamId: id, Inputs: inputsOf(c.t, m)})
	if err != nil {
		c.t.Fatal(err)
	}
	if s := resp.GetStream(); s.GetSampleSize() != int64(p.size) || s.GetChunkSamples() != 32 {
		c.t.Fatalf("created %v", s)
	}
	return p
}

func inputsOf(t *testing.T, m *model) (all []*octetv1.StreamInput) {
	t.Helper()
	for _, in := range m.manifest.Inputs {
		w := &octetv1.StreamInput{Name: in.Name, Dtype: in.DType.String()}
		for _, d := range in.Shape {
			w.Shape = append(w.Shape, int64(d))
		}
		all = append(all, w)
	}
	return all
}

// begin calls PushSamples, and goes on from what is committed.
func (p *pusher) begin() {
	p.c.t.Helper()
	ctx, cancel := context.WithCancel(p.c.t.Context())
	call, err := p.api.PushSamples(ctx)
	if err == nil {
		err = call.Send(&octetv1.PushSamplesRequest{StreamId: p.id})
	}
	if err != nil {
		p.c.t.Fatal(err)
	}
	p.call, p.end = call, cancel
	p.at = p.acked() * p.size
}

// acked waits for the next answer.
func (p *pusher) acked() int {
	p.c.t.Helper()
	resp, err := p.call.Recv()
	if err != nil {
		p.c.t.Fatalf("Recv: %v", err)
	}
	return int(resp.GetCommitted())
}

// push sends the bytes up to an offset, so many at a time.
func (p *pusher) push(to, step int) {
	p.c.t.Helper()
	for ; p.at < to; p.at = min(p.at+step, to) {
		err := p.call.Send(&octetv1.PushSamplesRequest{Sample: int64(p.at / p.size), Offset: int64(p.at % p.size), Data: p.data[p.at:min(p.at+step, to)]})
		if err != nil && !errors.Is(err, io.EOF) {
			p.c.t.Fatal(err)
		}
	}
}

// await waits until so many samples are committed.
func (p *pusher) await(samples int) {
	p.c.t.Helper()
	for n := 0; n < samples; n = p.acked() {
	}
}

// failed waits for the call to end with an error.
func (p *pusher) failed(what string, want codes.Code) {
	p.c.t.Helper()
	for {
		if _, err := p.call.Recv(); err != nil {
			wantCode(p.c.t, what, err, want)
			return
		}
	}
}

// close ends the client's side, and waits until all is committed.
func (p *pusher) close() (committed int) {
	p.c.t.Helper()
	if err := p.call.CloseSend(); err != nil {
		p.c.t.Fatal(err)
	}
	for {
		resp, err := p.call.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return committed
		case err != nil:
			p.c.t.Fatal(err)
		}
		committed = int(resp.GetCommitted())
	}
}

func (p *pusher) finish(samples int) *octetv1.Stream {
	p.c.t.Helper()
	resp, err := p.api.FinishStream(p.c.t.Context(), &octetv1.FinishStreamRequest{StreamId: p.id, Samples: int64(samples)})
	if err != nil {
		p.c.t.Fatal(err)
	}
	return resp.GetStream()
}

// streamSpec is the specification of a job on a stream.
func (c *cluster) streamSpec(m *model, id string) *octetv1.JobSpec {
	return &octetv1.JobSpec{Source: c.upload(m.source), SourceName: m.name, Scheme: octetv1.Scheme_SCHEME_INT8, Stream: id}
}

// done waits until so many of a job's samples are measured.
func (c *cluster) done(id string, samples int) {
	c.t.Helper()
	for range 10_000 {
		if j := c.get(id); j.GetProgress().GetSamplesDone() >= int64(samples) && j.GetProgress().GetAttemptsRunning() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("the job does not get on: %v", c.get(id))
}

// pushAs pushes samples in the name of a caller, by a call that then ends.
func (c *cluster) pushAs(ctx context.Context, id string, data []byte) error {
	from := make(chan *octetv1.PushSamplesRequest, 2)
	from <- &octetv1.PushSamplesRequest{StreamId: id, Data: data}
	close(from)
	return (&sampleService{server: c.server}).PushSamples(&finiteCall{ctx: ctx, from: from})
}

// finiteCall is a call of PushSamples that ends behind its messages.
type finiteCall struct {
	grpc.ServerStream
	ctx  context.Context
	from chan *octetv1.PushSamplesRequest
}

func (f *finiteCall) Context() context.Context                { return f.ctx }
func (f *finiteCall) Send(*octetv1.PushSamplesResponse) error { return nil }
func (f *finiteCall) Recv() (m *octetv1.PushSamplesRequest, err error) {
	m, ok := <-f.from
	if !ok {
		err = io.EOF
	}
	return m, err
}

// deafCall is a call of PushSamples whose client does not read what it is told.
type deafCall struct {
	grpc.ServerStream
	ctx  context.Context
	from chan *octetv1.PushSamplesRequest
}

func (d *deafCall) Context() context.Context { return d.ctx }

func (d *deafCall) Recv() (*octetv1.PushSamplesRequest, error) {
	select {
	case m := <-d.from:
		return m, nil
	case <-d.ctx.Done():
		return nil, d.ctx.Err()
	}
}

func (d *deafCall) Send(*octetv1.PushSamplesResponse) error {
	<-d.ctx.Done()
	return d.ctx.Err()
}
