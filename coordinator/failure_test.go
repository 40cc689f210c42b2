package coordinator

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// customModel holds an operator that nobody can execute.
func customModel() *ir.Model {
	x := &ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 2}}}
	g := &ir.Graph{Name: "main", Inputs: []*ir.Value{x}, Values: []*ir.Value{x}}
	y := g.Add(&ir.Value{Name: "y", Type: x.Type})
	g.Nodes = []*ir.Node{{Op: "CUSTOM", Attr: &op.Custom{Code: "Frobnicate"}, Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}}}
	g.Outputs = []*ir.Value{y}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

// A job that can't succeed fails with the kind and the words of the same conversion in process. Where no worker is given, none is needed.
func TestFailuresAreThoseOfTheConversionInProcess(t *testing.T) {
	kinds := map[convert.Kind]octetv1.ErrorKind{
		convert.BadInput: octetv1.ErrorKind_ERROR_KIND_BAD_INPUT, convert.Refused: octetv1.ErrorKind_ERROR_KIND_REFUSED,
	}
	for _, tt := range []struct {
		name   string
		model  func(t *testing.T) *model
		change func(c *cluster, spec *octetv1.JobSpec)
		worker runShard
		kind   convert.Kind
		part   string // of the message
		sample string
	}{
		{
			name: "unsupported operator", kind: convert.Refused, part: "Frobnicate",
			model: func(t *testing.T) *model { return newModel(t, customModel(), "random:normal?samples=4") },
		},
		{
			name: "unknown signature", kind: convert.BadInput, part: `no signature "serving_other"`,
			model:  func(t *testing.T) *model { return convModel(t, 4) },
			change: func(_ *cluster, spec *octetv1.JobSpec) { spec.Signature = "serving_other" },
		},
		{
			name: "dataset of another model", kind: convert.BadInput, part: "the dataset feeds",
			model: func(t *testing.T) *model {
				m, other := convModel(t, 4), newModel(t, testmodel.Residual(), "random:normal?samples=4")
				m.manifest, m.data = other.manifest, other.data
				return m
			},
		},
		{
			name: "bad sample", kind: convert.BadInput, part: "NaN", worker: faultOfSample, sample: "samples.npy[5]",
			model: func(t *testing.T) *model { return convModel(t, 12, 5, 6, 11) },
		},
		{
			name: "nothing but bad samples", kind: convert.BadInput, part: "all 4 samples are bad", worker: honest,
			model:  func(t *testing.T) *model { return convModel(t, 4, 0, 1, 2, 3) },
			change: func(_ *cluster, spec *octetv1.JobSpec) { spec.SkipBadSamples = true },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				m := tt.model(t)
				spec := c.spec(m)
				if tt.change != nil {
					tt.change(c, spec)
				}
				if tt.worker != nil {
					c.worker("a", tt.worker)
				}
				j := c.wait(c.create("r", spec).GetId())
				_, err := m.inProcess(t, spec)
				if convert.KindOf(err) != tt.kind {
					t.Fatalf("in process: %v", err)
				}
				if name := j.GetError().GetSample(); name != tt.sample {
					t.Errorf("the sample is %q, want %q", name, tt.sample)
				}
				want := &octetv1.JobError{Kind: kinds[tt.kind], Message: err.Error()}
				if diff := cmp.Diff(want.GetMessage(), j.GetError().GetMessage()); diff != "" || j.GetError().GetKind() != want.GetKind() {
					t.Errorf("%v: %v, in process it is %v\n%s", j.GetState(), j.GetError(), want, diff)
				}
				if !strings.Contains(j.GetError().GetMessage(), tt.part) {
					t.Errorf("%q does not tell of %q", j.GetError().GetMessage(), tt.part)
				}
			})
		})
	}
}

