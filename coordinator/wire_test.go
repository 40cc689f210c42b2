package coordinator

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// fullSpec has every field set to something other than its zero value.
func fullSpec() Spec {
	d := func(text string) string { return string(store.Of([]byte(text))) }
	return Spec{
		Source: Blob{d("source"), 1}, SourceName: "model.tflite", Scheme: "int8", Rules: "tflite", IO: "uint8", Strict: true, Signature: "serving",
		Dataset: &Blob{d("dataset"), 2}, Ranges: &Blob{d("ranges"), 3}, RangesName: "ranges.json", SkipBad: true, Fold: true,
		WeightBits: 4, BlockSize: 32, WeightFit: "mse", PerTensor: true, PerTensorDense: true, KeepFloat: []string{"SOFTMAX", "head/*"}, Recipe: "scheme: int8", Calibrator: "ema:0.9", Histograms: true, SampleRanges: true, Fresh: true,
		Verification: &Verification{Samples: 5, Task: "segment", Output: "mask", Labels: &Blob{d("labels"), 4}}, Quantized: &Blob{d("quantized"), 5}, QuantizedName: "int8.tflite",
	}
}

// Each choice survives the way to the wire and back, and to the journal and back, and means something to the pipeline.
func TestSpecKeepsItsChoices(t *testing.T) {
	for _, scheme := range convert.Schemes() {
		for compat := range rules {
			for io := range ios {
				s := fullSpec()
				s.Scheme, s.Rules, s.IO, s.Ranges, s.Quantized = scheme, compat, io, nil, nil
				s.BlockSize, s.PerTensor, s.Recipe = 0, true, "scheme: "+scheme
				if scheme == "none" {
					s.Recipe, s.Verification = "", nil
				}
				if scheme != "weight-only" {
					s.WeightBits = 0
				}
				if scheme == "none" || scheme == "float16" || compat == "tflite" {
					s.WeightFit = ""
				}
				if scheme == "float16" {
					s.PerTensor, s.PerTensorDense = false, false
				}
				given, err := s.options()
				if err != nil {
					t.Fatal(err)
				}
				back, err := specFromWire(specToWire(s))
				if given.Validate() != nil {
					if err == nil {
						t.Errorf("%s with inputs and outputs %s is taken", scheme, io)
					}
					continue
				}
				if diff := cmp.Diff(s, back); err != nil || diff != "" {
					t.Errorf("wire: %v\n%s", err, diff)
				}
				if diff := cmp.Diff(Record{Spec: s}, written(Record{Spec: s})); diff != "" {
					t.Errorf("journal: %s", diff)
				}
				if o, err := back.options(); err != nil || string(o.Scheme) != scheme || o.Quantize.Compat != rules[compat] || o.Quantize.IO != ios[io] || !o.Quantize.Strict || !o.SkipBad || !o.Fold || o.Signature != "serving" {
					t.Errorf("options: %+v, %v", o, err)
				}
			}
		}
	}
	for _, change := range []func(s *Spec){
		func(s *Spec) { s.Scheme = "int4" }, func(s *Spec) { s.Rules = "litert" }, func(s *Spec) { s.IO = "" }, func(s *Spec) { s.Calibrator = "best" },
	} {
		s := fullSpec()
		change(&s)
		if _, err := s.options(); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}

// The journal's form outlives this version of the program: a change of the file is a change of the format.
func TestRecordAsText(t *testing.T) {
	r := Record{
		ID: "j-1", RequestID: "r", Priority: High, Spec: fullSpec(), State: Failed, Numerics: 1,
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Ended: time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC),
		Result: &Result{Model: Blob{"m", 1}, Stats: &Blob{"s", 2}, Report: &Blob{"r", 3}, Verification: &Blob{"v", 5}, Choice: &Blob{"c", 6}}, Error: &Failure{Refused, "why", "x.npz[3]"}, Float: Blob{"f", 4}, Measured: &Measured{"k", Blob{"s", 2}, "j-0"},
		Comparisons: []Comparison{{Quantized: []Blob{{"q", 7}}, Trial: true, Task: "classify", Output: 1, Labels: &Blob{"l", 8}}},
		Progress:    Progress{SamplesDone: 1, SamplesTotal: 2, ShardsDone: 3, ShardsTotal: 4},
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Text(t, "testdata/record.json", string(text)+"\n")
	if diff := cmp.Diff(r, written(r)); diff != "" {
		t.Error(diff)
	}
}

// The largest record fits into etcd many times over.
func TestRecordsStaySmall(t *testing.T) {
	long := strings.Repeat("\u2028", maxName/3) // which JSON escapes
	s := fullSpec()
	s.SourceName, s.Signature, s.RangesName = long, long, long
	failure := &Failure{Kind: BadInput, Message: clip(strings.Repeat("\u2028", maxMessage)), Sample: clip(strings.Repeat("\u2028", maxMessage))}
	text, err := json.Marshal(Record{ID: "j-0123456789abcdef", RequestID: strings.Repeat("\u2028", maxRequestID), Spec: s, Error: failure})
	if err != nil || len(text) > 1<<19 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestJobToWire(t *testing.T) {
	r := Record{ID: "j", RequestID: "r", Spec: fullSpec(), State: Failed, Numerics: 3, Created: time.Unix(1, 0), Error: &Failure{Kind: Refused, Message: "why", Sample: "x"}, Measured: &Measured{From: "j-0"}, Priority: Low}
	got := jobToWire(r, Progress{SamplesDone: 1, SamplesTotal: 2, ShardsDone: 3, ShardsTotal: 4, Running: 5, Waiting: "w"})
	want := &octetv1.Job{
		Id: "j", RequestId: "r", Spec: specToWire(r.Spec), State: octetv1.JobState_JOB_STATE_FAILED, NumericsVersion: 3, StatisticsFrom: "j-0", Priority: octetv1.Priority_PRIORITY_LOW,
		Progress:   &octetv1.Progress{SamplesDone: 1, SamplesTotal: 2, ShardsDone: 3, ShardsTotal: 4, AttemptsRunning: 5, Waiting: "w"},
		CreateTime: timeToWire(time.Unix(1, 0)), Error: &octetv1.JobError{Kind: octetv1.ErrorKind_ERROR_KIND_REFUSED, Message: "why", Sample: "x"},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// What does not go together is refused.
func TestSpecCheck(t *testing.T) {
	blob, v := &Blob{}, &Verification{Samples: 5}
	for _, c := range []struct {
		spec Spec
		want string // a part of the error; "" if it is none
	}{
		{Spec{Scheme: "int8", Dataset: blob}, ""}, {Spec{Scheme: "int8", Ranges: blob}, ""}, {Spec{Scheme: "float16"}, ""}, {Spec{Scheme: "none"}, ""},
		{Spec{Scheme: "int8"}, "needs either a dataset, a stream or ranges"}, {Spec{Scheme: "int8", Dataset: blob, Ranges: blob}, "not both unless"},
		{Spec{Scheme: "int8", Dataset: blob, Ranges: blob, Verification: &Verification{}}, ""}, {Spec{Scheme: "int8", Dataset: blob, Verification: v}, ""},
		{Spec{Scheme: "float16", Dataset: blob, Verification: &Verification{}}, ""}, {Spec{Scheme: "int8", Dataset: blob, Verification: &Verification{}}, "over 0 samples"},
		{Spec{Scheme: "int8", Dataset: blob, Verification: &Verification{Samples: -1}}, "over -1 samples"}, {Spec{Scheme: "float16", Verification: v}, "needs a dataset"},
		{Spec{Scheme: "none", Dataset: blob, Verification: v}, "or a quantized model"}, {Spec{Scheme: "none", Dataset: blob, Verification: v, Quantized: blob}, ""},
		{Spec{Scheme: "none", Dataset: blob, Quantized: blob}, "needs a verification"}, {Spec{Scheme: "int8", Dataset: blob, Verification: v, Quantized: blob}, "nothing about quantization"},
		{Spec{Scheme: "int8", Dataset: blob, Calibrator: "auto"}, ""}, {Spec{Scheme: "int8", Ranges: blob, Calibrator: "auto"}, "needs a dataset that is calibrated on"},
		{Spec{Scheme: "float16", Calibrator: "auto"}, "needs a dataset that is calibrated on"},
	} {
		err := c.spec.check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.spec, err, c.want)
		}
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[string]string{"short": "short", "\xff?": "\uFFFD?", strings.Repeat("x", maxMessage): strings.Repeat("x", maxMessage)} {
		if got := clip(in); got != want {
			t.Errorf("clip(%.10q…) = %.10q…", in, got)
		}
	}
	got := clip("x" + strings.Repeat("é", maxMessage))
	if len(got) > maxMessage+len("…") || !utf8.ValidString(got) || !strings.HasSuffix(got, "é…") {
		t.Errorf("%d bytes, the last %q", len(got), got[len(got)-8:])
	}
}

// retryDelay returns when a call that was turned away may be repeated; 0 if the error does not say.
func retryDelay(err error) time.Duration {
	for _, d := range status.Convert(err).Details() {
		if d, ok := d.(*errdetails.RetryInfo); ok {
			return d.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// Clients see errors of connections to workers, and not where those are.
func TestErrorsWithoutAddresses(t *testing.T) {
	for message, want := range map[string]string{
		`connection error: desc = "transport: Error while dialing: dial tcp 10.1.2.3:8471: connect: connection refused"`: `connection error: desc = "transport: Error while dialing: dial tcp: connect: connection refused"`,
		`error reading from server: read tcp 10.1.2.3:40112->[fd00::7]:8471: read: connection reset by peer`:             `error reading from server: read tcp: read: connection reset by peer`,
		`dial tcp: lookup worker-0.octet.svc on 10.0.0.10:53: no such host`:                                              `dial tcp: lookup: no such host`,
		`tls: failed to verify certificate: x509: certificate is valid for localhost, worker-0, not worker-1"`:           `tls: failed to verify certificate: x509: certificate is for another host"`,
		`read blob abc: the file "dial.png" is damaged`:                                                                  `read blob abc: the file "dial.png" is damaged`,
	} {
		if got := withoutAddresses(message); got != want {
			t.Errorf("%s\n got %s\nwant %s", message, got, want)
		}
		if f := attemptFailed(Record{}, Start{}, status.Error(codes.ResourceExhausted, message), true); f.Busy {
			t.Error("a worker that began, and says too much, counts as busy")
		}
		f := attemptFailed(Record{}, Start{Worker: "w-1"}, status.Error(codes.Unavailable, message), true)
		if f.Error.Message != "worker w-1: "+want {
			t.Errorf("%s", f.Error.Message)
		}
	}
}
