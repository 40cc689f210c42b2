package coordinator

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/octetlite/octet/pkg/convert"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// This file is the border between the protocol's messages and the coordinator's own types. Nothing else here knows both.

var (
	stateToWire = map[State]octetv1.JobState{
		Preparing: octetv1.JobState_JOB_STATE_PREPARING, Calibrating: octetv1.JobState_JOB_STATE_CALIBRATING,
		Finishing: octetv1.JobState_JOB_STATE_FINISHING, Succeeded: octetv1.JobState_JOB_STATE_SUCCEEDED,
		Failed: octetv1.JobState_JOB_STATE_FAILED, Cancelled: octetv1.JobState_JOB_STATE_CANCELLED,
	}
	kindToWire = map[FailureKind]octetv1.ErrorKind{
		BadInput: octetv1.ErrorKind_ERROR_KIND_BAD_INPUT, Refused: octetv1.ErrorKind_ERROR_KIND_REFUSED,
		Unavailable: octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE, Internal: octetv1.ErrorKind_ERROR_KIND_INTERNAL,
	}
	kindFromWire = map[octetv1.ErrorKind]FailureKind{
		octetv1.ErrorKind_ERROR_KIND_BAD_INPUT: BadInput, octetv1.ErrorKind_ERROR_KIND_REFUSED: Refused,
		octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE: Unavailable, octetv1.ErrorKind_ERROR_KIND_INTERNAL: Internal,
	}
	kindFromConvert = map[convert.Kind]FailureKind{
		convert.BadInput: BadInput, convert.Refused: Refused, convert.Internal: Internal,
	}
	ioToWire = map[convert.IO]octetv1.IoType{
		convert.IOInt8: octetv1.IoType_IO_TYPE_INT8, convert.IOUint8: octetv1.IoType_IO_TYPE_UINT8, convert.IOFloat32: octetv1.IoType_IO_TYPE_FLOAT32,
	}
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

func specFromWire(s *octetv1.JobSpec) (Spec, error) {
	source, err := blobFromWire("source", s.GetSource())
	if err != nil {
		return Spec{}, err
	}
	out := Spec{Source: source, SourceName: s.GetSourceName(), RangesName: s.GetRangesName()}
	if s.GetDataset() != nil {
		b, err := blobFromWire("dataset", s.GetDataset())
		if err != nil {
			return Spec{}, err
		}
		out.Dataset = &b
	}
	if s.GetRanges() != nil {
		b, err := blobFromWire("ranges", s.GetRanges())
		if err != nil {
			return Spec{}, err
		}
		out.Ranges = &b
	}
	o := &out.Options
	o.Signature, o.SkipBad, o.Fold, o.Quantize.Strict = s.GetSignature(), s.GetSkipBadSamples(), s.GetFold(), s.GetStrict()
	switch s.GetScheme() {
	case octetv1.Scheme_SCHEME_UNSPECIFIED, octetv1.Scheme_SCHEME_NONE:
		o.Scheme = convert.None
	case octetv1.Scheme_SCHEME_INT8:
		o.Scheme = convert.Int8
		if (out.Dataset == nil) == (out.Ranges == nil) {
			return Spec{}, errors.New("int8 needs either a dataset or ranges")
		}
	default:
		return Spec{}, fmt.Errorf("scheme: unknown value %d", s.GetScheme())
	}
	switch s.GetCompat() {
	case octetv1.Compat_COMPAT_UNSPECIFIED:
		o.Quantize.Compat = convert.OctetRules
	case octetv1.Compat_COMPAT_TFLITE:
		o.Quantize.Compat = convert.TFLiteRules
	default:
		return Spec{}, fmt.Errorf("compat: unknown value %d", s.GetCompat())
	}
	switch s.GetIo() {
	case octetv1.IoType_IO_TYPE_UNSPECIFIED, octetv1.IoType_IO_TYPE_INT8:
		o.Quantize.IO = convert.IOInt8
	case octetv1.IoType_IO_TYPE_UINT8:
		o.Quantize.IO = convert.IOUint8
	case octetv1.IoType_IO_TYPE_FLOAT32:
		o.Quantize.IO = convert.IOFloat32
	default:
		return Spec{}, fmt.Errorf("io: unknown value %d", s.GetIo())
	}
	return out, nil
}

func specToWire(s Spec) *octetv1.JobSpec {
	out := &octetv1.JobSpec{
		Source: blobToWire(s.Source), SourceName: s.SourceName, Scheme: octetv1.Scheme_SCHEME_NONE,
		Io: ioToWire[s.Options.Quantize.IO], Strict: s.Options.Quantize.Strict,
		Signature: s.Options.Signature, SkipBadSamples: s.Options.SkipBad, Fold: s.Options.Fold,
		Dataset: optionalToWire(s.Dataset), Ranges: optionalToWire(s.Ranges), RangesName: s.RangesName,
	}
	if s.Options.Scheme == convert.Int8 {
		out.Scheme = octetv1.Scheme_SCHEME_INT8
	}
	if s.Options.Quantize.Compat == convert.TFLiteRules {
		out.Compat = octetv1.Compat_COMPAT_TFLITE
	}
	return out
}

func jobToWire(r Record, p Progress) *octetv1.Job {
	j := &octetv1.Job{
		Id: r.ID, RequestId: r.RequestID, Spec: specToWire(r.Spec), State: stateToWire[r.State], NumericsVersion: int32(r.Numerics),
		Progress: &octetv1.Progress{
			SamplesDone: int64(p.SamplesDone), SamplesTotal: int64(p.SamplesTotal), ShardsDone: int32(p.ShardsDone), ShardsTotal: int32(p.ShardsTotal),
			AttemptsRunning: int32(p.Running), Waiting: p.Waiting,
		},
		CreateTime: timestamppb.New(r.Created), EndTime: timeToWire(r.Ended),
	}
	if r.Result != nil {
		j.Result = &octetv1.JobResult{Model: blobToWire(r.Result.Model), Stats: optionalToWire(r.Result.Stats), Report: optionalToWire(r.Result.Report)}
	}
	if r.Error != nil {
		j.Error = &octetv1.JobError{Kind: kindToWire[r.Error.Kind], Message: r.Error.Message}
	}
	return j
}

func timeToWire(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// failureOf describes an error of the pipeline for a job's record.
func failureOf(err error) Failure {
	kind, ok := kindFromConvert[convert.KindOf(err)]
	if !ok {
		kind = Unavailable
	}
	return Failure{kind, err.Error()}
}

// attemptFailed turns the status of a worker's RunShard into an event.
func attemptFailed(start Start, err error) ShardFailed {
	e := ShardFailed{Job: start.Job, Shard: start.Shard, Attempt: start.Attempt}
	s := status.Convert(err)
	e.Error = Failure{Unavailable, fmt.Sprintf("worker %s: %s", start.Worker, s.Message())}
	for _, d := range s.Details() {
		if d, ok := d.(*octetv1.JobError); ok {
			e.Error = Failure{kindFromWire[d.GetKind()], d.GetMessage()}
		}
	}
	switch s.Code() {
	case codes.InvalidArgument, codes.FailedPrecondition:
		e.Fault = true
	case codes.ResourceExhausted:
		e.Busy = true
	}
	return e
}
