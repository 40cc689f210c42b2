package quantize

import (
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// readRanges returns the ranges of each graph's values, and what is to say about them. Ranges without a number in them, and infinite ones, count as
// none.
func readRanges(m *ir.Model, stats *calib.Stats, compat Compat) (ranges []map[*ir.Value]stat, notes []string, err error) {
	ranges = make([]map[*ir.Value]stat, len(m.Graphs))
	for i := range ranges {
		ranges[i] = map[*ir.Value]stat{}
	}
	for _, t := range stats.Tensors {
		if t.Subgraph < 0 || t.Subgraph >= len(m.Graphs) || t.Index < 0 || t.Index >= len(m.Graphs[t.Subgraph].Values) {
			return nil, nil, fmt.Errorf("ranges name tensor %d of graph %d, which the model does not have", t.Index, t.Subgraph)
		}
		v := m.Graphs[t.Subgraph].Values[t.Index]
		switch {
		case v.Type.DType != tensor.Float32 || v.Const != nil:
		case t.Range.Empty() || infinite(t.Range.Min) || infinite(t.Range.Max):
			notes = append(notes, fmt.Sprintf("tensor %q: its range %v to %v is not used", v.Name, t.Range.Min, t.Range.Max))
		default:
			ranges[t.Subgraph][v] = stat{t.Range.Min, t.Range.Max}
		}
	}
	switch {
	case compat == Default && stats.Kind == calib.TFLiteCalibrator:
		notes = append(notes, "the ranges are those of TensorFlow's calibrator: where an operator works in place, its operand's range is too wide; "+
			"ranges of Octet's own calibration give finer scales")
	case compat == TFLite && stats.Kind == calib.True:
		notes = append(notes, widenInPlace(m, ranges)...)
	}
	return ranges, notes, nil
}

// override puts the ranges of single activations in the place of others.
func (o Options) override(m *ir.Model, ranges []map[*ir.Value]stat) {
	for i, g := range m.Graphs {
		for _, v := range g.Values {
			if r, ok := o.Ranges[v]; ok && v.Type.DType == tensor.Float32 && v.Const == nil {
				ranges[i][v] = stat{r.Lo, r.Hi}
			}
		}
	}
}

func infinite(x float32) bool { return math.IsInf(float64(x), 0) || math.IsNaN(float64(x)) }

// widenInPlace turns true ranges into what TensorFlow's calibrator would have recorded: it sees the main graph only, and the operands that
// operators overwrite once more after that.
func widenInPlace(m *ir.Model, ranges []map[*ir.Value]stat) (notes []string) {
	for i := range ranges {
		if i > 0 && len(ranges[i]) > 0 {
			ranges[i] = map[*ir.Value]stat{}
			notes = append(notes, fmt.Sprintf("graph %d %q: its ranges are not used, TensorFlow's calibrator knows the main graph only", i, m.Graphs[i].Name))
		}
	}
	widened := 0
	for _, o := range overwrites(m.Graphs[0]) {
		operand, ok := ranges[0][o.operand]
		made, ok2 := ranges[0][o.result]
		if ok && ok2 {
			ranges[0][o.operand] = stat{min(operand.lo, made.lo), max(operand.hi, made.hi)}
			widened++
		}
	}
	if widened > 0 {
		notes = append(notes, fmt.Sprintf("the ranges of %d operands were widened by what overwrites them in place, as TensorFlow's calibrator does", widened))
	}
	return notes
}
