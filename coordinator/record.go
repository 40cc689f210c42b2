package coordinator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
)

// Blob names a blob of the store.
type Blob struct {
	Digest string `json:"digest"` // hex sha256
	Size   int64  `json:"size"`
}

// Spec says what a job converts, and how. It is what the journal keeps, in names of its own.
type Spec struct {
	Source     Blob   `json:"source"`
	SourceName string `json:"source_name"`
	Scheme     string `json:"scheme"` // one of convert.Schemes
	Rules      string `json:"rules"`  // "octet" or "tflite"
	IO         string `json:"io"`     // "own" for the scheme's activations', "int8", "uint8", "int16" or "float32"
	Strict     bool   `json:"strict,omitempty"`
	Signature  string `json:"signature,omitempty"`
	Dataset    *Blob  `json:"dataset,omitempty"` // the manifest
	Stream     string `json:"stream,omitempty"`  // the id of a stream of samples, which takes the place of the manifest
	Ranges     *Blob  `json:"ranges,omitempty"`
	RangesName string `json:"ranges_name,omitempty"`
	SkipBad    bool   `json:"skip_bad_samples,omitempty"`
	Fold       bool   `json:"fold,omitempty"`

	WeightBits     int    `json:"weight_bits,omitempty"`
	BlockSize      int    `json:"block_size,omitempty"`
	WeightFit      string `json:"weight_fit,omitempty"`
	PerTensor      bool   `json:"per_tensor,omitempty"`
	PerTensorDense bool   `json:"per_tensor_dense,omitempty"`

	KeepFloat []string `json:"keep_float,omitempty"`
	Recipe    string   `json:"recipe,omitempty"` // its text

	Calibrator   string `json:"calibrator,omitempty"`
	Histograms   bool   `json:"histograms,omitempty"`
	SampleRanges bool   `json:"sample_ranges,omitempty"`
	Fresh        bool   `json:"fresh_statistics,omitempty"` // not those of an earlier job

	Verification  *Verification `json:"verification,omitempty"`
	Quantized     *Blob         `json:"quantized,omitempty"` // compared instead of making a model
	QuantizedName string        `json:"quantized_name,omitempty"`
}

// Verification says how a job's quantized model is compared with its float model.
type Verification struct {
	Samples int    `json:"samples,omitempty"` // the last ones of the dataset; 0 for all
	Task    string `json:"task,omitempty"`    // one of verify.Tasks, or empty
	Output  string `json:"output,omitempty"`
	Labels  *Blob  `json:"labels,omitempty"`
}

// What the names of a Spec mean.
var (
	rules = map[string]convert.Compat{"octet": convert.OctetRules, "tflite": convert.TFLiteRules}
	ios   = map[string]convert.IO{
		"own": convert.IOOwn, "int8": convert.IOInt8, "uint8": convert.IOUint8, "float32": convert.IOFloat32, "int16": convert.IOInt16,
	}
)

// options returns the options of the conversion. An unknown name, which a later version may have written, is an error.
func (s *Spec) options() (convert.Options, error) {
	compat, ok1 := rules[s.Rules]
	io, ok2 := ios[s.IO]
	if !slices.Contains(convert.Schemes(), s.Scheme) || !ok1 || !ok2 {
		return convert.Options{}, fmt.Errorf("this coordinator does not know scheme %q with rules %q and inputs and outputs %q", s.Scheme, s.Rules, s.IO)
	}
	o := convert.Options{
		Scheme: convert.Scheme(s.Scheme), Signature: s.Signature, SkipBad: s.SkipBad, Fold: s.Fold || s.Quantized != nil,
		Auto: s.Calibrator == convert.Auto, Observe: calib.Spec{Histogram: s.Histograms, PerSample: s.SampleRanges},
	}
	if !o.Auto {
		var err error
		if o.Calibrator, err = convert.ParseCalibrator(s.Calibrator); err != nil {
			return convert.Options{}, err
		}
	}
	if s.Verification != nil && s.calibrates() {
		o.Holdout.Samples = s.Verification.Samples
	}
	o.Quantize.Compat, o.Quantize.IO, o.Quantize.Strict = compat, io, s.Strict
	o.Quantize.Bits, o.Quantize.Block, o.Quantize.PerTensor, o.Quantize.PerTensorDense = s.WeightBits, s.BlockSize, s.PerTensor, s.PerTensorDense
	o.Quantize.KeepFloat = s.KeepFloat
	var err error
	if o.Quantize.Fit, err = convert.ParseFit(s.WeightFit); err != nil {
		return convert.Options{}, err
	}
	if s.Recipe == "" {
		return o, nil
	}
	if err := o.SetRecipe("", []byte(s.Recipe)); err != nil {
		return convert.Options{}, fmt.Errorf("recipe: %w", err)
	}
	if string(o.Scheme) != s.Scheme {
		return convert.Options{}, fmt.Errorf("the recipe is one of scheme %s, the job's scheme is %s", o.Scheme, s.Scheme)
	}
	return o, nil
}

// observed returns what shards observe. A job whose options are not known fails before it has shards.
func (s *Spec) observed() calib.Spec {
	o, _ := s.options()
	return o.Observed()
}

// calibrates reports whether the job measures its model over a dataset.
func (s *Spec) calibrates() bool {
	return s.hasDataset() && s.Ranges == nil && convert.Scheme(s.Scheme).Calibrated()
}

// hasDataset reports whether there are samples.
func (s *Spec) hasDataset() bool { return s.Dataset != nil || s.Stream != "" }

// labels are those of the verification, if it has any.
func (s *Spec) labels() *Blob {
	if s.Verification == nil {
		return nil
	}
	return s.Verification.Labels
}

