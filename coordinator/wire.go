package coordinator

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/verify"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// This file is the border between the protocol's messages and the coordinator's own types: the methods of the services take and return messages, whose content
// is converted here.

var (
	stateToWire = map[State]octetv1.JobState{
		Preparing: octetv1.JobState_JOB_STATE_PREPARING, Calibrating: octetv1.JobState_JOB_STATE_CALIBRATING,
		Finishing: octetv1.JobState_JOB_STATE_FINISHING, Comparing: octetv1.JobState_JOB_STATE_COMPARING, Succeeded: octetv1.JobState_JOB_STATE_SUCCEEDED,
		Failed: octetv1.JobState_JOB_STATE_FAILED, Cancelled: octetv1.JobState_JOB_STATE_CANCELLED,
	}
	kindToWire = map[FailureKind]octetv1.ErrorKind{
		BadInput: octetv1.ErrorKind_ERROR_KIND_BAD_INPUT, Refused: octetv1.ErrorKind_ERROR_KIND_REFUSED,
		Unavailable: octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE, Internal: octetv1.ErrorKind_ERROR_KIND_INTERNAL,
	}
	kindFromConvert = map[convert.Kind]FailureKind{
		convert.BadInput: BadInput, convert.Refused: Refused, convert.Internal: Internal,
	}
	schemeToWire = map[convert.Scheme]octetv1.Scheme{
		convert.None: octetv1.Scheme_SCHEME_NONE, convert.Int8: octetv1.Scheme_SCHEME_INT8, convert.Int16x8: octetv1.Scheme_SCHEME_INT16X8,
		convert.Float16: octetv1.Scheme_SCHEME_FLOAT16, convert.Dynamic: octetv1.Scheme_SCHEME_DYNAMIC, convert.WeightOnly: octetv1.Scheme_SCHEME_WEIGHT_ONLY,
	}
	priorityToWire = map[Priority]octetv1.Priority{
		Low: octetv1.Priority_PRIORITY_LOW, Normal: octetv1.Priority_PRIORITY_NORMAL, High: octetv1.Priority_PRIORITY_HIGH,
	}
	taskToWire = map[string]octetv1.Task{
		"": octetv1.Task_TASK_UNSPECIFIED, string(verify.Classify): octetv1.Task_TASK_CLASSIFY, string(verify.Segment): octetv1.Task_TASK_SEGMENT,
		string(verify.Distance): octetv1.Task_TASK_DISTANCE,
	}
	rulesToWire = map[string]octetv1.Compat{"octet": octetv1.Compat_COMPAT_UNSPECIFIED, "tflite": octetv1.Compat_COMPAT_TFLITE}
	ioToWire    = map[string]octetv1.IoType{
		"own": octetv1.IoType_IO_TYPE_UNSPECIFIED, "int8": octetv1.IoType_IO_TYPE_INT8, "uint8": octetv1.IoType_IO_TYPE_UINT8,
		"float32": octetv1.IoType_IO_TYPE_FLOAT32, "int16": octetv1.IoType_IO_TYPE_INT16,
	}
)

const (
	maxRequestID = 128     // characters
	maxName      = 1024    // bytes of a file's or a signature's name
	maxMessage   = 1 << 16 // bytes of an error's message
	maxPatterns  = 1000    // that name operators
)

func blobToWire(b Blob) *octetv1.Blob { return &octetv1.Blob{Digest: b.Digest, Size: b.Size} }

func optionalToWire(b *Blob) *octetv1.Blob {
	if b == nil {
		return nil
	}
	return blobToWire(*b)
}

func blobFromWire(field string, b *octetv1.Blob) (Blob, error) {
	out := Blob{Digest: b.GetDigest(), Size: b.GetSize()}
	if len(out.Digest) != 64 || strings.Trim(out.Digest, "0123456789abcdef") != "" {
		return Blob{}, fmt.Errorf("%s: %q is no hex sha256", field, out.Digest)
	}
	if out.Size < 0 {
		return Blob{}, fmt.Errorf("%s: size %d", field, out.Size)
	}
	return out, nil
}

func optionalFromWire(field string, b *octetv1.Blob) (*Blob, error) {
	if b == nil {
		return nil, nil
	}
	out, err := blobFromWire(field, b)
	return &out, err
}

// priorityFromWire returns how urgent a job is.
func priorityFromWire(p octetv1.Priority) (Priority, error) {
	priority, ok := keyOf(priorityToWire, cmp.Or(p, octetv1.Priority_PRIORITY_NORMAL))
	if !ok {
		return "", fmt.Errorf("priority: unknown value %d", p)
	}
	return priority, nil
}

