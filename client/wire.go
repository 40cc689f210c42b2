package client

import (
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Spec says what to convert, and how. The zero values of the options are the protocol's defaults.
type Spec struct {
	Source     Ref
	SourceName string // for messages
	Scheme     string // "none", which is the default, "float16", "dynamic", "weight-only", "int8" or "int16x8"
	TFLite     bool   // TFLiteConverter's rules
	IO         string // "int8", "uint8", "int16" or "float32"; by default what the scheme has
	Strict     bool
	Signature  string
	Dataset    *Ref   // the manifest
	Stream     string // the id of a stream that is the dataset instead
	Ranges     *Ref
	RangesName string
	SkipBad    bool
	Fold       bool
	// How weights are stored: the bits of each under weight-only, 8 by default, and how many share a scale.
	WeightBits, BlockSize     int
	WeightFit                 string // "largest", which is the default, "mse" or "balanced"
	PerTensor, PerTensorDense bool
	KeepFloat                 []string // patterns of operators that stay float
	Recipe                    string   // the text of a recipe, of which Scheme is that of integer operators, or else the first that quantizes; "" if there is none
	// How ranges follow from statistics, "minmax" by default, and what statistics hold besides what that needs.
	Calibrator               string
	Histograms, SampleRanges bool
	FreshStatistics          bool // measure even if an earlier job did so
	// How the quantized model is compared with the float one; nil if it is not.
	Verification *Verification
	// How urgent it is among the jobs of its namespace: "low", "normal" or "high"; "" for normal. What comes out does not depend on it.
	Priority string
	// A quantized model to compare instead of making one.
	Quantized     *Ref
	QuantizedName string // for messages
}

// Verification says how a quantized model is compared with its float model over the dataset.
type Verification struct {
	Samples int    // the last ones, which calibration does not see; 0 for all
	Task    string // "classify", "segment" or "distance"; guessed if empty
	Output  string // that is scored; the first if empty
	Labels  *Ref
}

// State is where a job stands, such as "calibrating".
type State string

// The states of a job.
const (
	Preparing   State = "preparing"
	Calibrating State = "calibrating"
	Finishing   State = "finishing"
	Comparing   State = "comparing"
	Succeeded   State = "succeeded"
	Failed      State = "failed"
	Cancelled   State = "cancelled"
)

// Final reports whether a job in this state is over.
func (s State) Final() bool { return s == Succeeded || s == Failed || s == Cancelled }

// Job is a conversion on a cluster.
type Job struct {
	ID         string    `json:"id"`
	SourceName string    `json:"source"`
	Scheme     string    `json:"scheme"`
	State      State     `json:"state"`
	Progress   Progress  `json:"progress"`
	Created    time.Time `json:"created"`
	Ended      time.Time `json:"ended,omitzero"`
	Numerics   int       `json:"numerics"`
	Priority   string    `json:"priority,omitempty"` // "low" or "high"; else it is normal
	Model      *Ref      `json:"model,omitempty"`    // of a job that succeeded
	Stats      *Ref      `json:"stats,omitempty"`
	Report     *Ref      `json:"report,omitempty"`
	Verified   *Ref      `json:"verification,omitempty"`
	Choice     *Ref      `json:"choice,omitempty"`
	Error      *JobError `json:"error,omitempty"`           // of a job that failed
	Namespace  string    `json:"namespace,omitempty"`       // of the client that created it
	StatsFrom  string    `json:"statistics_from,omitempty"` // the earlier job that measured its statistics
}

// Progress is how far a job is.
type Progress struct {
	SamplesDone  int    `json:"samples_done"`
	SamplesTotal int    `json:"samples_total"`
	ShardsDone   int    `json:"shards_done"`
	ShardsTotal  int    `json:"shards_total"`
	Running      int    `json:"running"`
	Waiting      string `json:"waiting,omitempty"`
}

// JobError is why a job failed.
type JobError struct {
	Kind    string `json:"kind"` // "bad_input", "refused", "unavailable" or "internal"
	Message string `json:"message"`
	Sample  string `json:"sample,omitempty"` // that can't be used, if that is why
}

func (e *JobError) Error() string { return e.Message }

var (
	stateFromWire = map[octetv1.JobState]State{
		octetv1.JobState_JOB_STATE_PREPARING: Preparing, octetv1.JobState_JOB_STATE_CALIBRATING: Calibrating,
		octetv1.JobState_JOB_STATE_FINISHING: Finishing, octetv1.JobState_JOB_STATE_COMPARING: Comparing, octetv1.JobState_JOB_STATE_SUCCEEDED: Succeeded,
		octetv1.JobState_JOB_STATE_FAILED: Failed, octetv1.JobState_JOB_STATE_CANCELLED: Cancelled,
	}
	kindFromWire = map[octetv1.ErrorKind]string{
		octetv1.ErrorKind_ERROR_KIND_BAD_INPUT: "bad_input", octetv1.ErrorKind_ERROR_KIND_REFUSED: "refused",
		octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE: "unavailable", octetv1.ErrorKind_ERROR_KIND_INTERNAL: "internal",
	}
	priorityToWire = map[string]octetv1.Priority{
		"": octetv1.Priority_PRIORITY_UNSPECIFIED, "low": octetv1.Priority_PRIORITY_LOW, "normal": octetv1.Priority_PRIORITY_UNSPECIFIED, "high": octetv1.Priority_PRIORITY_HIGH,
	}
	priorityFromWire = map[octetv1.Priority]string{octetv1.Priority_PRIORITY_LOW: "low", octetv1.Priority_PRIORITY_HIGH: "high"}
	ioToWire         = map[string]octetv1.IoType{
		"":     octetv1.IoType_IO_TYPE_UNSPECIFIED,
		"int8": octetv1.IoType_IO_TYPE_INT8, "uint8": octetv1.IoType_IO_TYPE_UINT8, "float32": octetv1.IoType_IO_TYPE_FLOAT32, "int16": octetv1.IoType_IO_TYPE_INT16,
	}
	taskToWire = map[string]octetv1.Task{
		"": octetv1.Task_TASK_UNSPECIFIED, "classify": octetv1.Task_TASK_CLASSIFY, "segment": octetv1.Task_TASK_SEGMENT, "distance": octetv1.Task_TASK_DISTANCE,
	}
	schemeToWire = map[string]octetv1.Scheme{
		"": octetv1.Scheme_SCHEME_NONE, "none": octetv1.Scheme_SCHEME_NONE, "float16": octetv1.Scheme_SCHEME_FLOAT16,
		"dynamic": octetv1.Scheme_SCHEME_DYNAMIC, "weight-only": octetv1.Scheme_SCHEME_WEIGHT_ONLY,
		"int8": octetv1.Scheme_SCHEME_INT8, "int16x8": octetv1.Scheme_SCHEME_INT16X8,
	}
)

func refToWire(r Ref) *octetv1.Blob { return &octetv1.Blob{Digest: string(r.Digest), Size: r.Size} }

func refFromWire(b *octetv1.Blob) Ref {
	return Ref{store.Digest(b.GetDigest()), b.GetSize()}
}

func optionalToWire(r *Ref) *octetv1.Blob {
	if r == nil {
		return nil
	}
	return refToWire(*r)
}

func optionalFromWire(b *octetv1.Blob) *Ref {
	if b == nil {
		return nil
	}
	r := refFromWire(b)
	return &r
}

// requestToWire returns the request for a job.
func requestToWire(id string, s Spec) (*octetv1.CreateJobRequest, error) {
	spec, err := specToWire(s)
	if err != nil {
		return nil, err
	}
	priority, ok := priorityToWire[s.Priority]
	if !ok {
		return nil, fmt.Errorf("priority %q: want low, normal or high", s.Priority)
	}
	return &octetv1.CreateJobRequest{RequestId: id, Spec: spec, Priority: priority}, nil
}

// retryAfter returns when a call that was refused for want of room may be repeated; false if the error does not say.
func retryAfter(err error) (time.Duration, bool) {
	s, ok := status.FromError(err)
	if err == nil || !ok || s.Code() != codes.ResourceExhausted {
		return 0, false
	}
	for _, d := range s.Details() {
		if d, ok := d.(*errdetails.RetryInfo); ok {
			return max(d.GetRetryDelay().AsDuration(), firstPause), true
		}
	}
	return 0, false
}

func specToWire(s Spec) (*octetv1.JobSpec, error) {
	io, ok := ioToWire[s.IO]
	if !ok {
		return nil, fmt.Errorf("inputs and outputs of type %q: want int8, uint8, int16 or float32", s.IO)
	}
	scheme, ok := schemeToWire[s.Scheme]
	if !ok {
		return nil, fmt.Errorf("unknown scheme %q", s.Scheme)
	}
	out := &octetv1.JobSpec{
		Source: refToWire(s.Source), SourceName: s.SourceName, Scheme: scheme, Io: io, Strict: s.Strict,
		Signature: s.Signature, Dataset: optionalToWire(s.Dataset), Ranges: optionalToWire(s.Ranges), RangesName: s.RangesName,
		SkipBadSamples: s.SkipBad, Fold: s.Fold,
		WeightBits: int32(s.WeightBits), BlockSize: int32(s.BlockSize), WeightFit: s.WeightFit, PerTensor: s.PerTensor, PerTensorDense: s.PerTensorDense,
		KeepFloat: s.KeepFloat, Recipe: s.Recipe, Calibrator: s.Calibrator, Histograms: s.Histograms, SampleRanges: s.SampleRanges, FreshStatistics: s.FreshStatistics,
	}
	out.Stream = s.Stream
	out.Quantized, out.QuantizedName = optionalToWire(s.Quantized), s.QuantizedName
	if v := s.Verification; v != nil {
		task, ok := taskToWire[v.Task]
		if !ok {
			return nil, fmt.Errorf("unknown task %q", v.Task)
		}
		out.Verification = &octetv1.Verification{Samples: int64(v.Samples), Task: task, Output: v.Output, Labels: optionalToWire(v.Labels)}
	}
	if s.TFLite {
		out.Compat = octetv1.Compat_COMPAT_TFLITE
	}
	return out, nil
}

// dropped returns the name of a field that was asked for and is not in a job's specification; "" if there is none.
func dropped(asked, have *octetv1.JobSpec) string {
	lost := ""
	has := have.ProtoReflect()
	asked.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if !has.Has(f) {
			lost = string(f.Name())
		}
		return lost == ""
	})
	return lost
}

