package coordinator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/credential"
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

// A job calibrates while samples arrive, and makes what it makes of the same samples in a file. How they arrive does not matter: in pieces of any size, with calls that
// are cut off, and over a restart of the coordinator.
func TestStreamWhileTheJobRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		c.worker("b", nil)
		m := convModel(t, 70)
		p := c.stream("run-1", m)
		spec := c.streamSpec(m, "run-1")
		want, err := m.inProcess(t, c.spec(m))
		if err != nil {
			t.Fatal(err)
		}
		job := c.create("r", spec)
		p.begin()
		p.push(40*p.size, 1000)
		p.await(32)
		c.done(job.GetId(), 32)
		j := c.get(job.GetId())
		if j.GetState() != octetv1.JobState_JOB_STATE_CALIBRATING || !strings.Contains(j.GetProgress().GetWaiting(), "stream of samples is open") {
			t.Errorf("while the stream is open the job is %v", j)
		}
		p.end() // the call is cut off; the eight samples behind the chunk may have been committed or not
		c.restart()
		p.begin()
		p.push(len(p.data)-1, 7777)
		p.push(len(p.data), 1)
		if n := p.close(); n != 70 {
			t.Fatalf("%d samples are committed", n)
		}
		s := p.finish(70)
		if s.GetState() != octetv1.StreamState_STREAM_STATE_FINISHED || s.GetSamples() != 70 {
			t.Errorf("finished: %v", s)
		}
		j = c.wait(job.GetId())
		if got := c.result(j); !bytes.Equal(got, want.Model.Bytes()) {
			t.Error("the model is another than that of the same samples in a file")
		}
		if p := j.GetProgress(); p.GetShardsTotal() != 3 || p.GetSamplesDone() != 70 {
			t.Errorf("in the end: %v", p)
		}
		// The same samples at once are the same dataset, whose statistics need not be measured again.
		again := c.stream("run-2", m)
		again.begin()
		again.push(len(p.data), 1<<20)
		again.close()
		if d := again.finish(70).GetDataset(); d.GetDigest() != s.GetDataset().GetDigest() {
			t.Errorf("the dataset is %v, it was %v when it came in pieces", d, s.GetDataset())
		}
		second := c.wait(c.create("r2", c.streamSpec(m, "run-2")).GetId())
		if !bytes.Equal(c.result(second), want.Model.Bytes()) || second.GetStatisticsFrom() != job.GetId() {
			t.Errorf("the second job: %v", second)
		}
		// Measured again, and by way of the manifest as of any dataset's.
		third := c.streamSpec(m, "run-2")
		third.FreshStatistics = true
		fourth := &octetv1.JobSpec{Source: third.GetSource(), SourceName: m.name, Scheme: third.GetScheme(), Dataset: s.GetDataset(), FreshStatistics: true}
		for id, spec := range map[string]*octetv1.JobSpec{"r3": third, "r4": fourth} {
			j := c.wait(c.create(id, spec).GetId())
			if !bytes.Equal(c.result(j), want.Model.Bytes()) || j.GetStatisticsFrom() != "" {
				t.Errorf("%s: %v", id, j)
			}
		}
	})
}

// What is committed outlives the coordinator; what is not is pushed again, and nothing is counted twice.
func TestCommittedSamplesStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 40)
		p := c.stream("s", m)
		for _, n := range []int{3, 4, 33, 34, 40} { // pieces of a chunk, a chunk, pieces of the next
			p.begin()
			p.push(n*p.size, 5000)
			p.await(n)                                                                                           // it is committed though the call goes on
			if err := p.call.Send(&octetv1.PushSamplesRequest{Sample: int64(n), Data: p.data[:5]}); err != nil { // of a sample that is never whole
				t.Fatal(err)
			}
			p.end()
			c.restart()
			p.begin()
			if p.at != n*p.size {
				t.Fatalf("%d samples after a restart, want %d", p.at/p.size, n)
			}
			p.end()
		}
		s := p.finish(40)
		data, err := fetch(t.Context(), c.blobs, s.GetDataset().GetDigest())
		if err != nil {
			t.Fatal(err)
		}
		chunks := []string{string(store.Of(p.data[:32*p.size])), string(store.Of(p.data[32*p.size:]))}
		for _, d := range chunks {
			if !strings.Contains(string(data), d) {
				t.Errorf("chunk %s is not in the manifest:\n%s", d, data)
			}
		}
	})
}

func TestPushRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.StreamBytes = 35 * 4 * 8 * 8 * 3 })
		m := convModel(t, 40)
		p := c.stream("s", m)
		send := func(sample, offset int64, data []byte) {
			if err := p.call.Send(&octetv1.PushSamplesRequest{Sample: sample, Offset: offset, Data: data}); err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		for _, at := range [][2]int64{{1, 0}, {0, 1}, {-1, 0}, {1 << 62, 0}} {
			p.begin()
			send(at[0], at[1], p.data[:10])
			p.failed(fmt.Sprint("data at ", at), codes.Aborted)
		}
		p.begin()
		p.push(p.size, p.size)
		send(0, 0, p.data[:p.size])
		p.failed("a sample that was sent", codes.Aborted)
		p.begin()
		send(0, 0, make([]byte, chunk+1))
		p.failed("a large message", codes.InvalidArgument)
		// Data that end within a sample are a mistake; the samples in front are kept.
		p.begin()
		p.push(2*p.size+1, p.size)
		if err := p.call.CloseSend(); err != nil {
			t.Fatal(err)
		}
		p.failed("half a sample", codes.InvalidArgument)
		p.begin()
		if p.at != 2*p.size {
			t.Fatalf("%d bytes are committed, want two samples", p.at)
		}
		// Finishing with another number of samples changes nothing for those who push.
		for _, n := range []int64{0, 1, 3} {
			_, err := p.api.FinishStream(t.Context(), &octetv1.FinishStreamRequest{StreamId: "s", Samples: n})
			wantCode(t, "FinishStream too early", err, codes.FailedPrecondition)
		}
		// The later call goes on.
		old := p.call
		p.begin()
		_, err := old.Recv()
		wantCode(t, "the earlier call", err, codes.Aborted)
		p.push(35*p.size, p.size)
		p.await(35)
		send(35, 0, p.data[:1])
		p.failed("more than the limit", codes.ResourceExhausted)
		p.begin()
		p.finish(35)
		p.failed("a call while the stream is finished", codes.Aborted)
		if again := p.finish(35); again.GetDataset() == nil {
			t.Errorf("a repeat: %v", again)
		}
		call, err := p.api.PushSamples(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Send(&octetv1.PushSamplesRequest{StreamId: "s"}); err != nil {
			t.Fatal(err)
		}
		_, err = call.Recv()
		wantCode(t, "a finished stream", err, codes.FailedPrecondition)
	})
}

func TestStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.Streams = 3 })
		api := c.samples
		create := func(id string, inputs ...*octetv1.StreamInput) error {
			_, err := api.CreateStream(t.Context(), &octetv1.CreateStreamRequest{StreamId: id, Inputs: inputs})
			return err
		}
		wantCode(t, "no inputs", create("a"), codes.InvalidArgument)
		wantCode(t, "no id", create("", convInputs()...), codes.InvalidArgument)
		wantCode(t, "a long id", create(strings.Repeat("x", maxRequestID+1), convInputs()...), codes.InvalidArgument)
		wantCode(t, "an unknown type", create("a", &octetv1.StreamInput{Name: "x", Dtype: "float32", Shape: []int64{1}}), codes.InvalidArgument)
		wantCode(t, "an unknown dimension", create("a", &octetv1.StreamInput{Name: "x", Dtype: "f32", Shape: []int64{-1, 3}}), codes.InvalidArgument)
		wantCode(t, "a huge dimension", create("a", &octetv1.StreamInput{Name: "x", Dtype: "f32", Shape: []int64{1 << 62, 1 << 62}}), codes.InvalidArgument)
		for range 2 {
			wantCode(t, "a stream, and a repeat", create("b", convInputs()...), codes.OK)
		}
		wantCode(t, "other inputs", create("b", &octetv1.StreamInput{Name: "x", Dtype: "f32", Shape: []int64{1}}), codes.AlreadyExists)
		c.restart()
		wantCode(t, "a repeat after a restart", create("b", convInputs()...), codes.OK)
		wantCode(t, "a scalar", create("a", &octetv1.StreamInput{Name: "x", Dtype: "bool"}), codes.OK)
		wantCode(t, "a third", create("c", convInputs()...), codes.OK)
		wantCode(t, "a fourth", create("d", convInputs()...), codes.ResourceExhausted)
		var ids []string
		for token := ""; ; {
			page, err := api.ListStreams(t.Context(), &octetv1.ListStreamsRequest{PageSize: 2, PageToken: token})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range page.GetStreams() {
				ids = append(ids, s.GetStreamId())
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
		if fmt.Sprint(ids) != "[a b c]" {
			t.Errorf("ListStreams: %v", ids)
		}
		if _, err := api.DeleteStream(t.Context(), &octetv1.DeleteStreamRequest{StreamId: "a"}); err != nil {
			t.Error(err)
		}
		_, getErr := api.GetStream(t.Context(), &octetv1.GetStreamRequest{StreamId: "a"})
		_, deleteErr := api.DeleteStream(t.Context(), &octetv1.DeleteStreamRequest{StreamId: "a"})
		_, finishErr := api.FinishStream(t.Context(), &octetv1.FinishStreamRequest{StreamId: "a"})
		for _, err := range []error{getErr, deleteErr, finishErr} {
			wantCode(t, "a stream that was deleted", err, codes.NotFound)
		}
		c.restart()
		wantCode(t, "room again", create("d", convInputs()...), codes.OK)
	})
}

