package convert

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/numerics"
)

// specs lists what statistics may hold, the least first.
var specs = []calib.Spec{{}, {Histogram: true}, {PerSample: true}, {Histogram: true, PerSample: true}}

// Key names the job's statistics by what they depend on: the float model and its signature, the dataset, in whose manifest preprocessing is written, how many of its samples,
// the arithmetic, and what is observed. It is a hex sha256. Whether bad samples may be left out is not in it: Recall looks at whether some were.
func (j *Job) Key() string { return j.key(j.Observe) }

// Keys returns the names of all statistics that hold what the job observes: its own, then those that hold more.
func (j *Job) Keys() []string {
	keys := []string{j.Key()}
	for _, s := range specs {
		if s != j.Observe && s.Holds(j.Observe) {
			keys = append(keys, j.key(s))
		}
	}
	return keys
}

func (j *Job) key(spec calib.Spec) string {
	h := sha256.New()
	// An Encoder of a hash does not fail, and its text is the same for the same values.
	_ = json.NewEncoder(h).Encode([]any{"octet statistics", numerics.Version, j.Digest(), j.Signature, j.Dataset, j.Samples, spec.Histogram, spec.PerSample})
	return hex.EncodeToString(h.Sum(nil))
}

// Recall reads statistics in their file form that an earlier calibration made under one of Keys, and returns what the job itself would measure: the same bytes. What is
// of another model, dataset or arithmetic, of other samples, holds less than the job observes, or left out samples that the job must fail on, is an error.
func (j *Job) Recall(data []byte) (*calib.Stats, error) {
	s, err := calib.Decode(data)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Kind != calib.True || s.Model != j.Digest() || s.Dataset != j.Dataset || s.Numerics != numerics.Version:
		return nil, fmt.Errorf("statistics %s of model %.12s, dataset %.12s, numerics %d: want %s of %.12s, %.12s, %d",
			s.Kind, s.Model, s.Dataset, s.Numerics, calib.True, j.Digest(), j.Dataset, numerics.Version)
	case s.Samples == 0 || s.Samples > uint64(j.Samples) || int(s.Samples)+len(s.Skipped) != j.Samples:
		return nil, fmt.Errorf("statistics of %d samples and %d bad ones: want %d", s.Samples, len(s.Skipped), j.Samples)
	case len(s.Skipped) > 0 && !j.SkipBad:
		return nil, fmt.Errorf("statistics that leave out %d samples, which is not allowed", len(s.Skipped))
	case !s.Spec.Holds(j.Observe):
		return nil, fmt.Errorf("statistics that hold %v: want %v", s.Spec, j.Observe)
	}
	return s.Narrow(j.Observe), nil
}
