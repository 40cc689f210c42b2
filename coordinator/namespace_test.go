package coordinator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Two clients use the same request id for the same conversion. Neither sees the other's job, nor takes its statistics; an operator sees both.
func TestNamespacesAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		spec := c.spec(convModel(t, 8))
		as := func(caller credential.Caller) context.Context { return credential.WithCaller(t.Context(), caller) }
		vision, audio := as(credential.Caller{Role: credential.Client, Namespace: "vision"}), as(credential.Caller{Role: credential.Client, Namespace: "audio"})
		service := &conversionService{server: c.server}
		for info, err := range c.server.folder.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for _, ctx := range []context.Context{vision, audio} {
				if err := c.server.own(ctx, info.Digest); err != nil {
					t.Fatal(err)
				}
			}
		}
		var ids []string
		for _, ctx := range []context.Context{vision, audio} {
			resp, err := service.CreateJob(ctx, &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, resp.GetJob().GetId())
			if j := c.wait(resp.GetJob().GetId()); j.GetStatisticsFrom() != "" {
				t.Errorf("it took the statistics of %s", j.GetStatisticsFrom())
			}
		}
		if ids[0] == ids[1] {
			t.Fatal("the request id of one client found the other's job")
		}
		if _, err := service.GetJob(audio, &octetv1.GetJobRequest{Id: ids[1]}); err != nil {
			t.Error(err)
		}
		_, getErr := service.GetJob(audio, &octetv1.GetJobRequest{Id: ids[0]})
		wantCode(t, "GetJob", getErr, codes.NotFound)
		_, cancelErr := service.CancelJob(audio, &octetv1.CancelJobRequest{Id: ids[0]})
		wantCode(t, "CancelJob", cancelErr, codes.NotFound)
		_, deleteErr := service.DeleteJob(audio, &octetv1.DeleteJobRequest{Id: ids[0]})
		wantCode(t, "DeleteJob", deleteErr, codes.NotFound)
		for ctx, want := range map[context.Context]int{vision: 1, audio: 1, as(credential.Caller{Role: credential.Reader}): 2, t.Context(): 2} {
			if list, err := service.ListJobs(ctx, &octetv1.ListJobsRequest{}); err != nil || len(list.GetJobs()) != want {
				t.Errorf("%+v sees %v, %v", credential.CallerOf(ctx), list, err)
			}
		}
	})
}

// writing is a call of Write: it sends a blob in pieces.
type writing struct {
	grpc.ServerStream
	ctx  context.Context
	reqs []*octetv1.WriteRequest
	then func() error // what comes behind them; the end if nil
}

func (w *writing) Context() context.Context                  { return w.ctx }
func (w *writing) SendAndClose(*octetv1.WriteResponse) error { return nil }
func (w *writing) Recv() (req *octetv1.WriteRequest, err error) {
	if len(w.reqs) == 0 {
		if w.then != nil {
			return nil, w.then()
		}
		return nil, io.EOF
	}
	req, w.reqs = w.reqs[0], w.reqs[1:]
	return req, nil
}

// reading is a call of Read.
type reading struct {
	grpc.ServerStream
	ctx  context.Context
	data []byte
}

func (r *reading) Context() context.Context { return r.ctx }
func (r *reading) Send(resp *octetv1.ReadResponse) error {
	r.data = append(r.data, resp.GetData()...)
	return nil
}

// clientOf calls a blob service in the name of a namespace.
type clientOf struct {
	t   *testing.T
	b   *blobService
	ctx context.Context
}

func (c clientOf) write(data []byte, from int) error {
	blob := &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
	return c.b.Write(&writing{ctx: c.ctx, reqs: []*octetv1.WriteRequest{{Blob: blob, Offset: int64(from), Data: data[from:]}}})
}

func (c clientOf) read(data []byte) error {
	r := &reading{ctx: c.ctx}
	err := c.b.Read(&octetv1.ReadRequest{Digest: string(store.Of(data))}, r)
	if err == nil && !bytes.Equal(r.data, data) {
		c.t.Errorf("read %q, want %q", r.data, data)
	}
	return err
}

