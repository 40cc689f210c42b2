package convert

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/calibrate"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tensor"
)

// Auto is the name of the calibrator that is the best of calibrate.Candidates for a model; of equally good ones the first. See Choose.
const Auto = "auto"

// notRunning is the way out of a model that can be quantized, but not tried.
const notRunning = "without " + Auto + " it need not run: name a calibrator"

// HeldOut returns the samples of a dataset that Choose compares outputs over, and that calibration leaves to it: the last tenth, at least 1 and at most 32.
func HeldOut(samples int) (shard.Range, error) {
	const least, most = 10, 32
	if samples < least {
		return shard.Range{}, &Error{Kind: BadInput, Err: fmt.Errorf("calibrator %s compares outputs over a tenth of the samples, and needs at least %d; there are %d", Auto, least, samples),
			Hint: "give more samples, or name a calibrator"}
	}
	return shard.Range{First: samples - min(samples/10, most), Last: samples}, nil
}

// Choice tells how a calibrator was chosen.
type Choice struct {
	Samples int          `json:"samples"` // held-out ones that outputs were compared over
	Skipped []calib.Skip `json:"skipped,omitempty"`
	Trials  []Trial      `json:"trials"`
}

// Trial is how a calibrator did. SQNR is the mean of the float outputs' ratios of the signal to the error of quantization, in dB between -200 and 200.
type Trial struct {
	Calibrator string  `json:"calibrator"`
	SQNR       float64 `json:"sqnr_db"`
}

// Choose quantizes by each candidate that the statistics hold enough for, and returns opt with the one whose model's outputs are closest to those of the float model over the
// held-out samples. Both are computed by package exec, a dequantized output beside the float one. The choice depends on the model, the samples and the options alone.
// samples is the number of the dataset's, of which Calibrate left out the held-out ones.
func Choose(ctx context.Context, f *Float, opt Options, stats *calib.Stats, pool *Pool, samples int, progress func(Progress)) (Options, *Choice, error) {
	fail := func(err error) (Options, *Choice, error) {
		if isCancel(err) || KindOf(err) != "" {
			return opt, nil, err
		}
		return opt, nil, unsupported(f.Source, err)
	}
	held, err := HeldOut(samples)
	if err != nil {
		return fail(err)
	}
	var list []calibrate.Calibrator
	for _, c := range calibrate.Candidates() {
		if stats.Spec.Holds(c.Needs()) {
			list = append(list, c)
		}
	}
	j := judge{ctx: ctx, pool: pool, signature: opt.Signature, held: held, skipBad: opt.SkipBad}
	if progress != nil {
		total := held.Len() * (len(list) + 1)
		j.tick = func(done int) { progress(Progress{Phase: "choose calibrator", Done: done, Total: total}) }
	}
	if err := j.reference(f.Model); err != nil {
		return fail(err)
	}
	choice := &Choice{Samples: held.Len() - len(j.skipped), Skipped: j.skipped}
	trial := opt
	trial.Quantize.IO = IOFloat32 // what is inside is the same for every type of inputs and outputs
	best := math.Inf(-1)
	for _, c := range list {
		trial.Calibrator = c
		m, _, err := quantizeModel(f, trial, stats)
		if err != nil {
			return fail(err)
		}
		if opt.Scheme == Int16x8 { // whose kernels package op does not have
			if err := simulate(m); err != nil {
				return fail(&Error{Kind: Refused, Source: f.Source, Err: fmt.Errorf("quantized, it can't be simulated: %w", err), Hint: notRunning})
			}
		}
		ratio, err := j.ratio(m)
		switch {
		case shard.Unsupported(err):
			return fail(&Error{Kind: Refused, Source: f.Source, Err: fmt.Errorf("quantized, it has %w", err), Hint: notRunning})
		case err != nil:
			return fail(err)
		}
		choice.Trials = append(choice.Trials, Trial{c.String(), ratio})
		if ratio > best {
			best, opt.Calibrator = ratio, c
		}
	}
	return opt, choice, nil
}

// judge compares the outputs of models with those of a reference.
type judge struct {
	ctx       context.Context
	pool      *Pool
	signature string
	held      shard.Range
	skipBad   bool
	tick      func(done int) // after each sample; nil if nobody listens

	mu      sync.Mutex
	done    int
	skipped []calib.Skip
	want    [][][]float32 // the reference's float outputs, by sample and output; nil for samples that are left out
}

