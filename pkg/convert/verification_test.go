package convert

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/verify"
)

// quantized calibrates a model and quantizes it.
func (c *choosing) quantized(t *testing.T, opt Options) *Result {
	t.Helper()
	stats, err := Calibrate(t.Context(), c.float, opt, c.manifest, &Pool{Workers: 2, Samples: c}, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Finish(c.float, opt, stats)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// The figures are what one gets by running both files; neither the number of workers nor the type of inputs and outputs matters.
func TestVerify(t *testing.T) {
	for _, build := range []func() *ir.Model{testmodel.Conv, testmodel.Residual, testmodel.Attention} {
		c := newChoosing(t, build(), "random:normal?samples=30&seed=3")
		res := c.quantized(t, Options{Scheme: Int8})
		run := func(workers int, opt VerifyOptions) *verify.Result {
			t.Helper()
			r, err := Verify(t.Context(), c.float, Source{Name: "q.tflite", Data: res.Model.Bytes()}, opt, c.manifest, &Pool{Workers: workers, Samples: c}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		r := run(1, VerifyOptions{})
		if diff := cmp.Diff(r, run(5, VerifyOptions{})); diff != "" {
			t.Errorf("five workers find something else: %s", diff)
		}
		m := decoded(t, res.Model.Bytes())
		signal, noise := 0.0, 0.0
		for i := range 30 {
			got := c.outputs(t, m, i)
			for k, x := range c.outputs(t, c.float.Model, i) {
				signal += x * x
				noise += (x - got[k]) * (x - got[k])
			}
		}
		if want := 10 * math.Log10(signal/noise); math.Abs(r.Outputs[0].SQNR-want) > 1e-9 || r.Samples != 30 {
			t.Errorf("%v dB over %d samples, the files' outputs have %v over 30", r.Outputs[0].SQNR, r.Samples, want)
		}
		if len(r.Tensors) < len(m.Graphs[0].Nodes) || r.Unpaired != 0 || len(r.Operators) != len(m.Graphs[0].Nodes) {
			t.Errorf("%d activations and %d operators of %d are compared, %d are not", len(r.Tensors), len(r.Operators), len(m.Graphs[0].Nodes), r.Unpaired)
		}
		if part := run(3, VerifyOptions{Samples: shard.Range{First: 20, Last: 23}}); part.Samples != 3 || part.Outputs[0].Elements*10 != r.Outputs[0].Elements {
			t.Errorf("3 samples: %d", part.Samples)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	c := newChoosing(t, testmodel.Conv(), "random:normal?samples=12&seed=3")
	int8 := c.quantized(t, Options{Scheme: Int8}).Model.Bytes()
	other := newChoosing(t, testmodel.Attention(), "random:normal?samples=12&seed=3").quantized(t, Options{Scheme: Int8}).Model.Bytes()
	for text, q := range map[string]struct {
		data []byte
		opt  VerifyOptions
	}{
		`q.tflite: quantized model: `:       {[]byte("TFL3TFL3"), VerifyOptions{}},
		`no output "z": there are`:          {int8, VerifyOptions{Output: "z"}},
		`task "guess" is none of`:           {int8, VerifyOptions{Task: "guess"}},
		`in the quantized model i8[1,16,8]`: {other, VerifyOptions{}},
		`the model has no signature "none"`: {int8, VerifyOptions{Signature: "none"}},
	} {
		_, err := Verify(t.Context(), c.float, Source{Name: "q.tflite", Data: q.data}, q.opt, c.manifest, &Pool{Workers: 2, Samples: c}, nil)
		if err == nil || KindOf(err) != BadInput || !strings.Contains(err.Error(), text) {
			t.Errorf("error %v, want %q", err, text)
		}
	}
	c.bad[2], c.bad[11] = true, true
	q := Source{Name: "q.tflite", Data: int8}
	if _, err := Verify(t.Context(), c.float, q, VerifyOptions{}, c.manifest, &Pool{Workers: 2, Samples: c}, nil); err == nil || !strings.HasPrefix(err.Error(), "x: bad (--on-bad-sample") {
		t.Errorf("a bad sample: %v", err)
	}
	r, err := Verify(t.Context(), c.float, q, VerifyOptions{SkipBad: true}, c.manifest, &Pool{Workers: 2, Samples: c}, nil)
	if err != nil || r.Samples != 10 || len(r.Skipped) != 2 || r.Skipped[1].Sample != 11 {
		t.Errorf("left out: %+v, %v", r, err)
	}
}
