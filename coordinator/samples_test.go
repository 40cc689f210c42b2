package coordinator

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

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