// has reports what FindMissing and QueryWrite say of a blob, and how much has come of it.
func (c clientOf) has(data []byte) (there bool, came int64) {
	c.t.Helper()
	blob := &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
	found, err := c.b.FindMissing(c.ctx, &octetv1.FindMissingRequest{Blobs: []*octetv1.Blob{blob}})
	if err != nil {
		c.t.Fatal(err)
	}
	state, err := c.b.QueryWrite(c.ctx, &octetv1.QueryWriteRequest{Blob: blob})
	if err != nil {
		c.t.Fatal(err)
	}
	if state.GetComplete() != (len(found.GetMissing()) == 0) {
		c.t.Errorf("FindMissing says %v, QueryWrite %v", found, state)
	}
	return state.GetComplete(), state.GetCommittedSize()
}

func blobClients(t *testing.T, s *Server) (vision, audio, operator clientOf) {
	as := func(role credential.Role, namespace string) clientOf {
		return clientOf{t, &blobService{folder: s.folder, server: s}, credential.WithCaller(t.Context(), credential.Caller{Role: role, Namespace: namespace})}
	}
	return as(credential.Client, "vision"), as(credential.Client, "audio"), as(credential.Operator, "")
}

// A client that knows the digest of another's blob neither reads it, nor learns that it is there, nor makes a job of it, before it has shown that it has the blob, too: all of it.
func TestBlobsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		vision, audio, operator := blobClients(t, c.server)
		secret := []byte("weights that took months to train")
		if err := vision.write(secret, 0); err != nil {
			t.Fatal(err)
		}
		if there, _ := vision.has(secret); !there {
			t.Error("who uploaded a blob does not have it")
		}
		if there, came := audio.has(secret); there || came != 0 {
			t.Errorf("another namespace learns that the blob is there: %v, %d bytes", there, came)
		}
		wantCode(t, "Read", audio.read(secret), codes.NotFound)
		spec := &octetv1.JobSpec{Source: &octetv1.Blob{Digest: string(store.Of(secret)), Size: int64(len(secret))}, Scheme: octetv1.Scheme_SCHEME_NONE}
		create := func(who clientOf) error {
			_, err := (&conversionService{server: c.server}).CreateJob(who.ctx, &octetv1.CreateJobRequest{RequestId: "steal", Spec: spec})
			return err
		}
		wantCode(t, "CreateJob", create(audio), codes.FailedPrecondition)
		for _, who := range []clientOf{vision, operator} {
			if err := who.read(secret); err != nil {
				t.Error(err)
			}
		}
		// Half of another's upload does not help: the rest alone is no proof.
		half := []byte("a blob of which half has come")
		blob := &octetv1.Blob{Digest: string(store.Of(half)), Size: int64(len(half))}
		err := vision.b.Write(&writing{ctx: vision.ctx, reqs: []*octetv1.WriteRequest{{Blob: blob, Data: half[:9]}}})
		wantCode(t, "half a blob", err, codes.InvalidArgument)
		if _, came := vision.has(half); came != 9 {
			t.Errorf("%d bytes have come", came)
		}
		if _, came := audio.has(half); came != 0 {
			t.Errorf("another namespace learns that %d bytes have come", came)
		}
		wantCode(t, "the rest", audio.write(half, 9), codes.Aborted)
		// The whole is.
		if err := audio.write(secret, 0); err != nil {
			t.Fatal(err)
		}
		if err := audio.read(secret); err != nil {
			t.Error(err)
		}
		if err := create(audio); err != nil {
			t.Error(err)
		}
		// A blob that is not what its digest says proves nothing.
		other := []byte("weights that took months to stain")
		lie := &octetv1.Blob{Digest: string(store.Of([]byte("x"))), Size: int64(len(other))}
		wantCode(t, "another's digest", audio.b.Write(&writing{ctx: audio.ctx, reqs: []*octetv1.WriteRequest{{Blob: lie, Data: other}}}), codes.DataLoss)
	})
}

