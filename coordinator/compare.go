package coordinator

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
)

// maxLabels bounds labels, in bytes.
const maxLabels = 1<<28 + 1<<16

// try has the models compared that each calibrator makes.
func (s *Server) try(ctx context.Context, w *work) (Event, error) {
	stats, release, err := s.known(ctx, w)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := s.vetEnd(ctx, w, stats.blob, ending{Trials: w.manifest.Len()}); err != nil {
		return nil, err
	}
	v, err := convert.PlanTrials(w.float, w.opt, stats.Stats, w.manifest.Len())
	if err != nil {
		return nil, err
	}
	c := Comparison{Trial: true, Task: string(v.Question.Task)}
	for _, data := range v.Quantized {
		b, release, err := s.put(ctx, data)
		if err != nil {
			return nil, err
		}
		defer release()
		c.Quantized = append(c.Quantized, b)
	}
	return s.begin(w, c, v), nil
}

// begin takes note of what the next phase compares.
func (s *Server) begin(w *work, c Comparison, v *convert.Verification) Event {
	s.amend(w.ID, func(r *Record) {
		r.Comparisons = append(slices.Clone(r.Comparisons[:min(len(w.digests)-1, len(r.Comparisons))]), c)
	})
	e := Finished{Job: w.ID, Next: v.Plan()}
	for _, b := range c.Quantized {
		e.Bytes += b.Size
	}
	return e
}

// chosen returns a job's options with the calibrator whose model was the closest to the float one.
func (s *Server) chosen(ctx context.Context, w *work, stats *calib.Stats) (convert.Options, *convert.Choice, error) {
	plan, err := w.opt.TrialShards(w.manifest.Len())
	if err != nil {
		return w.opt, nil, err
	}
	part, err := s.compared(ctx, w, plan)
	if err != nil {
		return w.opt, nil, err
	}
	return w.opt.Choose(w.float, stats, part)
}

// compare has a quantized model compared with the job's float model; without a verification the job is done.
func (s *Server) compare(ctx context.Context, w *work, model Blob) (Event, error) {
	if w.Spec.Verification == nil {
		return Finished{Job: w.ID}, nil
	}
	v, err := s.verification(ctx, w, model)
	if err != nil {
		return nil, err
	}
	return s.begin(w, Comparison{Quantized: []Blob{model}, Task: string(v.Question.Task), Output: v.Question.Output, Labels: w.Spec.labels()}, v), nil
}

// verification plans the comparison of a quantized model.
func (s *Server) verification(ctx context.Context, w *work, model Blob) (*convert.Verification, error) {
	data, err := s.read(ctx, "model", model.Digest, maxModel)
	if err != nil {
		return nil, err
	}
	opt, err := s.asked(ctx, &w.Spec, w.manifest)
	if err != nil {
		return nil, err
	}
	return convert.PlanVerification(w.float, convert.Source{Name: cmp.Or(w.Spec.QuantizedName, w.Spec.SourceName), Data: data}, opt, w.manifest)
}

// asked returns what a job asks of its quantized model.
func (s *Server) asked(ctx context.Context, spec *Spec, m *dataset.Manifest) (o convert.VerifyOptions, err error) {
	v := spec.Verification
	o = convert.VerifyOptions{Signature: spec.Signature, SkipBad: spec.SkipBad, Task: verify.Task(v.Task), Output: v.Output}
	if v.Samples > 0 {
		if v.Samples > m.Len() {
			return o, &convert.Error{Kind: convert.BadInput, Err: fmt.Errorf("a verification over %d samples of %d", v.Samples, m.Len())}
		}
		o.Samples = shard.Range{First: m.Len() - v.Samples, Last: m.Len()}
	}
	if v.Labels == nil {
		return o, nil
	}
	data, err := s.read(ctx, "labels", v.Labels.Digest, maxLabels)
	if err != nil {
		return o, err
	}
	if o.Labels, err = dataset.DecodeLabels(data); err == nil && o.Labels.Len() != m.Len() {
		err = fmt.Errorf("%d labels, the dataset has %d samples", o.Labels.Len(), m.Len())
	}
	if err != nil {
		return o, &convert.Error{Kind: convert.BadInput, Err: err}
	}
	return o, nil
}

