package client

import (
	"fmt"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/tensor"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

func inputsToWire(inputs []dataset.Input) (all []*octetv1.StreamInput) {
	for _, in := range inputs {
		w := &octetv1.StreamInput{Name: in.Name, Tensor: in.Tensor, Dtype: in.DType.String()}
		for _, d := range in.Shape {
			w.Shape = append(w.Shape, int64(d))
		}
		all = append(all, w)
	}
	return all
}

func streamFromWire(w *octetv1.Stream) (StreamInfo, error) {
	s := StreamInfo{
		ID: w.GetStreamId(), Samples: int(w.GetSamples()), SampleSize: w.GetSampleSize(), ChunkSamples: int(w.GetChunkSamples()), Dataset: optionalFromWire(w.GetDataset()),
		Created: w.GetCreateTime().AsTime(), Expires: w.GetExpireTime().AsTime(),
	}
	for _, in := range w.GetInputs() {
		dtype, err := tensor.ParseDType(in.GetDtype())
		if err != nil {
			return StreamInfo{}, fmt.Errorf("stream %q: input %q: %w", s.ID, in.GetName(), err)
		}
		shape := tensor.Shape{}
		for _, d := range in.GetShape() {
			shape = append(shape, int(d))
		}
		s.Inputs = append(s.Inputs, dataset.Input{Name: in.GetName(), Tensor: in.GetTensor(), DType: dtype, Shape: shape})
	}
	return s, nil
}
