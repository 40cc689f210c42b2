package convert

import (
	"fmt"

	"github.com/octetlite/octet/pkg/calib"
)

// Ranges reads statistics for f from a file: the form that --stats writes; AI Edge Quantizer's calibration results, whose names must all be among f's tensors; or a
// calibrated flatbuffer, whose tensors carry the minimum and maximum that TensorFlow's calibrator recorded. The flatbuffer must hold the same graph as f: the same
// tensors in the same order.
func Ranges(f *Float, file Source) (*calib.Stats, error) {
	const same = "ranges must come from the same float model"
	if !isFlatbuffer(file.Data) {
		if q, ok := decodeQSV(file.Data); ok {
			s, err := q.stats(f)
			if err != nil {
				return nil, &Error{Kind: BadInput, Source: file.Name, Err: err, Hint: same}
			}
			return s, nil
		}
		s, err := calib.Decode(file.Data)
		if err != nil {
			return nil, &Error{Kind: BadInput, Source: file.Name, Err: err, Hint: "want a file that --stats wrote, calibration results of AI Edge Quantizer, or a calibrated .tflite"}
		}
		return s, nil
	}
	other, err := Load(file, true)
	if err != nil {
		return nil, err
	}
	s := &calib.Stats{Kind: calib.TFLiteCalibrator, Model: f.Digest()}
	fail := func(format string, args ...any) error {
		return &Error{Kind: BadInput, Source: file.Name, Err: fmt.Errorf(format, args...), Hint: same}
	}
	if len(other.Model.Graphs) != len(f.Model.Graphs) {
		return nil, fail("has %d graphs, %s has %d", len(other.Model.Graphs), f.Source, len(f.Model.Graphs))
	}
	for g, graph := range other.Model.Graphs {
		mine := f.Model.Graphs[g].Values
		if len(graph.Values) != len(mine) {
			return nil, fail("graph %d has %d tensors, that of %s has %d", g, len(graph.Values), f.Source, len(mine))
		}
		for i, v := range graph.Values {
			if v.Name != mine[i].Name || !v.Type.Shape.Equal(mine[i].Type.Shape) {
				return nil, fail("graph %d: tensor %d is %q %v, in %s it is %q %v", g, i, v.Name, v.Type, f.Source, mine[i].Name, mine[i].Type)
			}
			if v.Range != nil && v.Const == nil {
				s.Tensors = append(s.Tensors, calib.Tensor{Key: calib.Key{Subgraph: g, Index: i}, Name: v.Name, Range: *v.Range})
			}
		}
	}
	if len(s.Tensors) == 0 {
		return nil, fail("no tensor carries a minimum and maximum")
	}
	return s, nil
}