// conclude puts what the comparison of a job's model found into its record.
func (s *Server) conclude(ctx context.Context, w *work) (Event, error) {
	if w.Result == nil {
		return nil, fmt.Errorf("job %s compared a model that it does not have", w.ID)
	}
	v, err := s.verification(ctx, w, w.Result.Model)
	if err != nil {
		return nil, err
	}
	part, err := s.compared(ctx, w, v.Plan())
	if err != nil {
		return nil, err
	}
	found, err := v.Result(part)
	if err != nil {
		return nil, err
	}
	data, err := found.Encode()
	if err != nil {
		return nil, err
	}
	b, release, err := s.put(ctx, data)
	if err != nil {
		return nil, err
	}
	defer release()
	s.amend(w.ID, func(r *Record) {
		result := *r.Result
		result.Verification = &b
		r.Result = &result
	})
	return Finished{Job: w.ID}, nil
}

// compared folds the results of the phase that ran a comparison.
func (s *Server) compared(ctx context.Context, w *work, plan []shard.Range) (*verify.Part, error) {
	phase := len(w.digests) - 1
	c := w.comparison(phase)
	if c == nil {
		return nil, fmt.Errorf("job %s does not know what phase %d compared", w.ID, phase)
	}
	part, err := folded(plan, w.digests[phase], verify.Merge, func(r shard.Range, d store.Digest) (*verify.Part, error) { return s.shardPart(ctx, w.Record, c, r, d) })
	if err != nil {
		return nil, err
	}
	return convert.MergeComparisons(w.Spec.SourceName, []*verify.Part{part})
}

// comparison returns what a phase compares; nil if it is the first, or not known.
func (r *Record) comparison(phase int) *Comparison {
	if phase < 1 || phase > len(r.Comparisons) {
		return nil
	}
	return &r.Comparisons[phase-1]
}

// checked reads the result of an attempt, and checks that it is what was asked for.
func (s *Server) checked(ctx context.Context, r Record, f Start, d store.Digest) (err error) {
	if c := r.comparison(f.Phase); c != nil {
		_, err = s.shardPart(ctx, r, c, f.Range, d)
	} else {
		_, err = s.shardStats(ctx, r, f.Range, d)
	}
	return err
}

// shardPart reads what a shard of a comparison yielded, and checks that it is what was asked for: of the job's models, dataset and question, and of the shard's samples.
func (s *Server) shardPart(ctx context.Context, r Record, c *Comparison, samples shard.Range, d store.Digest) (*verify.Part, error) {
	data, err := s.read(ctx, "result", string(d), maxStats)
	if err != nil {
		return nil, err
	}
	p, err := verify.DecodePart(data)
	if err != nil {
		return nil, err
	}
	question := verify.Question{Task: verify.Task(c.Task), Output: c.Output, Labels: c.Labels != nil, Tensors: !c.Trial}
	labels := ""
	if c.Labels != nil {
		labels = c.Labels.Digest
	}
	switch {
	case p.Question != question || p.Float != r.Float.Digest || p.Dataset != r.datasetDigest() || p.Labels != labels || p.Numerics != r.Numerics:
		return nil, fmt.Errorf("a comparison %+v with model %.12s over dataset %.12s, labels %.12s, numerics %d: want %+v with %.12s over %.12s, %.12s, %d",
			p.Question, p.Float, p.Dataset, p.Labels, p.Numerics, question, r.Float.Digest, r.datasetDigest(), labels, r.Numerics)
	case len(p.Models) != len(c.Quantized):
		return nil, fmt.Errorf("a comparison of %d models: want %d", len(p.Models), len(c.Quantized))
	case p.Samples > uint64(samples.Len()) || int(p.Samples)+len(p.Skipped) != samples.Len():
		return nil, fmt.Errorf("a comparison over %d samples and %d bad ones: want %d", p.Samples, len(p.Skipped), samples.Len())
	case len(p.Skipped) > 0 && !r.Spec.SkipBad:
		return nil, fmt.Errorf("a comparison that leaves out %d samples, which was not allowed", len(p.Skipped))
	}
	for i, m := range p.Models {
		if m.Quantized != c.Quantized[i].Digest {
			return nil, fmt.Errorf("a comparison of model %.12s: want %.12s", m.Quantized, c.Quantized[i].Digest)
		}
	}
	last := samples.First - 1
	for _, k := range p.Skipped {
		if k.Sample <= last || k.Sample >= samples.Last {
			return nil, fmt.Errorf("a comparison that leaves out sample %d behind %d: want samples of %d to %d, in order", k.Sample, last, samples.First, samples.Last-1)
		}
		last = k.Sample
	}
	return p, nil
}