// requestFromWire returns the specification of a job that a client asks for.
func requestFromWire(req *octetv1.CreateJobRequest) (Spec, error) {
	if n := utf8.RuneCountInString(req.GetRequestId()); n < 1 || n > maxRequestID {
		return Spec{}, fmt.Errorf("request_id has %d characters, want 1 to %d", n, maxRequestID)
	}
	if err := checkKnown(req.ProtoReflect()); err != nil {
		return Spec{}, err
	}
	spec := req.GetSpec()
	if n := utf8.RuneCountInString(spec.GetStream()); n > maxRequestID {
		return Spec{}, fmt.Errorf("stream has %d characters, the limit is %d", n, maxRequestID)
	}
	for _, f := range []struct{ field, name string }{
		{"source_name", spec.GetSourceName()}, {"signature", spec.GetSignature()}, {"ranges_name", spec.GetRangesName()},
		{"quantized_name", spec.GetQuantizedName()}, {"verification.output", spec.GetVerification().GetOutput()},
	} {
		if len(f.name) > maxName {
			return Spec{}, fmt.Errorf("%s has %d bytes, the limit is %d", f.field, len(f.name), maxName)
		}
	}
	total := 0
	for _, p := range spec.GetKeepFloat() {
		total += len(p)
	}
	if n := len(spec.GetKeepFloat()); n > maxPatterns || total > maxMessage {
		return Spec{}, fmt.Errorf("keep_float has %d patterns of %d bytes, the limits are %d and %d", n, total, maxPatterns, maxMessage)
	}
	return specFromWire(spec)
}

func specFromWire(s *octetv1.JobSpec) (Spec, error) {
	source, err := blobFromWire("source", s.GetSource())
	if err != nil {
		return Spec{}, err
	}
	out := Spec{
		Source: source, SourceName: s.GetSourceName(), Strict: s.GetStrict(), Signature: s.GetSignature(), RangesName: s.GetRangesName(),
		SkipBad: s.GetSkipBadSamples(), Fold: s.GetFold(),
		WeightBits: int(s.GetWeightBits()), BlockSize: int(s.GetBlockSize()), WeightFit: s.GetWeightFit(), PerTensor: s.GetPerTensor(), PerTensorDense: s.GetPerTensorDense(),
		KeepFloat: s.GetKeepFloat(), Recipe: s.GetRecipe(), Calibrator: s.GetCalibrator(), Histograms: s.GetHistograms(), SampleRanges: s.GetSampleRanges(), Fresh: s.GetFreshStatistics(),
		Stream: s.GetStream(),
	}
	if out.Dataset, err = optionalFromWire("dataset", s.GetDataset()); err != nil {
		return Spec{}, err
	}
	if out.Ranges, err = optionalFromWire("ranges", s.GetRanges()); err != nil {
		return Spec{}, err
	}
	scheme, ok := keyOf(schemeToWire, cmp.Or(s.GetScheme(), octetv1.Scheme_SCHEME_NONE))
	if !ok {
		return Spec{}, fmt.Errorf("scheme: unknown value %d", s.GetScheme())
	}
	out.Scheme = string(scheme)
	if out.Quantized, err = optionalFromWire("quantized", s.GetQuantized()); err != nil {
		return Spec{}, err
	}
	out.QuantizedName = s.GetQuantizedName()
	if out.Verification, err = verificationFromWire(s.GetVerification()); err != nil {
		return Spec{}, err
	}
	if err := out.check(); err != nil {
		return Spec{}, err
	}
	switch s.GetCompat() {
	case octetv1.Compat_COMPAT_UNSPECIFIED:
		out.Rules = "octet"
	case octetv1.Compat_COMPAT_TFLITE:
		out.Rules = "tflite"
	default:
		return Spec{}, fmt.Errorf("compat: unknown value %d", s.GetCompat())
	}
	if out.IO, ok = keyOf(ioToWire, s.GetIo()); !ok {
		return Spec{}, fmt.Errorf("io: unknown value %d", s.GetIo())
	}
	opt, err := out.options()
	if err != nil {
		return Spec{}, err
	}
	return out, opt.Validate()
}

func verificationFromWire(v *octetv1.Verification) (*Verification, error) {
	if v == nil {
		return nil, nil
	}
	task, ok := keyOf(taskToWire, v.GetTask())
	if !ok {
		return nil, fmt.Errorf("verification.task: unknown value %d", v.GetTask())
	}
	labels, err := optionalFromWire("verification.labels", v.GetLabels())
	return &Verification{int(v.GetSamples()), task, v.GetOutput(), labels}, err
}

