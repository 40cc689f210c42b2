package convert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// qsvFile is what AI Edge Quantizer's save_calibration_result writes: its ranges by the tensors' names. It reads the ranges on their own, too.
type qsvFile struct {
	Ranges   map[string]qsv `json:"model_qsvs"`
	Metadata struct {
		Samples uint64 `json:"num_samples_calibrated"`
	} `json:"metadata"`
}

// qsv is the range of a tensor: numbers, or numbers in lists, of which there are several for constants with a range for each channel. Nothing is said of some tensors.
type qsv struct{ Min, Max any }

// decodeQSV reads the file; false if it is something else.
func decodeQSV(data []byte) (*qsvFile, bool) {
	var file qsvFile
	if unmarshalNumbers(data, &file) == nil && file.Ranges != nil {
		return &file, true
	}
	file = qsvFile{}
	if unmarshalNumbers(data, &file.Ranges) != nil || len(file.Ranges) == 0 {
		return nil, false
	}
	return &file, true
}

// unmarshalNumbers keeps numbers of unknown place as they are written.
func unmarshalNumbers(data []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(to)
}

// stats matches the ranges with the model's activations by name. Constants are left alone; several tensors of one name have one range, as in AI Edge Quantizer.
func (q *qsvFile) stats(f *Float) (*calib.Stats, error) {
	s := &calib.Stats{Kind: calib.True, Model: f.Digest(), Samples: q.Metadata.Samples}
	found := map[string]bool{}
	for g, graph := range f.Model.Graphs {
		for i, v := range graph.Values {
			r, ok := q.Ranges[v.Name]
			if !ok {
				continue
			}
			found[v.Name] = true
			if v.Const != nil || v.Type.DType != tensor.Float32 || r.Min == nil && r.Max == nil {
				continue
			}
			seen, err := r.seen()
			if err != nil {
				return nil, fmt.Errorf("range of tensor %q: %w", v.Name, err)
			}
			s.Tensors = append(s.Tensors, calib.Tensor{Key: calib.Key{Subgraph: g, Index: i}, Name: v.Name, Range: seen})
		}
	}
	if unknown := slices.DeleteFunc(slices.Sorted(maps.Keys(q.Ranges)), func(name string) bool { return found[name] }); len(unknown) > 0 {
		const listed = 3
		more := ""
		if len(unknown) > listed {
			more = ", …"
		}
		return nil, fmt.Errorf("has ranges of %d tensors, of which %s has no %d: %q%s", len(q.Ranges), f.Source, len(unknown), unknown[:min(len(unknown), listed)], more)
	}
	if len(s.Tensors) == 0 {
		return nil, fmt.Errorf("has no range of an activation of %s", f.Source)
	}
	return s, nil
}

// seen returns the range from the least of the low ends to the greatest of the high ones.
func (r qsv) seen() (quant.Range, error) {
	seen := quant.EmptyRange()
	low, err := numbers(r.Min)
	if err != nil {
		return seen, err
	}
	high, err := numbers(r.Max)
	if err != nil {
		return seen, err
	}
	if len(low) == 0 || len(high) == 0 {
		return seen, fmt.Errorf("an end is missing")
	}
	seen.Min, seen.Max = slices.Min(low)+0, slices.Max(high)+0
	if seen.Min > seen.Max {
		return seen, fmt.Errorf("its minimum %v is more than its maximum %v", seen.Min, seen.Max)
	}
	return seen, nil
}

// numbers returns the numbers of nested lists.
func numbers(x any) (list []float32, err error) {
	switch x := x.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(x.String(), 32)
		if err != nil {
			return nil, fmt.Errorf("%s is no float32", x)
		}
		return []float32{float32(f)}, nil
	case []any:
		for _, y := range x {
			part, err := numbers(y)
			if err != nil {
				return nil, err
			}
			list = append(list, part...)
		}
		return list, nil
	}
	return nil, fmt.Errorf("%v is neither a number nor a list of numbers", x)
}
