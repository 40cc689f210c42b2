package convert

import (
	"context"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/verify"
)

// VerifyOptions say how a quantized model is compared with its float model.
type VerifyOptions struct {
	Signature string          // of the float model; the first if empty
	SkipBad   bool            // leave bad samples out, and count them
	Task      verify.Task     // what outputs are taken for; guessed if empty
	Output    string          // that is scored, by its name in the signature or its tensor's; the first if empty
	Labels    *dataset.Labels // what is right for each sample; nil for what the float model says
	Samples   shard.Range     // that are compared; all of the dataset's if empty
}

// Verification is a comparison of quantized models with their float model that is ready to run.
type Verification struct {
	Float     []byte   // the flatbuffers
	Quantized [][]byte // at least one
	Signature string
	Dataset   string // digest of the dataset's manifest
	Labels    string // digest of the labels; empty without
	Question  verify.Question
	Samples   shard.Range
	SkipBad   bool

	labels   *dataset.Labels
	source   string // what errors call the float model
	pairings []*verify.Pairing
}

// PlanVerification checks that a dataset and labels fit, and returns the comparison of a quantized model, given as a flatbuffer, with the float one.
func PlanVerification(f *Float, quantized Source, opt VerifyOptions, data *dataset.Manifest) (*Verification, error) {
	digest, err := fits(f, opt.Signature, data)
	if err != nil {
		return nil, err
	}
	v := &Verification{Float: f.Bytes(), Quantized: [][]byte{quantized.Data}, Signature: opt.Signature, Dataset: digest, Samples: opt.Samples, SkipBad: opt.SkipBad,
		source: f.Source}
	if v.Samples.Len() == 0 {
		v.Samples = shard.Range{Last: data.Len()}
	}
	if v.pairings, err = shard.Pair(v.Float, v.Quantized, v.Signature); err != nil {
		return nil, &Error{Kind: BadInput, Source: quantized.Name, Err: err}
	}
	if v.Question, err = Question(f, opt); err != nil {
		return nil, err
	}
	if opt.Labels != nil {
		v.labels, v.Labels = opt.Labels, opt.Labels.Digest()
	}
	return v, nil
}

// Question returns what options ask of quantized models, which need not be there yet.
func Question(f *Float, opt VerifyOptions) (q verify.Question, err error) {
	m := verify.Model{Model: f.Model}
	if m.Signature, err = shard.Signature(f.Model, opt.Signature); err != nil {
		return q, &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	q = verify.Question{Tensors: true, Labels: opt.Labels != nil}
	if opt.Output != "" {
		names := m.OutputNames()
		if q.Output = slices.Index(names, opt.Output); q.Output < 0 {
			return q, &Error{Kind: BadInput, Source: f.Source, Err: fmt.Errorf("no output %q: there are %q", opt.Output, names)}
		}
	}
	switch q.Task = opt.Task; {
	case opt.Task == "":
		label := 0
		if opt.Labels != nil {
			label = opt.Labels.Elements()
		}
		q.Task = verify.Guess(m, q.Output, label)
	case !slices.Contains(verify.Tasks(), opt.Task):
		return q, &Error{Kind: BadInput, Err: fmt.Errorf("task %q is none of %q", opt.Task, verify.Tasks())}
	case opt.Task == verify.Distance && opt.Labels != nil:
		return q, &Error{Kind: BadInput, Err: fmt.Errorf("labels say which answers are right; the task %s asks for none", opt.Task)}
	}
	if q.Task == verify.Distance {
		q.Output = 0
	}
	return q, nil
}

// Plan returns the shards. As shard.Plan's they depend on the number of samples alone.
func (v *Verification) Plan() []shard.Range { return planned(v.Samples) }

func planned(samples shard.Range) []shard.Range {
	plan := shard.Plan(samples.Len())
	for i := range plan {
		plan[i].First += samples.First
		plan[i].Last += samples.First
	}
	return plan
}

// Spec returns what a shard of the plan runs.
func (v *Verification) Spec(r shard.Range) shard.Spec {
	return shard.Spec{Range: r, Dataset: v.Dataset, Labels: v.Labels, SkipBad: v.SkipBad}
}

// MergeComparisons folds the parts of all shards of a plan of comparisons with the float model of a source, in their order.
func MergeComparisons(source string, parts []*verify.Part) (*verify.Part, error) {
	part, err := shard.MergeComparisons(parts)
	if err != nil {
		return nil, &Error{Kind: BadInput, Source: source, Err: err}
	}
	return part, nil
}

// Result returns what all parts together say of the quantized model.
func (v *Verification) Result(part *verify.Part) (*verify.Result, error) {
	r, err := v.pairings[0].Result(part, 0)
	if err != nil {
		return nil, &Error{Kind: Internal, Err: err}
	}
	return r, nil
}

// Verify compares a quantized model with the float one over a dataset, of which the pool has the samples.
func Verify(ctx context.Context, f *Float, quantized Source, opt VerifyOptions, data *dataset.Manifest, pool *Pool, progress func(Progress)) (*verify.Result, error) {
	v, err := PlanVerification(f, quantized, opt, data)
	if err != nil {
		return nil, err
	}
	part, err := pool.Verify(ctx, v, "verify", progress)
	if err != nil {
		return nil, err
	}
	return v.Result(part)
}

// Verify runs all shards of a comparison and merges their parts. When shards fail, the error is that of the first of them in the plan's order, whichever failed first.
func (p *Pool) Verify(ctx context.Context, v *Verification, phase string, progress func(Progress)) (*verify.Part, error) {
	c, err := shard.LoadComparison(v.Float, v.Quantized, v.Signature, v.Question)
	if err != nil {
		return nil, VerificationError(v.source, err)
	}
	plan := v.Plan()
	parts := make([]*verify.Part, len(plan))
	tick := counter(phase, v.Samples.Len(), progress)
	err = p.run(ctx, len(plan), func(ctx context.Context, i int) (err error) {
		parts[i], err = shard.Compare(ctx, c, p.Samples, v.labels, v.Spec(plan[i]), tick)
		return err
	})
	if err != nil {
		return nil, VerificationError(v.source, err)
	}
	return MergeComparisons(v.source, parts)
}

// VerificationError gives an error that came up when a quantized model was compared with the float model of a source, here or elsewhere, its kind and the way out.
func VerificationError(source string, err error) error {
	switch {
	case isCancel(err) || KindOf(err) != "":
		return err
	case shard.Unsupported(err):
		return Uncomparable(source, err, false)
	}
	return unsupported(source, err)
}

// Uncomparable is the error of a model that holds operators which can't be executed; of one that was made to try a calibrator if trial is set.
func Uncomparable(source string, err error, trial bool) error {
	hint := "operators must run to be compared"
	if trial {
		hint = notRunning
	}
	return &Error{Kind: Refused, Source: source, Err: err, Hint: hint}
}
