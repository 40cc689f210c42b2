package coordinator

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Jobs of every kind make of a stream what they make of the same samples in a file, begun in front of the samples or behind them.
func TestJobsOnStreams(t *testing.T) {
	verification := func(n int64) *octetv1.Verification { return &octetv1.Verification{Samples: n} }
	for _, tc := range []struct {
		name   string
		change func(c *cluster, m *model, s *octetv1.JobSpec)
		early  bool // shards run while the stream is open
	}{
		{"minmax", func(*cluster, *model, *octetv1.JobSpec) {}, true},
		{"ema", func(_ *cluster, _ *model, s *octetv1.JobSpec) { s.Calibrator = "ema:0.9" }, true},
		{"entropy", func(_ *cluster, _ *model, s *octetv1.JobSpec) { s.Calibrator = "entropy" }, true},
		{"auto", func(_ *cluster, _ *model, s *octetv1.JobSpec) { s.Calibrator = "auto" }, false},
		{"verification", func(_ *cluster, _ *model, s *octetv1.JobSpec) { s.Verification = verification(10) }, true},
		{"comparison", func(c *cluster, m *model, s *octetv1.JobSpec) {
			in := c.spec(m)
			in.FreshStatistics = true
			made := c.wait(c.create("quantized", in).GetId())
			s.Scheme, s.Quantized, s.Verification = octetv1.Scheme_SCHEME_NONE, made.GetResult().GetModel(), verification(0)
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				c.worker("a", nil)
				m := convModel(t, 100)
				file, first, second := c.spec(m), c.streamSpec(m, "s"), c.streamSpec(m, "s")
				tc.change(c, m, file)
				tc.change(c, m, first)
				tc.change(c, m, second)
				for _, s := range []*octetv1.JobSpec{file, first, second} {
					s.FreshStatistics = true
				}
				want := c.wait(c.create("file", file).GetId())
				p := c.stream("s", m)
				job := c.create("first", first)
				p.begin()
				p.push(75*p.size, 1<<20)
				p.await(75)
				if tc.early {
					c.done(job.GetId(), 64)
				} else if j := c.get(job.GetId()); j.GetState() != octetv1.JobState_JOB_STATE_PREPARING {
					t.Errorf("the job is %v", j)
				}
				p.push(100*p.size, 1<<20)
				p.close()
				p.finish(100)
				later := c.create("second", second)
				for _, id := range []string{job.GetId(), later.GetId()} {
					j := c.wait(id)
					if !bytes.Equal(c.result(j), c.result(want)) {
						t.Errorf("%s made another model", j.GetRequestId())
					}
					if (j.GetResult().GetVerification() == nil) != (want.GetResult().GetVerification() == nil) {
						t.Errorf("%s: %v", j.GetRequestId(), j.GetResult())
					}
				}
			})
		})
	}
}

func TestStreamsOfOtherModels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 4)
		api := c.stream("good", m).api
		create := func(id string, in *octetv1.StreamInput) {
			if _, err := api.CreateStream(t.Context(), &octetv1.CreateStreamRequest{StreamId: id, Inputs: []*octetv1.StreamInput{in}}); err != nil {
				t.Fatal(err)
			}
		}
		in := inputsOf(t, m)[0]
		create("shape", &octetv1.StreamInput{Name: in.GetName(), Dtype: "f32", Shape: []int64{1, 8, 8, 1}})
		create("name", &octetv1.StreamInput{Name: "wrong", Dtype: "f32", Shape: in.GetShape()})
		for _, id := range []string{"shape", "name"} {
			j := c.wait(c.create(id, c.streamSpec(m, id)).GetId())
			if j.GetError().GetKind() != octetv1.ErrorKind_ERROR_KIND_BAD_INPUT || !strings.Contains(j.GetError().GetMessage(), "the model has") {
				t.Errorf("%s: %v", id, j)
			}
		}
		both := c.spec(m)
		both.Stream = "good"
		_, err := c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "both", Spec: both})
		wantCode(t, "a dataset and a stream", err, codes.InvalidArgument)
		_, err = c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "none", Spec: c.streamSpec(m, "none")})
		wantCode(t, "no such stream", err, codes.NotFound)
	})
}

