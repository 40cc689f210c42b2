package coordinator

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/verify"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// verified compares a quantized model with the model in this process, over the last so many samples, or all if that is 0.
func (m *model) verified(t *testing.T, quantized []byte, opt convert.VerifyOptions, samples int) []byte {
	t.Helper()
	r, err := dataset.Open(t.Context(), m.manifest, m.data)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if samples > 0 {
		opt.Samples = shard.Range{First: m.manifest.Len() - samples, Last: m.manifest.Len()}
	}
	res, err := convert.Verify(t.Context(), m.float, convert.Source{Name: "q.tflite", Data: quantized}, opt, m.manifest, &convert.Pool{Workers: 1, Samples: r}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := res.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// found fetches what a job's verification found.
func (c *cluster) found(j *octetv1.Job) []byte {
	c.t.Helper()
	if j.GetResult().GetVerification() == nil {
		c.t.Fatalf("the job is %v and verified nothing: %v", j.GetState(), j.GetError())
	}
	text, err := fetch(c.t.Context(), c.blobs, j.GetResult().GetVerification().GetDigest())
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

// A job measures over the first samples, chooses a calibrator over others, and compares what it made over the last ones. Restarts in each phase change nothing, and what was accepted
// is not computed again.
func TestPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 60)
		spec := c.spec(m)
		spec.Calibrator = "auto"
		spec.Verification = &octetv1.Verification{Samples: 12, Task: octetv1.Task_TASK_CLASSIFY}
		var allowed atomic.Int64
		run := func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
			if allowed.Add(-1) < 0 {
				return never(w, req, stream)
			}
			return honest(w, req, stream)
		}
		w := c.worker("a", run)
		id := c.create("r", spec).GetId()
		states := map[octetv1.JobState]bool{}
		for range 12 { // 11 shards calibrate, 1 chooses, 3 compare: restarts come between all of them
			allowed.Store(2)
			time.Sleep(time.Second)
			states[c.get(id).GetState()] = true
			c.restart()
		}
		j := c.wait(id)
		made := c.result(j)
		if !states[octetv1.JobState_JOB_STATE_CALIBRATING] || !states[octetv1.JobState_JOB_STATE_COMPARING] {
			t.Errorf("the restarts came in states %v", states)
		}
		if got, want := c.found(j), m.verified(t, made, convert.VerifyOptions{Task: verify.Classify}, 12); !bytes.Equal(got, want) {
			t.Errorf("found %s, in process it is %s", got, want)
		}
		want, choice := m.chosen(t, spec)
		if !bytes.Equal(made, want) {
			t.Error("the model is another than in process")
		}
		text, err := fetch(t.Context(), c.blobs, j.GetResult().GetChoice().GetDigest())
		if err != nil || !strings.Contains(string(text), `"calibrator":"`+choice+`"`) {
			t.Errorf("the choice is %s (%v), in process it is %s", text, err, choice)
		}
		type part struct {
			models int // that are compared
			first  int64
		}
		calls, compared := map[part]int{}, 0
		for _, req := range w.called() {
			calls[part{len(req.GetComparison().GetQuantized()), req.GetFirstSample()}]++
			if req.GetComparison() != nil {
				compared++
			}
		}
		for i, n := range calls {
			if n > 2 { // once in vain
				t.Errorf("%+v was run %d times", i, n)
			}
		}
		if compared < 4 {
			t.Errorf("%d shards compared", compared)
		}
		if p := j.GetProgress(); p.GetSamplesDone() != 60 || p.GetSamplesTotal() != 60 || p.GetShardsDone() != 15 || p.GetShardsTotal() != 15 { // also of what was merged before a restart
			t.Errorf("progress: %v", p)
		}
	})
}