func verificationToWire(v *Verification) *octetv1.Verification {
	if v == nil {
		return nil
	}
	return &octetv1.Verification{Samples: int64(v.Samples), Task: taskToWire[v.Task], Output: v.Output, Labels: optionalToWire(v.Labels)}
}

// keyOf returns what a table of names translates to a value.
func keyOf[K, V comparable](table map[K]V, value V) (K, bool) {
	for k, v := range table {
		if v == value {
			return k, true
		}
	}
	return *new(K), false
}

func specToWire(s Spec) *octetv1.JobSpec {
	return &octetv1.JobSpec{
		Source: blobToWire(s.Source), SourceName: s.SourceName, Scheme: schemeToWire[convert.Scheme(s.Scheme)], Compat: rulesToWire[s.Rules], Io: ioToWire[s.IO],
		Strict: s.Strict, Signature: s.Signature, Dataset: optionalToWire(s.Dataset), Ranges: optionalToWire(s.Ranges), RangesName: s.RangesName,
		SkipBadSamples: s.SkipBad, Fold: s.Fold,
		WeightBits: int32(s.WeightBits), BlockSize: int32(s.BlockSize), WeightFit: s.WeightFit, PerTensor: s.PerTensor, PerTensorDense: s.PerTensorDense,
		KeepFloat: s.KeepFloat, Recipe: s.Recipe, Calibrator: s.Calibrator, Histograms: s.Histograms, SampleRanges: s.SampleRanges, FreshStatistics: s.Fresh,
		Verification: verificationToWire(s.Verification), Quantized: optionalToWire(s.Quantized), QuantizedName: s.QuantizedName, Stream: s.Stream,
	}
}

func jobToWire(r Record, p Progress) *octetv1.Job {
	j := &octetv1.Job{
		Id: r.ID, RequestId: r.RequestID, Namespace: r.Namespace, Spec: specToWire(r.Spec), State: stateToWire[r.State], NumericsVersion: int32(r.Numerics),
		Progress: &octetv1.Progress{
			SamplesDone: int64(p.SamplesDone), SamplesTotal: int64(p.SamplesTotal), ShardsDone: int32(p.ShardsDone), ShardsTotal: int32(p.ShardsTotal),
			AttemptsRunning: int32(p.Running), Waiting: p.Waiting,
		},
		CreateTime: timestamppb.New(r.Created), EndTime: timeToWire(r.Ended), Priority: priorityToWire[r.Priority],
	}
	if r.Measured != nil {
		j.StatisticsFrom = r.Measured.From
	}
	if r.Result != nil {
		j.Result = &octetv1.JobResult{
			Model: blobToWire(r.Result.Model), Stats: optionalToWire(r.Result.Stats), Report: optionalToWire(r.Result.Report),
			Verification: optionalToWire(r.Result.Verification), Choice: optionalToWire(r.Result.Choice),
		}
	}
	if r.Error != nil {
		j.Error = &octetv1.JobError{Kind: kindToWire[r.Error.Kind], Message: r.Error.Message, Sample: r.Error.Sample}
	}
	return j
}

func timeToWire(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// shardToWire returns the request for an attempt of a shard.
func shardToWire(r Record, f Start, term int64, blobs string) *octetv1.RunShardRequest {
	observed := r.Spec.observed()
	req := &octetv1.RunShardRequest{
		JobId: f.Job, Shard: int32(f.Shard), Attempt: int32(f.Attempt), Model: blobToWire(r.Float), Signature: r.Spec.Signature,
		Dataset: blobToWire(*r.dataset()), FirstSample: int64(f.Range.First), EndSample: int64(f.Range.Last),
		SkipBadSamples: r.Spec.SkipBad, NumericsVersion: int32(r.Numerics), BlobEndpoint: blobs, Term: term,
		Histograms: observed.Histogram, SampleRanges: observed.PerSample,
	}
	if c := r.comparison(f.Phase); c != nil {
		req.Comparison = &octetv1.Comparison{Task: taskToWire[c.Task], Output: int32(c.Output), Labels: optionalToWire(c.Labels), AllTensors: !c.Trial}
		for _, b := range c.Quantized {
			req.Comparison.Quantized = append(req.Comparison.Quantized, blobToWire(b))
		}
	}
	return req
}

// failureOf describes an error for a job's record. What is none of the pipeline's is the cluster's.
func failureOf(err error) Failure {
	f := Failure{Kind: Unavailable, Message: err.Error()}
	if kind, ok := kindFromConvert[convert.KindOf(err)]; ok {
		f.Kind = kind
	}
	if _, ok := errors.AsType[*bug](err); ok {
		f.Kind = Internal
	}
	if bad, ok := errors.AsType[*dataset.SampleError](err); ok {
		f.Sample = bad.Source
	}
	return f
}

// exhausted turns a job away, and says when to ask again.
func exhausted(why string, again time.Duration) error {
	s, err := status.New(codes.ResourceExhausted, why+": try again when one has ended").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(again)})
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return s.Err()
}

