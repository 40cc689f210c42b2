package convert

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/calibrate"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tflite"
	"github.com/octetlite/octet/pkg/verify"
)

// Auto is the name of the calibrator that is the best of calibrate.Candidates for a model; of equally good ones the first. See Choose.
const Auto = "auto"

// notRunning is the way out of a model that can be quantized, but not tried.
const notRunning = "without " + Auto + " it need not run: name a calibrator"

// HeldOut returns the samples of a dataset, of which none are left to verification, that Choose compares outputs over, and that calibration leaves to it: the last tenth, at least 1 and at most 32.
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
	Calibrator string       `json:"calibrator"`
	Samples    int          `json:"samples"` // held-out ones that outputs were compared over
	Skipped    []calib.Skip `json:"skipped,omitempty"`
	Trials     []Trial      `json:"trials"`
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
	v, err := PlanTrials(f, opt, stats, samples)
	if err != nil {
		return opt, nil, err
	}
	part, err := pool.Verify(ctx, v, "choose calibrator", progress)
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == Refused {
		err = Uncomparable(f.Source, e.Err, true)
	}
	if err != nil {
		return opt, nil, err
	}
	return opt.Choose(f, stats, part)
}

// candidates returns the calibrators that statistics hold enough for.
func candidates(stats *calib.Stats) (list []calibrate.Calibrator) {
	for _, c := range calibrate.Candidates() {
		if stats.Spec.Holds(c.Needs()) {
			list = append(list, c)
		}
	}
	return list
}

// PlanTrials quantizes by each candidate that the statistics hold enough for, and returns the comparison of their models with the float one that Options.Choose goes by.
func PlanTrials(f *Float, opt Options, stats *calib.Stats, samples int) (*Verification, error) {
	_, held, err := opt.parts(samples)
	if err != nil {
		return nil, err
	}
	v := &Verification{Float: f.Bytes(), Signature: opt.Signature, Dataset: stats.Dataset, Samples: held, SkipBad: opt.SkipBad,
		Question: verify.Question{Task: verify.Distance}, source: f.Source}
	trial := opt
	trial.Quantize.IO = IOFloat32 // what is inside is the same for every type of inputs and outputs
	for _, c := range candidates(stats) {
		trial.Calibrator = c
		m, _, err := quantizeModel(f, trial, stats)
		if err != nil {
			return nil, err
		}
		data, err := tflite.Encode(m)
		if err != nil {
			return nil, &Error{Kind: Internal, Source: f.Source, Err: err}
		}
		v.Quantized = append(v.Quantized, data)
	}
	return v, nil
}

// TrialShards returns the shards of the comparison that PlanTrials plans.
func (o Options) TrialShards(samples int) ([]shard.Range, error) {
	_, held, err := o.parts(samples)
	return planned(held), err
}

// Choose returns the options with the best of the calibrators, by what the comparison that PlanTrials planned found.
func (o Options) Choose(f *Float, stats *calib.Stats, part *verify.Part) (Options, *Choice, error) {
	list := candidates(stats)
	if len(list) != len(part.Models) {
		return o, nil, &Error{Kind: Internal, Source: f.Source, Err: fmt.Errorf("%d candidates, %d were compared", len(list), len(part.Models))}
	}
	choice := &Choice{Samples: int(part.Samples)}
	for _, s := range part.Skipped {
		choice.Skipped = append(choice.Skipped, calib.Skip(s))
	}
	best := math.Inf(-1)
	for i, c := range list {
		ratio, err := mean(part.Models[i].Outputs)
		if err != nil {
			return o, nil, err
		}
		choice.Trials = append(choice.Trials, Trial{c.String(), ratio})
		if ratio > best {
			best, o.Calibrator, choice.Calibrator = ratio, c, c.String()
		}
	}
	return o, choice, nil
}

// mean returns the mean of the outputs' ratios; outputs of zeros alone have none.
func mean(outputs []verify.OutputSums) (float64, error) {
	total, n := 0.0, 0
	for _, o := range outputs {
		if o.Signal > 0 {
			total, n = total+o.SQNR(), n+1
		}
	}
	if n == 0 {
		return 0, &Error{Kind: BadInput, Err: errors.New("no output is a float that is anything but 0: there is nothing to choose a calibrator by"), Hint: "name one"}
	}
	return total / float64(n), nil
}