// Each namespace has streams of its own.
func TestStreamsOfNamespaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		as := func(ns string) context.Context {
			return credential.WithCaller(t.Context(), credential.Caller{Role: credential.Client, Namespace: ns})
		}
		service := &sampleService{server: c.server}
		for _, ns := range []string{"vision", "audio"} {
			if _, err := service.CreateStream(as(ns), &octetv1.CreateStreamRequest{StreamId: ns, Inputs: convInputs()}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := service.GetStream(as("audio"), &octetv1.GetStreamRequest{StreamId: "vision"})
		wantCode(t, "GetStream", err, codes.NotFound)
		_, err = service.DeleteStream(as("audio"), &octetv1.DeleteStreamRequest{StreamId: "vision"})
		wantCode(t, "DeleteStream", err, codes.NotFound)
		m := convModel(t, 4)
		jobs := &conversionService{server: c.server}
		_, err = jobs.CreateJob(as("audio"), &octetv1.CreateJobRequest{RequestId: "r", Spec: c.streamSpec(m, "vision")})
		wantCode(t, "CreateJob", err, codes.NotFound)
		for ctx, want := range map[context.Context]int{as("vision"): 1, as("audio"): 1, t.Context(): 2} {
			if list, err := service.ListStreams(ctx, &octetv1.ListStreamsRequest{}); err != nil || len(list.GetStreams()) != want {
				t.Errorf("%+v sees %v, %v", credential.CallerOf(ctx), list, err)
			}
		}
	})
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

// What a namespace pushed is its own, as if it had uploaded it: it may name the dataset in jobs, and no other may. Its bound counts.
func TestSamplesOfNamespaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := convModel(t, 70)
		data := samplesOf(t, m)
		c := newCluster(t, func(c *cluster) { c.config.NamespaceBytes = int64(len(data)) + 20_000 })
		c.worker("a", nil)
		as := func(ns string) context.Context {
			return credential.WithCaller(t.Context(), credential.Caller{Role: credential.Client, Namespace: ns})
		}
		service, jobs := &sampleService{server: c.server}, &conversionService{server: c.server}
		create := func(ctx context.Context, id string) {
			if _, err := service.CreateStream(ctx, &octetv1.CreateStreamRequest{StreamId: id, Inputs: inputsOf(t, m)}); err != nil {
				t.Fatal(err)
			}
		}
		create(as("vision"), "s")
		if err := c.pushAs(as("vision"), "s", data); err != nil {
			t.Fatal(err)
		}
		done, err := service.FinishStream(as("vision"), &octetv1.FinishStreamRequest{StreamId: "s", Samples: 70})
		if err != nil {
			t.Fatal(err)
		}
		spec := &octetv1.JobSpec{Source: c.upload(m.source), SourceName: m.name, Scheme: octetv1.Scheme_SCHEME_INT8, Dataset: done.GetStream().GetDataset()}
		for _, ns := range []string{"vision", "audio"} { // both have the model
			if err := c.server.own(as(ns), store.Digest(spec.GetSource().GetDigest())); err != nil {
				t.Fatal(err)
			}
		}
		_, err = jobs.CreateJob(as("audio"), &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
		wantCode(t, "a job on another's samples", err, codes.FailedPrecondition)
		resp, err := jobs.CreateJob(as("vision"), &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
		if err != nil {
			t.Fatal(err)
		}
		c.result(c.wait(resp.GetJob().GetId()))
		create(as("vision"), "more")
		for i := range data {
			data[i] ^= 1 // other samples
		}
		wantCode(t, "more than the namespace may have", c.pushAs(as("vision"), "more", data), codes.ResourceExhausted)
		create(as("audio"), "more")
		wantCode(t, "another namespace", c.pushAs(as("audio"), "more", data), codes.OK)
	})
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