// Sources that are no models fail as convert.Load fails.
func TestBadSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		good := convModel(t, 4).source
		for name, source := range map[string][]byte{
			"empty.tflite": {}, "model.keras": []byte("PK\x03\x04 and so on"), "cut.tflite": good[:len(good)/2],
			"zeroed.tflite": append(bytes.Clone(good[:8]), make([]byte, len(good)-8)...),
		} {
			j := c.wait(c.create(name, &octetv1.JobSpec{Source: c.upload(source), SourceName: name}).GetId())
			_, err := convert.Load(convert.Source{Name: name, Data: source}, false)
			var want *convert.Error
			if !errors.As(err, &want) {
				t.Fatalf("%s in process: %v", name, err)
			}
			if got := j.GetError(); got.GetMessage() != err.Error() || got.GetKind() == octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE {
				t.Errorf("%s: %v, in process it is %v: %v", name, got, want.Kind, err)
			}
		}
	})
}

func TestRangesOfAnotherModelAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 4)
		spec := c.spec(m)
		c.worker("a", nil)
		first := c.wait(c.create("r", spec).GetId())
		c.result(first)
		// Its own statistics give the same model, without a dataset and without a worker.
		again := &octetv1.JobSpec{Source: spec.GetSource(), SourceName: m.name, Scheme: octetv1.Scheme_SCHEME_INT8, Ranges: first.GetResult().GetStats()}
		if second := c.wait(c.create("own", again).GetId()); !bytes.Equal(c.result(first), c.result(second)) {
			t.Error("the job's own statistics make another model")
		}
		again.Source = c.upload(newModel(t, testmodel.Residual(), "").source)
		if j := c.wait(c.create("other", again).GetId()); !strings.Contains(j.GetError().GetMessage(), "the statistics are of another model") {
			t.Errorf("statistics of another model: %v", j)
		}
	})
}

func TestFloatModelNeedsNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 4)
		j := c.wait(c.create("r", &octetv1.JobSpec{Source: c.upload(m.source), SourceName: m.name}).GetId())
		f, err := convert.Load(convert.Source{Name: m.name, Data: m.source}, false)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.result(j), f.Bytes()) || j.GetResult().GetStats() != nil || j.GetResult().GetReport() != nil {
			t.Errorf("the result is %v", j.GetResult())
		}
	})
}

func TestJobOfAnotherArithmetic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		spec := c.spec(convModel(t, 4))
		c.worker("a", nil)
		own, err := specFromWire(spec)
		if err != nil {
			t.Fatal(err)
		}
		c.halt()
		synctest.Wait() // the client notices that its connection is gone
		if _, _, err := c.journal.Create(t.Context(), Record{ID: "j-old", RequestID: "r", Spec: own, State: Calibrating, Numerics: 99}); err != nil {
			t.Fatal(err)
		}
		c.start()
		j := c.wait("j-old")
		if e := j.GetError(); e.GetKind() != octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE || !strings.Contains(e.GetMessage(), "numerics version 99") {
			t.Errorf("the job ended with %v", e)
		}
	})
}

// A bug that comes up in one job fails that job, and it stays failed over a restart.
func TestAPanicFailsOneJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		c.journal.set(func(op, _ string) error {
			if op == "accepted" {
				panic("index out of range")
			}
			return nil
		})
		spec := c.spec(convModel(t, 4))
		job := c.wait(c.create("r", spec).GetId())
		if e := job.GetError(); e.GetKind() != octetv1.ErrorKind_ERROR_KIND_INTERNAL || !strings.Contains(e.GetMessage(), "index out of range") {
			t.Errorf("the job ended with %v", e)
		}
		if n := c.logs.FilterMessage("panic").Len(); n != 1 {
			t.Errorf("%d panics are logged", n)
		}
		c.journal.set(nil)
		c.restart()
		if got := c.get(job.GetId()); got.GetState() != octetv1.JobState_JOB_STATE_FAILED {
			t.Errorf("after a restart the job is %v", got)
		}
		c.result(c.wait(c.create("another", spec).GetId()))
	})
}