// check reports what does not go together.
func (s *Spec) check() error {
	scheme := convert.Scheme(s.Scheme)
	switch v := s.Verification; {
	case s.Dataset != nil && s.Stream != "":
		return errors.New("the dataset is either a manifest or a stream, not both")
	case scheme.Calibrated() && !s.hasDataset() && s.Ranges == nil:
		return fmt.Errorf("%s needs either a dataset, a stream or ranges", scheme)
	case v == nil && scheme.Calibrated() && s.hasDataset() && s.Ranges != nil:
		return fmt.Errorf("%s needs either a dataset or ranges, not both unless there is a verification", scheme)
	case s.Quantized != nil && (v == nil || scheme != convert.None || s.Ranges != nil || s.Calibrator != ""):
		return errors.New("quantized is a model to compare: it needs a verification, and nothing about quantization")
	case s.Calibrator == convert.Auto && !s.calibrates():
		return fmt.Errorf("calibrator %s compares outputs over samples: it needs a dataset that is calibrated on", convert.Auto)
	case v == nil:
		return nil
	case !s.hasDataset():
		return errors.New("a verification needs a dataset")
	case scheme == convert.None && s.Quantized == nil:
		return errors.New("a verification needs a scheme that quantizes, or a quantized model")
	case v.Samples < 0 || v.Samples == 0 && s.calibrates():
		return fmt.Errorf("a verification over %d samples: want those that calibration leaves to it", v.Samples)
	}
	return nil
}

// Result is what a job made.
type Result struct {
	Model  Blob  `json:"model"`
	Stats  *Blob `json:"stats,omitempty"`
	Report *Blob `json:"report,omitempty"`

	Verification *Blob `json:"verification,omitempty"`
	Choice       *Blob `json:"choice,omitempty"` // how the calibrator was chosen
}

// Comparison is what the shards of a phase behind the first compare with the float model.
type Comparison struct {
	Quantized []Blob `json:"quantized"`
	Trial     bool   `json:"trial,omitempty"` // of calibrators: outputs alone matter
	Task      string `json:"task"`            // one of verify.Tasks
	Output    int    `json:"output,omitempty"`
	Labels    *Blob  `json:"labels,omitempty"`
}

// Measured are the merged statistics of a job that ran its model over a dataset. It is replaced, and not changed.
type Measured struct {
	Key   string `json:"key"`            // convert.Job's
	Stats Blob   `json:"stats"`          // which may hold more than the job asks for
	From  string `json:"from,omitempty"` // the job that measured them, if it was an earlier one
}

// Record is a job as the journal keeps it. It stays small: what a dataset consists of is in its manifest.
type Record struct {
	ID        string    `json:"id"`
	RequestID string    `json:"request_id"`
	Namespace string    `json:"namespace,omitempty"` // of the client; "" for an operator's jobs
	Priority  Priority  `json:"priority,omitempty"`  // "low" or "high"; else it is normal
	Spec      Spec      `json:"spec"`
	State     State     `json:"state"`
	Numerics  int       `json:"numerics"`
	Trace     string    `json:"trace,omitempty"` // W3C's traceparent of the call that created it
	Created   time.Time `json:"created"`
	Ended     time.Time `json:"ended,omitzero"`
	Result    *Result   `json:"result,omitempty"`
	Error     *Failure  `json:"error,omitempty"`
	// Float is the float model that shards run, once the job is prepared.
	Float Blob `json:"float,omitzero"`
	// DatasetID is the dataset's digest, once the job is prepared, if it is not that of the manifest's blob: where data lie is no part of it.
	DatasetID string `json:"dataset_id,omitempty"`
	// Measured is what the model is quantized by, once it is merged, or found to have been measured by an earlier job; nil for jobs that run nothing.
	Measured *Measured `json:"measured,omitempty"`
	// Comparisons are those of the phases behind the first, as far as they were begun. The list is replaced, and not changed.
	Comparisons []Comparison `json:"comparisons,omitempty"`
	// Dataset is the manifest that a job's stream became. Before, while the stream is open, each shard has one of its own.
	Dataset *Blob `json:"dataset,omitempty"`
	// Progress is how far the job was when it ended.
	Progress Progress `json:"progress,omitzero"`
}

// created is the event that has the machine take up the job.
func (r *Record) created() Created {
	return Created{Job: r.ID, Namespace: r.Namespace, Priority: r.Priority}
}

// request returns the name under which a repeat of the request finds the job: each namespace has ids of its own.
func (r *Record) request() string {
	if r.Namespace == "" {
		return r.RequestID
	}
	return r.Namespace + "\x00" + r.RequestID
}

// dataset returns the manifest of the job's samples; nil if it has none, or its stream is open.
func (r *Record) dataset() *Blob { return cmp.Or(r.Spec.Dataset, r.Dataset) }

// datasetDigest returns the digest of the job's dataset, which statistics are of.
func (r *Record) datasetDigest() string { return cmp.Or(r.DatasetID, r.dataset().Digest) }

// blobs returns the digests of the blobs that the record names.
func (r *Record) blobs() []string {
	all := []string{r.Spec.Source.Digest}
	optional := []*Blob{&r.Float, r.dataset(), r.Spec.Ranges, r.Spec.Quantized, r.Spec.labels()}
	if r.Result != nil {
		optional = append(optional, &r.Result.Model, r.Result.Stats, r.Result.Report, r.Result.Verification, r.Result.Choice)
	}
	if !r.State.Final() {
		for _, c := range r.Comparisons {
			for i := range c.Quantized {
				optional = append(optional, &c.Quantized[i])
			}
		}
	}
	if r.Measured != nil {
		optional = append(optional, &r.Measured.Stats)
	}
	for _, b := range optional {
		if b != nil && b.Digest != "" {
			all = append(all, b.Digest)
		}
	}
	return all
}