// reference computes what models are compared with.
func (j *judge) reference(m *ir.Model) error {
	j.want = make([][][]float32, j.held.Len())
	skips := make([]*calib.Skip, j.held.Len())
	err := j.run(m, func(i int, out []*tensor.Tensor, bad *dataset.SampleError) {
		if bad != nil {
			skips[i] = &calib.Skip{Sample: j.held.First + i, Source: bad.Source, Reason: bad.Reason}
			return
		}
		for _, t := range out {
			var values []float32 // stays nil for integers
			if t.DType == tensor.Float32 {
				values = append([]float32{}, tensor.View[float32](t)...)
			}
			j.want[i] = append(j.want[i], values)
		}
	})
	if err != nil {
		return err
	}
	for _, s := range skips {
		if s != nil {
			j.skipped = append(j.skipped, *s)
		}
	}
	if n := len(j.skipped); n == j.held.Len() {
		return fmt.Errorf("the calibrator %s has nothing to compare outputs over: all %d held-out samples are bad; the first: %s: %s", Auto, n, j.skipped[0].Source, j.skipped[0].Reason)
	}
	return nil
}

// ratio returns a model's SQNR: see Trial.
func (j *judge) ratio(m *ir.Model) (float64, error) {
	parts := make([][]energy, len(j.want))
	err := j.run(m, func(i int, out []*tensor.Tensor, _ *dataset.SampleError) {
		if j.want[i] == nil {
			return
		}
		parts[i] = make([]energy, len(out))
		for k, t := range out {
			if want := j.want[i][k]; want != nil {
				parts[i][k] = compare(want, tensor.View[float32](t))
			}
		}
	})
	if err != nil {
		return 0, err
	}
	return mean(parts)
}

// mean returns the mean of the outputs' ratios, from what was found by sample and output; outputs of zeros alone have none. The sums go in the samples' order.
func mean(parts [][]energy) (float64, error) {
	var sums []energy
	for _, outputs := range parts {
		for k, e := range outputs {
			if k == len(sums) {
				sums = append(sums, energy{})
			}
			sums[k] = energy{sums[k].signal + e.signal, sums[k].noise + e.noise}
		}
	}
	total, n := 0.0, 0
	for _, e := range sums {
		if e.signal > 0 {
			total, n = total+e.decibels(), n+1
		}
	}
	if n == 0 {
		return 0, &Error{Kind: BadInput, Err: errors.New("no output is a float that is anything but 0: there is nothing to choose a calibrator by"), Hint: "name one"}
	}
	return total / float64(n), nil
}

// run calls see with the outputs of a model for each held-out sample, by position among them, or with what is wrong with the sample; several at a time.
func (j *judge) run(m *ir.Model, see func(i int, out []*tensor.Tensor, bad *dataset.SampleError)) error {
	sig, err := shard.Signature(m, j.signature)
	if err != nil {
		return err
	}
	program, err := exec.Compile(m, sig.Graph, exec.Options{})
	if err != nil {
		return err
	}
	f := newFront(j.ctx, j.held.Len())
	var group sync.WaitGroup
	for range max(j.pool.Workers, 1) {
		group.Go(func() {
			session := program.NewSession()
			for {
				i, _, ok := f.next()
				if !ok {
					return
				}
				f.finished(i, j.sample(session, i, see))
				j.count()
			}
		})
	}
	group.Wait()
	return f.err()
}

// sample runs a session on one sample. A sample that is left out is one that can't be used, whatever the model.
func (j *judge) sample(session *exec.Session, i int, see func(i int, out []*tensor.Tensor, bad *dataset.SampleError)) error {
	in, err := j.pool.Samples.Sample(j.held.First + i)
	var bad *dataset.SampleError
	if errors.As(err, &bad) && j.skipBad {
		see(i, nil, bad)
		return nil
	}
	if err != nil {
		return err
	}
	out, err := session.Run(in, nil)
	if err != nil {
		return &shard.RunError{Sample: j.held.First + i, Err: err}
	}
	see(i, out, nil)
	return nil
}

func (j *judge) count() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done++
	if j.tick != nil {
		j.tick(j.done)
	}
}

// energy is what is found of an output: the sums of squares of the float model's elements, and of how far the others are from them.
type energy struct{ signal, noise float64 }

// compare leaves out elements of want that are no finite numbers. Elements beyond the shorter of both count as zeros there.
func compare(want, got []float32) energy {
	var e energy
	at := func(x []float32, i int) float64 {
		if i < len(x) {
			return float64(x[i])
		}
		return 0
	}
	for i := range max(len(want), len(got)) {
		w := at(want, i)
		if d := w - at(got, i); w-w == 0 {
			e.signal += float64(w * w)
			e.noise += float64(d * d)
		}
	}
	return e
}

// decibels returns ten times the decimal logarithm of signal over noise, within 200 either way.
func (e energy) decibels() float64 {
	const limit = 200
	switch {
	case e.noise == 0:
		return limit
	case e.noise-e.noise != 0: // an infinity or NaN among the results
		return -limit
	}
	return min(max(10/math.Ln10*(kernel.F64Log(e.signal)-kernel.F64Log(e.noise)), -limit), limit)
}