func jobFromWire(j *octetv1.Job) Job {
	p := j.GetProgress()
	out := Job{
		ID: j.GetId(), SourceName: j.GetSpec().GetSourceName(), Scheme: "none", State: stateFromWire[j.GetState()], Numerics: int(j.GetNumericsVersion()),
		Created: j.GetCreateTime().AsTime(), Namespace: j.GetNamespace(), StatsFrom: j.GetStatisticsFrom(), Priority: priorityFromWire[j.GetPriority()],
		Progress: Progress{
			SamplesDone: int(p.GetSamplesDone()), SamplesTotal: int(p.GetSamplesTotal()), ShardsDone: int(p.GetShardsDone()), ShardsTotal: int(p.GetShardsTotal()),
			Running: int(p.GetAttemptsRunning()), Waiting: p.GetWaiting(),
		},
	}
	for name, scheme := range schemeToWire {
		if name != "" && scheme == j.GetSpec().GetScheme() {
			out.Scheme = name
		}
	}
	if j.GetEndTime() != nil {
		out.Ended = j.GetEndTime().AsTime()
	}
	if r := j.GetResult(); r != nil {
		out.Model, out.Stats, out.Report = optionalFromWire(r.GetModel()), optionalFromWire(r.GetStats()), optionalFromWire(r.GetReport())
		out.Verified, out.Choice = optionalFromWire(r.GetVerification()), optionalFromWire(r.GetChoice())
	}
	if e := j.GetError(); e != nil {
		out.Error = &JobError{kindFromWire[e.GetKind()], e.GetMessage(), e.GetSample()}
	}
	return out
}

func collectToWire(grace time.Duration, dryRun bool) *octetv1.CollectGarbageRequest {
	req := &octetv1.CollectGarbageRequest{DryRun: dryRun}
	if grace >= 0 {
		req.Grace = durationpb.New(grace)
	}
	return req
}
