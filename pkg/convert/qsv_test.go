package convert

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/quant"
)

// What AI Edge Quantizer 0.10 writes: numbers in as many lists as the tensor has dimensions, a range for each channel of a constant, and nothing of some tensors.
const (
	qsvRanges = `{"image": {"min": [[[[-2.0]]]], "max": [[[[0.9497690796852112]]]]}, "logits": {"min": [[-0.0]], "max": [[3]]}, "flat": {},
		"conv/w": {"min": [[[[-1.0]]], [[[-2.0]]]], "max": [[[[1.0]]], [[[2.0]]]]}, "probs": {"min": [[0.25, 0.125]], "max": [[0.5, 0.75]]}}`
	qsvSaved = `{"model_qsvs": ` + qsvRanges + `, "metadata": {"num_samples_calibrated": 4, "model": "x"}}`
)

func TestCalibrationResultsOfAIEdgeQuantizer(t *testing.T) {
	f := newChoosing(t, testmodel.Conv(), "random:normal").float
	for text, samples := range map[string]uint64{qsvRanges: 0, qsvSaved: 4} {
		s, err := Ranges(f, Source{Name: "qsv.json", Data: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]quant.Range{}
		for _, x := range s.Tensors {
			if v := f.Model.Graphs[x.Subgraph].Values[x.Index]; v.Name != x.Name {
				t.Errorf("the range of %q is that of %q", x.Name, v.Name)
			}
			got[x.Name] = x.Range
		}
		want := map[string]quant.Range{"image": {Min: -2, Max: 0.9497691}, "logits": {Max: 3}, "probs": {Min: 0.125, Max: 0.75}}
		if diff := cmp.Diff(want, got); diff != "" || s.Samples != samples || s.Kind != calib.True {
			t.Errorf("%d samples, kind %s (-want +got)\n%s", s.Samples, s.Kind, diff)
		}
		res, err := Finish(f, Options{Scheme: Int8}, s)
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Report.Float) == 0 {
			t.Error("operators without ranges are integer ones")
		}
	}
}

func TestOtherResultsAreRefused(t *testing.T) {
	f := newChoosing(t, testmodel.Conv(), "random:normal").float
	for text, want := range map[string]string{
		`{"model_qsvs": {"image": {"min": 0, "max": 1}, "a": {}, "b": {"min": 0, "max": 1}}}`: `has ranges of 3 tensors, of which m.tflite has no 2: ["a" "b"] (ranges must come`,
		`{"conv/w": {"min": [-1], "max": [1]}}`:                                               "has no range of an activation of m.tflite",
		`{"image": {"min": [[2]], "max": [[1]]}}`:                                             `range of tensor "image": its minimum 2 is more than its maximum 1`,
		`{"image": {"min": [[2]]}}`:                                                           `range of tensor "image": <nil> is neither`,
		`{"image": {"min": [], "max": [1]}}`:                                                  "an end is missing",
		`{"image": {"min": [true], "max": [1]}}`:                                              "true is neither a number nor a list",
		`{"image": {"min": 1e99, "max": 1e99}}`:                                               "1e99 is no float32",
		`{}`:                                                                                  `statistics: format is ""`,
		`[1]`:                                                                                 "want a file that --stats wrote, calibration results of AI Edge Quantizer",
		`{"a":1}`:                                                                             "want a file that --stats wrote, calibration results of AI Edge Quantizer",
	} {
		_, err := Ranges(f, Source{Name: "qsv.json", Data: []byte(text)})
		if KindOf(err) != BadInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s…", text, err, want)
		}
	}
}