// A client that does not read what it is told does not keep another one from the stream.
func TestClientThatDoesNotListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		p := c.stream("s", convModel(t, 40))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		deaf := &deafCall{ctx: ctx, from: make(chan *octetv1.PushSamplesRequest)}
		ended := make(chan error, 1)
		go func() { ended <- (&sampleService{server: c.server}).PushSamples(deaf) }()
		deaf.from <- &octetv1.PushSamplesRequest{StreamId: "s"}
		for i := range 3 {
			deaf.from <- &octetv1.PushSamplesRequest{Sample: int64(i), Data: p.data[i*p.size:][:p.size]}
			time.Sleep(2 * time.Second) // it is committed
		}
		p.begin()
		wantCode(t, "the call of a client that does not listen", <-ended, codes.Aborted)
		if p.at != 3*p.size {
			t.Errorf("%d samples are committed", p.at/p.size)
		}
		p.push(len(p.data), 1<<20)
		p.close()
		p.finish(40)
	})
}

// A coordinator that leads no longer commits nothing, and the one that leads goes on from what is on record.
func TestStreamOverTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *ballot
		over := make(chan struct{})
		c := newCluster(t, func(c *cluster) {
			b = newBallot(c)
			b.elected <- over
			c.election = b
		})
		c.worker("a", nil)
		m := convModel(t, 70)
		want, err := m.inProcess(t, c.spec(m))
		if err != nil {
			t.Fatal(err)
		}
		p := c.stream("s", m)
		job := c.create("r", c.streamSpec(m, "s")).GetId()
		p.begin()
		p.push(35*p.size, 1<<20)
		p.await(35)
		b.journal.deposed.Store(true)
		p.push(40*p.size, 1<<20)
		p.failed("a push to a coordinator that learns that it is deposed", codes.Unavailable)
		_, err = p.api.GetStream(t.Context(), &octetv1.GetStreamRequest{StreamId: "s"})
		wantFollower(t, "GetStream", err, b.leader)
		_, err = p.api.CreateStream(t.Context(), &octetv1.CreateStreamRequest{StreamId: "t", Inputs: convInputs()})
		wantFollower(t, "CreateStream", err, b.leader)

		b.journal.deposed.Store(false)
		second := make(chan struct{})
		b.elected <- second
		time.Sleep(time.Second)
		p.begin()
		if p.at != 35*p.size {
			t.Fatalf("%d bytes are committed, want 35 samples", p.at)
		}
		p.push(64*p.size, 1<<20)
		p.await(64)
		close(second) // the term ends while the call is idle
		p.failed("a push over the end of a term", codes.Unavailable)
		b.elected <- make(chan struct{})
		time.Sleep(time.Second)
		p.begin()
		p.push(70*p.size, 1<<20)
		p.close()
		p.finish(70)
		if !bytes.Equal(c.result(c.wait(job)), want.Model.Bytes()) {
			t.Error("the model is another than in process")
		}
	})
}

// However samples arrive, in messages of whatever size, with calls that break, coordinators that stop and writes to the journal that fail: the dataset is the same.
func TestStreamsAreTheSameHoweverTheyCome(t *testing.T) {
	m := convModel(t, 100)
	digests := map[string]uint64{}
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			c := newCluster(t)
			p := c.stream("s", m)
			var fails atomic.Int64
			c.journal.set(func(op, _ string) error {
				if op == "stream" && fails.Add(-1) >= 0 {
					return errors.New("the journal is away")
				}
				return nil
			})
			p.begin()
			for p.at < len(p.data) {
				p.push(min(p.at+r.IntN(30*p.size), len(p.data)), 1+r.IntN(1<<16))
				switch r.IntN(6) {
				case 0:
					time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
				case 1:
					p.end()
					p.begin()
				case 2:
					c.restart()
					p.begin()
				case 3:
					fails.Store(r.Int64N(3))
				case 4:
					p.begin() // the earlier call is displaced
				}
			}
			p.close()
			digests[p.finish(100).GetDataset().GetDigest()] = seed
		})
	}
	if len(digests) != 1 {
		t.Errorf("datasets by seed: %v", digests)
	}
}
