package convert

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
	"github.com/octetlite/octet/pkg/verify"
)

func TestHeldOut(t *testing.T) {
	for n := range 10 {
		if r, err := HeldOut(n); err == nil {
			t.Errorf("%d samples: %v is held out", n, r)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(10, 10_000).Draw(t, "samples")
		r, err := HeldOut(n)
		if err != nil || r.Last != n || r.Len() != min(max(n/10, 1), 32) {
			t.Errorf("%d samples: %v is held out (%v)", n, r, err)
		}
	})
}

// choosing is a model with samples, some of which may be bad.
type choosing struct {
	float    *Float
	manifest *dataset.Manifest
	shard.Samples
	bad map[int]bool
}

func (c *choosing) Sample(i int) ([]*tensor.Tensor, error) {
	if c.bad[i] {
		return nil, &dataset.SampleError{Source: "x", Index: i, Reason: "bad"}
	}
	return c.Samples.Sample(i)
}

func newChoosing(t *testing.T, m *ir.Model, data string) *choosing {
	t.Helper()
	file, err := tflite.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	c := &choosing{bad: map[int]bool{}}
	if c.float, err = Load(Source{Name: "m.tflite", Data: file}, true); err != nil {
		t.Fatal(err)
	}
	inputs, err := c.float.Inputs("")
	if err != nil {
		t.Fatal(err)
	}
	files := store.NewOverlay(store.NewMemory())
	if c.manifest, err = dataset.Build(t.Context(), data, inputs, files); err != nil {
		t.Fatal(err)
	}
	samples, err := dataset.Open(t.Context(), c.manifest, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { samples.Close() })
	c.Samples = samples
	return c
}

