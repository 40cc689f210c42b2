package coordinator

import (
	"cmp"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/tensor"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// maxInputs bounds the inputs of a stream.
const maxInputs = 1000

// streamFromWire returns the inputs of a stream that a client asks for.
func streamFromWire(req *octetv1.CreateStreamRequest) (inputs []dataset.Input, err error) {
	if n := utf8.RuneCountInString(req.GetStreamId()); n < 1 || n > maxRequestID {
		return nil, fmt.Errorf("stream_id has %d characters, want 1 to %d", n, maxRequestID)
	}
	if err := checkKnown(req.ProtoReflect()); err != nil {
		return nil, err
	}
	if n := len(req.GetInputs()); n > maxInputs {
		return nil, fmt.Errorf("%d inputs, the limit is %d", n, maxInputs)
	}
	for i, w := range req.GetInputs() {
		in := dataset.Input{Name: w.GetName(), Tensor: cmp.Or(w.GetTensor(), w.GetName()), Shape: tensor.Shape{}}
		if len(in.Name) > maxName || len(in.Tensor) > maxName || len(w.GetShape()) > maxInputs {
			return nil, fmt.Errorf("inputs[%d]: a name of more than %d bytes, or a shape of more than %d dimensions", i, maxName, maxInputs)
		}
		if in.DType, err = tensor.ParseDType(w.GetDtype()); err != nil {
			return nil, fmt.Errorf("inputs[%d].dtype: %w", i, err)
		}
		for _, d := range w.GetShape() {
			in.Shape = append(in.Shape, int(min(max(d, -1), 1<<40)))
		}
		inputs = append(inputs, in)
	}
	return inputs, nil
}

// streamToWire returns a stream as clients see it.
func (s *Server) streamToWire(r StreamRecord) *octetv1.Stream {
	w := &octetv1.Stream{
		StreamId: r.ID, State: octetv1.StreamState_STREAM_STATE_OPEN, Samples: int64(r.Samples), Dataset: optionalToWire(r.Dataset),
		CreateTime: timestamppb.New(r.Created), ExpireTime: timestamppb.New(r.Changed.Add(s.config.StreamTTL)),
	}
	if r.Dataset != nil {
		w.State = octetv1.StreamState_STREAM_STATE_FINISHED
	}
	size, chunk, err := dataset.Chunks(r.Inputs)
	if err == nil { // else it would not have been created
		w.SampleSize, w.ChunkSamples = int64(size), int64(chunk)
	}
	for _, in := range r.Inputs {
		wi := &octetv1.StreamInput{Name: in.Name, Tensor: in.Tensor, Dtype: in.DType.String()}
		for _, d := range in.Shape {
			wi.Shape = append(wi.Shape, int64(d))
		}
		w.Inputs = append(w.Inputs, wi)
	}
	return w
}