// What a job made is its namespace's to read, and no other's.
func TestResultsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		spec := c.spec(convModel(t, 8))
		vision, audio, _ := blobClients(t, c.server)
		for info, err := range c.server.folder.List(t.Context()) {
			if err := errors.Join(err, c.server.own(vision.ctx, info.Digest)); err != nil {
				t.Fatal(err)
			}
		}
		resp, err := (&conversionService{server: c.server}).CreateJob(vision.ctx, &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
		if err != nil {
			t.Fatal(err)
		}
		j := c.wait(resp.GetJob().GetId())
		for what, b := range map[string]*octetv1.Blob{"model": j.GetResult().GetModel(), "statistics": j.GetResult().GetStats(), "report": j.GetResult().GetReport()} {
			data, err := store.ReadAll(t.Context(), c.server.folder, store.Digest(b.GetDigest()))
			if err != nil {
				t.Fatal(err)
			}
			if err := vision.read(data); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			wantCode(t, what, audio.read(data), codes.NotFound)
		}
	})
}

// A namespace that has what it may have gets no more, until something of it is gone; others do.
// An upload that brings nothing does not go on for ever; what has come stays.
// stalled is a call of Read whose client takes nothing, until its context ends.
// Downloads that nobody takes end. While they are under way those of their namespace wait, and those of others do not.
// pushing is a call of PushSamples.
type pushing struct {
	grpc.ServerStream
	ctx  context.Context
	reqs []*octetv1.PushSamplesRequest
	then func() error // what comes behind them; the end if nil
}

func (p *pushing) Context() context.Context                { return p.ctx }
func (p *pushing) Send(*octetv1.PushSamplesResponse) error { return nil }
func (p *pushing) Recv() (req *octetv1.PushSamplesRequest, err error) {
	if len(p.reqs) == 0 {
		if p.then != nil {
			return nil, p.then()
		}
		return nil, io.EOF
	}
	req, p.reqs = p.reqs[0], p.reqs[1:]
	return req, nil
}

// What a client's stream became is a dataset for later jobs of its namespace, and of no other.
func TestStreamsBecomeBlobsOfTheirNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		m := convModel(t, 40)
		vision, audio, _ := blobClients(t, c.server)
		service := &sampleService{server: c.server}
		if _, err := service.CreateStream(vision.ctx, &octetv1.CreateStreamRequest{StreamId: "s", Inputs: inputsOf(t, m)}); err != nil {
			t.Fatal(err)
		}
		if err := service.PushSamples(&pushing{ctx: vision.ctx, reqs: []*octetv1.PushSamplesRequest{{StreamId: "s"}, {Data: samplesOf(t, m)}}}); err != nil {
			t.Fatal(err)
		}
		done, err := service.FinishStream(vision.ctx, &octetv1.FinishStreamRequest{StreamId: "s", Samples: 40})
		if err != nil {
			t.Fatal(err)
		}
		spec := &octetv1.JobSpec{SourceName: m.name, Source: c.upload(m.source), Scheme: octetv1.Scheme_SCHEME_INT8, Dataset: done.GetStream().GetDataset()}
		for _, who := range []clientOf{vision, audio} {
			if err := who.write(m.source, 0); err != nil {
				t.Fatal(err)
			}
		}
		create := func(who clientOf) (*octetv1.CreateJobResponse, error) {
			return (&conversionService{server: c.server}).CreateJob(who.ctx, &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
		}
		resp, err := create(vision)
		if err != nil {
			t.Fatal(err)
		}
		c.result(c.wait(resp.GetJob().GetId()))
		_, err = create(audio)
		wantCode(t, "another's dataset", err, codes.FailedPrecondition)
	})
}

// Manifests of jobs that are created are read a few at a time, and the large ones one by one, however many callers there are.
// Streams of samples whose chunks are not full take no more memory than a namespace may.
// Who says a wrong size of a blob has it compared with its digest, once for each call, and one call of a namespace after the other.