// choose calibrates and chooses.
func (c *choosing) choose(t *testing.T, opt Options, workers int) (*Result, Options, *Choice, error) {
	t.Helper()
	opt.Auto = true
	pool := &Pool{Workers: workers, Samples: c}
	stats, err := Calibrate(t.Context(), c.float, opt, c.manifest, pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	held, _ := HeldOut(c.manifest.Len())
	if n := int(stats.Samples) + len(stats.Skipped); n != held.First {
		t.Errorf("calibrated over %d samples, want the %d that are not held out", n, held.First)
	}
	for _, x := range stats.Tensors {
		if k := len(x.PerSample); x.PerSample[k-1].Sample >= held.First {
			t.Errorf("%q was observed in sample %d, which is held out", x.Name, x.PerSample[k-1].Sample)
		}
	}
	opt, choice, err := Choose(t.Context(), c.float, opt, stats, pool, c.manifest.Len(), nil)
	if err != nil {
		return nil, opt, nil, err
	}
	res, err := Finish(c.float, opt, stats)
	if err != nil {
		t.Fatal(err)
	}
	return res, opt, choice, nil
}

func decoded(t *testing.T, flatbuffer []byte) *ir.Model {
	t.Helper()
	m, err := tflite.Decode(flatbuffer)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// outputs returns what a model makes of a sample.
func (c *choosing) outputs(t *testing.T, m *ir.Model, sample int) []float64 {
	t.Helper()
	in, err := c.Sample(sample)
	if err != nil {
		t.Fatal(err)
	}
	return realOutput(t, m, in)
}

// realOutput runs a model, quantizing what it takes and dequantizing what it gives as its parameters say, and returns its first output.
func realOutput(t *testing.T, m *ir.Model, in []*tensor.Tensor) (real []float64) {
	t.Helper()
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range p.Inputs() {
		if v.Type.DType == tensor.Int8 {
			q := tensor.New(tensor.Int8, in[i].Shape)
			for k, x := range tensor.View[float32](in[i]) {
				tensor.View[int8](q)[k] = int8(min(max(math.Round(float64(x/v.Quant.Scale[0]))+float64(v.Quant.Zero[0]), -128), 127))
			}
			in[i] = q
		}
	}
	out, err := p.NewSession().Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := p.Outputs()[0]
	if v.Type.DType == tensor.Float32 {
		for _, x := range tensor.View[float32](out[0]) {
			real = append(real, float64(x))
		}
		return real
	}
	for _, x := range tensor.View[int8](out[0]) {
		real = append(real, float64(float32(int64(x)-v.Quant.Zero[0])*v.Quant.Scale[0]))
	}
	return real
}

// The figures are what one gets by running the int8 file beside the float one; the best of them is taken, the first of equals; and the number of workers does not matter.
func TestChooseTakesTheBest(t *testing.T) {
	ties := 0
	for _, build := range []func() *ir.Model{testmodel.Conv, testmodel.Residual, testmodel.Attention} {
		for _, data := range []string{"random:normal?samples=30&seed=3", "random:normal?samples=10&seed=3", "random:uniform?samples=12&seed=1&low=-1&high=4"} {
			c := newChoosing(t, build(), data)
			res, opt, choice, err := c.choose(t, Options{Scheme: Int8}, 1)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(data, opt.Calibrator, choice.Trials)
			best := slices.MaxFunc(choice.Trials, func(a, b Trial) int { // the first of equals
				if a.SQNR > b.SQNR {
					return 1
				} else if a.SQNR < b.SQNR {
					return -1
				}
				return 0
			})
			for _, o := range choice.Trials {
				if o.SQNR == best.SQNR && o != best {
					ties++
				}
			}
			if opt.Calibrator.String() != best.Calibrator || len(choice.Trials) != 6 {
				t.Errorf("%v is taken, %v is the best of %v", opt.Calibrator, best.Calibrator, choice.Trials)
			}
			m := decoded(t, res.Model.Bytes())
			signal, noise := 0.0, 0.0
			held, _ := HeldOut(c.manifest.Len())
			for i := held.First; i < held.Last; i++ {
				got := c.outputs(t, m, i)
				for k, x := range c.outputs(t, c.float.Model, i) {
					signal += x * x
					noise += (x - got[k]) * (x - got[k])
				}
			}
			if want := 10 * math.Log10(signal/noise); math.Abs(best.SQNR-want) > 1e-9 {
				t.Errorf("%v: %v dB, the file's outputs have %v", opt.Calibrator, best.SQNR, want)
			}
			again, _, other, err := c.choose(t, Options{Scheme: Int8}, 3)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(choice, other); diff != "" || string(again.Model.Bytes()) != string(res.Model.Bytes()) {
				t.Errorf("three workers choose another way: %s", diff)
			}
		}
	}
	if ties == 0 {
		t.Error("no two candidates are the best: make the data such that some are")
	}
}

func TestChooseSkipsBadSamples(t *testing.T) {
	c := newChoosing(t, testmodel.Conv(), "random:normal?samples=30&seed=3")
	c.bad[3], c.bad[28] = true, true
	_, _, choice, err := c.choose(t, Options{Scheme: Int8, SkipBad: true}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if choice.Samples != 2 || len(choice.Skipped) != 1 || choice.Skipped[0].Sample != 28 {
		t.Errorf("%d samples, left out %v: want 2, and sample 28", choice.Samples, choice.Skipped)
	}
	delete(c.bad, 3)
	if _, _, _, err = c.choose(t, Options{Scheme: Int8}, 2); KindOf(err) != BadInput || !strings.HasPrefix(err.Error(), "x: bad (--on-bad-sample") {
		t.Errorf("without skipping: %v", err)
	}
	c.bad[27], c.bad[29] = true, true
	if _, _, _, err = c.choose(t, Options{Scheme: Int8, SkipBad: true}, 2); err == nil || !strings.Contains(err.Error(), "all 3 samples are bad") {
		t.Errorf("all are bad: %v", err)
	}
}

func TestChooseRefuses(t *testing.T) {
	c := newChoosing(t, testmodel.Conv(), "random:normal?samples=9")
	_, err := Plan(c.float, Options{Scheme: Int8, Auto: true}, c.manifest)
	if KindOf(err) != BadInput || !strings.Contains(err.Error(), "needs at least 10; there are 9") {
		t.Errorf("9 samples: %v", err)
	}
}

// The mean is that of outputs; outputs of zeros take no part.
func TestMeanRatio(t *testing.T) {
	outputs := func(list ...verify.Sums) (out []verify.OutputSums) {
		for _, s := range list {
			out = append(out, verify.OutputSums{Sums: s})
		}
		return out
	}
	db, err := mean(outputs(verify.Sums{Signal: 100, Noise: 1}, verify.Sums{Signal: 10, Noise: 1}, verify.Sums{Noise: 1}, verify.Sums{}))
	if err != nil || math.Abs(db-15) > 1e-9 {
		t.Errorf("mean of 20 and 10 dB: %v, %v", db, err)
	}
	if _, err := mean(outputs(verify.Sums{Noise: 1})); KindOf(err) != BadInput {
		t.Errorf("outputs of zeros: %v", err)
	}
}

// Int16x8 models run on integers, and their outputs are about what the float model's are.
func TestChooseForInt16(t *testing.T) {
	for _, build := range []func() *ir.Model{testmodel.Conv, testmodel.Residual, testmodel.Attention} {
		c := newChoosing(t, build(), "random:normal?samples=30&seed=3")
		_, chosen, choice, err := c.choose(t, Options{Scheme: Int16x8}, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(chosen.Calibrator, choice.Trials)
		best := slices.IndexFunc(choice.Trials, func(o Trial) bool { return o.Calibrator == chosen.Calibrator.String() })
		for i, o := range choice.Trials {
			if b := choice.Trials[best].SQNR; o.SQNR > b || o.SQNR == b && i < best {
				t.Errorf("%v is chosen of %v", chosen.Calibrator, choice.Trials)
			}
		}
		if o := choice.Trials[0]; o.SQNR < 30 || o.SQNR > 100 {
			t.Errorf("minmax: %v dB", o.SQNR)
		}
	}
}