// notLeading is the answer of a coordinator that does not lead. The one that does, if it is known, is in the details.
func notLeading(leader string) error {
	text := "this coordinator does not lead, and no other does at present"
	if leader != "" {
		text = fmt.Sprintf("this coordinator does not lead: ask the one at %s, or name all coordinators, HOST:PORT,...", leader)
	}
	s, err := status.New(codes.Unavailable, text).WithDetails(&errdetails.ErrorInfo{Reason: "NOT_LEADING", Domain: "octet", Metadata: map[string]string{"leader": leader}})
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return s.Err()
}

// termOver reports whether a worker refused a call since it knows a later leader.
func termOver(s *status.Status) bool { return reasonOf(s) == "TERM_OVER" }

// reasonOf returns the reason of a status, "" if it tells none.
func reasonOf(s *status.Status) string {
	for _, d := range s.Details() {
		if d, ok := d.(*errdetails.ErrorInfo); ok {
			return d.GetReason()
		}
	}
	return ""
}

// leaving reports whether a worker ended a call since it stops.
func leaving(s *status.Status) bool { return reasonOf(s) == "STOPPING" }

// attemptFailed turns the status of a worker's RunShard into an event. begun says whether the worker told that it began.
func attemptFailed(r Record, f Start, err error, begun bool) ShardFailed {
	e := ShardFailed{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt}
	s := status.Convert(err)
	e.Error = Failure{Kind: Unavailable, Message: clip(fmt.Sprintf("worker %s: %s", f.Worker, withoutAddresses(s.Message())))}
	switch s.Code() {
	case codes.FailedPrecondition:
		if termOver(s) {
			e.Unbegun = true
			return e
		}
		e.Fault, e.Error = true, faultOf(r, f, s)
	case codes.InvalidArgument: // it does not understand this coordinator
		e.Fault, e.Error.Kind = true, Internal
	case codes.ResourceExhausted:
		e.Busy = !begun // else it answers with more than anybody takes
	case codes.Unavailable:
		e.Unbegun = !begun || leaving(s)
	default:
	}
	return e
}

// faultOf describes the fault of a job that came up on a worker, in the words that the same conversion ends with in process.
func faultOf(r Record, f Start, s *status.Status) Failure {
	for _, d := range s.Details() {
		d, ok := d.(*octetv1.JobError)
		if !ok {
			continue
		}
		err := errors.New(clip(d.GetMessage()))
		switch d.GetKind() {
		case octetv1.ErrorKind_ERROR_KIND_BAD_INPUT:
			if d.GetSample() != "" {
				err = &dataset.SampleError{Source: clip(d.GetSample()), Reason: err.Error()}
			}
			return failureOf(convert.CalibrationError(r.Spec.SourceName, err))
		case octetv1.ErrorKind_ERROR_KIND_REFUSED:
			if c := r.comparison(f.Phase); c != nil {
				return failureOf(convert.Uncomparable(r.Spec.SourceName, err, c.Trial))
			}
			return failureOf(&convert.Error{Kind: convert.Refused, Source: r.Spec.SourceName, Err: err})
		default: // not the job's fault
		}
	}
	return Failure{Kind: Internal, Message: clip(fmt.Sprintf("worker %s: %s", f.Worker, withoutAddresses(s.Message())))}
}

// addresses are what errors of connections say of who is at their ends.
var addresses = regexp.MustCompile(`\b((?:dial|read|write) (?:tcp|udp|unix)[46]?|lookup) [^\s]+(?: on [^\s]+)?:`)

// certified are the names that a certificate is good for, in an error that says which one it is not.
var certified = regexp.MustCompile(`certificate is (?:not )?valid for [^\n"]*`)

// withoutAddresses returns a message about a worker without its address, which is no business of those whose job the message is about: the worker's id stands for it.
func withoutAddresses(message string) string {
	return certified.ReplaceAllString(addresses.ReplaceAllString(message, "$1:"), "certificate is for another host")
}

// clip bounds a message that comes from elsewhere.
func clip(message string) string { return clipTo(message, maxMessage) }

func clipTo(message string, limit int) string {
	message = strings.ToValidUTF8(message, "\uFFFD")
	if len(message) <= limit {
		return message
	}
	cut := limit
	for !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}