// chosen converts the model with the best calibrator in this process.
func (m *model) chosen(t *testing.T, spec *octetv1.JobSpec) (made []byte, calibrator string) {
	t.Helper()
	own, err := specFromWire(spec)
	if err != nil {
		t.Fatal(err)
	}
	opt, err := own.options()
	if err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(t.Context(), m.manifest, m.data)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pool := &convert.Pool{Workers: 1, Samples: r}
	stats, err := convert.Calibrate(t.Context(), m.float, opt, m.manifest, pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	opt, choice, err := convert.Choose(t.Context(), m.float, opt, stats, pool, m.manifest.Len(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := convert.Finish(m.float, opt, stats)
	if err != nil {
		t.Fatal(err)
	}
	return res.Model.Bytes(), choice.Calibrator
}

// A job may compare a model that it did not make.
func TestCompareAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 20)
		w := c.worker("a", nil)
		spec := c.spec(m)
		made := c.result(c.wait(c.create("make", spec).GetId()))
		before := len(w.called())
		labels := make([]byte, 0, 20)
		for i := range 20 {
			labels = append(labels, byte('0'+i%5), '\n')
		}
		opt := convert.VerifyOptions{Labels: readLabels(t, m, labels)}
		job := &octetv1.JobSpec{Source: spec.GetSource(), SourceName: "model.tflite", Dataset: spec.GetDataset(), Quantized: c.upload(made), QuantizedName: "q.tflite",
			Verification: &octetv1.Verification{Labels: c.upload(opt.Labels.Encode())}}
		j := c.wait(c.create("verify", job).GetId())
		if got, want := c.found(j), m.verified(t, made, opt, 0); !bytes.Equal(got, want) {
			t.Errorf("found %s, in process it is %s", got, want)
		}
		if !bytes.Equal(c.result(j), made) || len(w.called())-before != 5 {
			t.Errorf("%d shards were run, want 5", len(w.called())-before)
		}
		for text, change := range map[string]func(s *octetv1.JobSpec){
			`no output "z"`:                        func(s *octetv1.JobSpec) { s.Verification.Output = "z" },
			"a verification over 21 samples of 20": func(s *octetv1.JobSpec) { s.Verification.Samples = 21 },
			"labels say which answers are right":   func(s *octetv1.JobSpec) { s.Verification.Task = octetv1.Task_TASK_DISTANCE },
			"3 labels, the dataset has 20 samples": func(s *octetv1.JobSpec) {
				s.Verification.Labels = c.upload(readLabels(t, convModel(t, 3), []byte("1\n2\n3\n")).Encode())
			},
			"other.tflite: quantized model: ": func(s *octetv1.JobSpec) { s.Quantized, s.QuantizedName = c.upload([]byte("TFL3TFL3")), "other.tflite" },
			`model.tflite: sample 0: its label is 9`: func(s *octetv1.JobSpec) {
				s.Verification.Labels = c.upload(readLabels(t, m, []byte(strings.Repeat("9\n", 20))).Encode())
			},
		} {
			w.set(faultOfSample)
			bad := proto.CloneOf(job)
			change(bad)
			j := c.wait(c.create(text, bad).GetId())
			if e := j.GetError(); e.GetKind() != octetv1.ErrorKind_ERROR_KIND_BAD_INPUT || !strings.Contains(e.GetMessage(), text) {
				t.Errorf("%v: %v, want %q", j.GetState(), e, text)
			}
		}
	})
}

func readLabels(t *testing.T, m *model, text []byte) *dataset.Labels {
	t.Helper()
	l, err := dataset.ReadLabels(write(t, "labels.txt", text), m.manifest)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A result that is not what was asked for is not taken.
func TestWrongComparisonsAreNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8)
		spec := c.spec(m)
		spec.Scheme, spec.Verification = octetv1.Scheme_SCHEME_FLOAT16, &octetv1.Verification{}
		for name, change := range map[string]func(p *verify.Part){
			"model":    func(p *verify.Part) { p.Float = p.Models[0].Quantized },
			"question": func(p *verify.Part) { p.Question.Tensors = false },
			"other":    func(p *verify.Part) { p.Models[0].Quantized = p.Float },
			"number":   func(p *verify.Part) { p.Models = append(p.Models, p.Models[0]) },
			"samples":  func(p *verify.Part) { p.Samples-- },
			"skipped": func(p *verify.Part) {
				p.Samples--
				p.Skipped = append(p.Skipped, verify.Skip{})
			},
			"dataset":    func(p *verify.Part) { p.Dataset = "" },
			"arithmetic": func(p *verify.Part) { p.Numerics++ },
			"labels":     func(p *verify.Part) { p.Labels = "x" },
		} {
			var lied atomic.Bool
			w := c.worker(name, func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
				data, err := w.compute(stream.Context(), req)
				if err != nil {
					return err
				}
				if lied.Swap(true) {
					return w.deliver(stream, req, data)
				}
				p, err := verify.DecodePart(data)
				if err != nil {
					return err
				}
				change(p)
				if data, err = p.Encode(); err != nil {
					return err
				}
				return w.deliver(stream, req, data)
			})
			j := c.wait(c.create(name, spec).GetId())
			if got, want := c.found(j), m.verified(t, c.result(j), convert.VerifyOptions{}, 0); !bytes.Equal(got, want) {
				t.Errorf("%s: found %s, in process it is %s", name, got, want)
			}
			if n := len(w.called()); n != 3 {
				t.Errorf("%s: %d attempts, want one in vain and two", name, n)
			}
			w.lose()
			time.Sleep(time.Second)
		}
	})
}
