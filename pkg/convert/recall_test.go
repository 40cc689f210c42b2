package convert

import (
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/shard"
)

// measured returns the statistics of a job, and their file form.
func (c *choosing) measured(t *testing.T, opt Options) (*Job, *calib.Stats, []byte) {
	t.Helper()
	job, err := Plan(c.float, opt, c.manifest)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := (&Pool{Workers: 1, Samples: c}).Calibrate(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := shard.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return job, s, data
}

// Each job finds what it would measure itself among what other jobs measured, and nothing else.
func TestRecall(t *testing.T) {
	c := newChoosing(t, testmodel.Conv(), "random:normal?samples=20")
	ranges := Options{Scheme: Int8}
	histograms, all, auto, other := ranges, ranges, ranges, ranges
	histograms.Observe.Histogram = true
	all.Observe = calib.Spec{Histogram: true, PerSample: true}
	auto.Auto = true
	other.Signature = c.float.Model.Signatures[0].Key
	options := map[string]Options{"ranges": ranges, "histograms": histograms, "all": all, "auto": auto, "other": other}
	serves := map[string][]string{ // what each may take
		"ranges": {"ranges", "histograms", "all"}, "histograms": {"histograms", "all"}, "all": {"all"}, "auto": {"auto"}, "other": {"other"},
	}
	for want, opt := range options {
		job, _, own := c.measured(t, opt)
		if keys := job.Keys(); keys[0] != job.Key() || slices.Contains(keys[1:], job.Key()) {
			t.Errorf("%s: the key %s stands not in front of others only: %v", want, job.Key(), keys)
		}
		for have, opt := range options {
			from, _, data := c.measured(t, opt)
			may := slices.Contains(serves[want], have)
			if slices.Contains(job.Keys(), from.Key()) != may {
				t.Errorf("%s finds %s: %v, want %v", want, have, !may, may)
			}
			if !may {
				continue
			}
			got, err := job.Recall(data)
			if err != nil {
				t.Errorf("%s from %s: %v", want, have, err)
				continue
			}
			if text, err := got.Encode(); err != nil || string(text) != string(own) {
				t.Errorf("%s from %s: other bytes than what it measures itself (%v)", want, have, err)
			}
		}
	}
}

func TestRecallRefuses(t *testing.T) {
	c := newChoosing(t, testmodel.Conv(), "random:normal?samples=20")
	job, _, _ := c.measured(t, Options{Scheme: Int8, Observe: calib.Spec{Histogram: true}})
	for why, change := range map[string]func(s *calib.Stats){
		"model":                     func(s *calib.Stats) { s.Model = "other" },
		"dataset":                   func(s *calib.Stats) { s.Dataset = "other" },
		"numerics":                  func(s *calib.Stats) { s.Numerics++ },
		"tflite-calibrator":         func(s *calib.Stats) { s.Kind = calib.TFLiteCalibrator },
		"want 20":                   func(s *calib.Stats) { s.Samples-- },
		"of 0 samples":              func(s *calib.Stats) { s.Samples, s.Skipped = 0, make([]calib.Skip, 20) },
		"leave out 1":               func(s *calib.Stats) { s.Samples, s.Skipped = 19, make([]calib.Skip, 1) },
		"hold ranges: want":         func(s *calib.Stats) { *s = *s.Narrow(calib.Spec{}) },
		"statistics: there is some": nil,
	} {
		_, s, data := c.measured(t, Options{Scheme: Int8, Observe: calib.Spec{Histogram: true}})
		if change == nil {
			data = append(data, "more"...)
		} else {
			change(s)
			var err error
			if data, err = s.Encode(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := job.Recall(data); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want something of %q", err, why)
		}
	}
	// Where bad samples may be left out, some may have been.
	job, _, _ = c.measured(t, Options{Scheme: Int8, SkipBad: true})
	c.bad[3] = true
	_, _, data := c.measured(t, Options{Scheme: Int8, SkipBad: true})
	if s, err := job.Recall(data); err != nil || len(s.Skipped) != 1 {
		t.Errorf("%v, %v", s, err)
	}
}