// A bad sample is told of while the stream is still open, by its number in the stream.
func TestBadSampleOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", faultOfSample)
		m := convModel(t, 80, 40)
		p := c.stream("s", m)
		strict := c.create("strict", c.streamSpec(m, "s"))
		spec := c.streamSpec(m, "s")
		spec.SkipBadSamples = true
		lenient := c.create("lenient", spec)
		p.begin()
		p.push(70*p.size, 1<<20)
		if j := c.wait(strict.GetId()); j.GetError().GetSample() != "stream[40]" {
			t.Errorf("the job is %v", j)
		}
		p.push(len(p.data), 1<<20)
		p.close()
		p.finish(80)
		want, err := m.inProcess(t, &octetv1.JobSpec{Source: spec.GetSource(), SourceName: m.name, Scheme: spec.GetScheme(), Dataset: c.spec(m).GetDataset(), SkipBadSamples: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.result(c.wait(lenient.GetId())); !bytes.Equal(got, want.Model.Bytes()) {
			t.Error("without the bad sample the model is another than that of a file")
		}
	})
}

// A stream that nothing happens to expires, and jobs that wait for it fail. One that a job reads is not deleted.
func TestStreamsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.StreamTTL = time.Hour })
		m := convModel(t, 40)
		p := c.stream("s", m)
		job := c.create("r", c.streamSpec(m, "s"))
		comparing := c.streamSpec(m, "s")
		comparing.Calibrator = "auto" // waits for the end before it is prepared
		waiting := c.create("waiting", comparing)
		_, err := p.api.DeleteStream(t.Context(), &octetv1.DeleteStreamRequest{StreamId: "s"})
		wantCode(t, "a job reads it", err, codes.FailedPrecondition)
		p.begin()
		time.Sleep(50 * time.Minute)
		p.push(p.size, p.size)
		p.await(1)
		time.Sleep(50 * time.Minute)
		if j := c.get(job.GetId()); j.GetState().Number() >= octetv1.JobState_JOB_STATE_SUCCEEDED.Number() {
			t.Fatalf("the job is %v", j)
		}
		time.Sleep(30 * time.Minute)
		p.failed("a call on a stream that expired", codes.Aborted)
		for _, id := range []string{job.GetId(), waiting.GetId()} {
			if j := c.wait(id); j.GetError().GetKind() != octetv1.ErrorKind_ERROR_KIND_BAD_INPUT || !strings.Contains(j.GetError().GetMessage(), "nothing happened to it") {
				t.Errorf("the job is %v", j)
			}
		}
		_, err = p.api.GetStream(t.Context(), &octetv1.GetStreamRequest{StreamId: "s"})
		wantCode(t, "a stream that expired", err, codes.NotFound)
	})
}

// What streams and the jobs on them consist of is not collected; what they do not need any more is.
func TestStreamsKeepTheirBlobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 40)
		p := c.stream("s", m)
		job := c.create("r", c.streamSpec(m, "s"))
		p.begin()
		p.push(33*p.size, 1<<20)
		p.await(33)
		synctest.Wait()
		collect := func() int64 {
			resp, err := c.blobs.CollectGarbage(t.Context(), &octetv1.CollectGarbageRequest{})
			if err != nil {
				t.Fatal(err)
			}
			return resp.GetBlobs()
		}
		time.Sleep(2 * time.Hour)
		if n := collect(); n != 0 {
			t.Errorf("%d blobs were collected while the stream is open", n)
		}
		p.push(40*p.size, 1<<20)
		p.close()
		p.finish(40)
		time.Sleep(2 * time.Hour)
		c.worker("a", nil)
		c.result(c.wait(job.GetId()))
		if n := collect(); n != 2 {
			t.Errorf("%d blobs were collected, want the two pieces that became a chunk", n)
		}
		if _, err := p.api.DeleteStream(t.Context(), &octetv1.DeleteStreamRequest{StreamId: "s"}); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Hour)
		collect()
		// The job keeps its dataset.
		fresh := &octetv1.JobSpec{Source: c.upload(m.source), Scheme: octetv1.Scheme_SCHEME_INT8, FreshStatistics: true}
		done, _ := c.server.find(t.Context(), job.GetId())
		fresh.Dataset = blobToWire(*done.Dataset)
		c.result(c.wait(c.create("again", fresh).GetId()))
	})
}

// A child that reads a model in the coordinator's place does so without samples, which need not be there.
func TestStreamsAreVetted(t *testing.T) {
	c := newCluster(t)
	m := convModel(t, 4)
	spec, err := specFromWire(c.streamSpec(m, "s"))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&vetting{spec: spec, blobs: c.folder}).all(t.Context()); err != nil {
		t.Error(err)
	}
}
