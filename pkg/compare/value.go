package compare

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// value compares two tensors that belong together.
func (c *comparison) value(a, b *ir.Value) {
	name := b.Name
	if a.Name != b.Name {
		c.add("tensor", name, "renamed", a.Name, b.Name)
	}
	c.text("tensor", name, "type", a.Type.String(), b.Type.String())
	if !slices.Equal(a.Advertised, b.Advertised) {
		c.add("tensor", name, "shape that callers may resize", fmt.Sprint(a.Advertised), fmt.Sprint(b.Advertised))
	}
	if !a.Quant.Equal(b.Quant) {
		c.add("tensor", name, "parameters", paramsText(a.Quant), paramsText(b.Quant))
	}
	if x, y := blockSize(a), blockSize(b); x != y {
		c.add("tensor", name, "block size", fmt.Sprint(x), fmt.Sprint(y))
	}
	if !reflect.DeepEqual(a.Range, b.Range) {
		c.add("tensor", name, "range", rangeText(a.Range), rangeText(b.Range))
	}
	c.text("tensor", name, "variable", fmt.Sprint(a.Variable), fmt.Sprint(b.Variable))
	switch {
	case (a.Const == nil) != (b.Const == nil):
		c.add("tensor", name, "constant", fmt.Sprint(a.Const != nil), fmt.Sprint(b.Const != nil))
	case !reflect.DeepEqual(a.Sparsity, b.Sparsity):
		c.add("tensor", name, "sparsity", fmt.Sprint(a.Sparsity != nil), fmt.Sprint(b.Sparsity != nil))
	case a.Const != nil && a.Type.DType == b.Type.DType && string(a.Const.Data) != string(b.Const.Data):
		c.add("tensor", name, "content", "", contentText(a.Const, b.Const))
	}
}

func blockSize(v *ir.Value) int {
	if v.Blocks == nil {
		return 0
	}
	return v.Blocks.Size
}

func paramsText(q *quant.Params) string {
	switch {
	case q == nil || len(q.Scale) == 0:
		return "none"
	case len(q.Scale) == 1:
		return fmt.Sprintf("scale %g, zero point %d", q.Scale[0], q.Zero[0])
	}
	return fmt.Sprintf("%d scales along axis %d, %g to %g", len(q.Scale), q.Axis, slices.Min(q.Scale), slices.Max(q.Scale))
}

func rangeText(r *quant.Range) string {
	if r == nil {
		return "none"
	}
	return fmt.Sprintf("%g to %g", r.Min, r.Max)
}

// contentText says how far two constants of one type are from each other: integers in steps.
func contentText(a, b *tensor.Tensor) string {
	x, y := Numbers(a), Numbers(b)
	if x == nil || len(x) != len(y) {
		return fmt.Sprintf("other bytes: %d and %d", len(a.Data), len(b.Data))
	}
	differ, most := 0, 0.0
	for i := range x {
		if d := math.Abs(x[i] - y[i]); d != 0 {
			differ++
			most = max(most, d)
		}
	}
	unit := " steps"
	if a.DType == tensor.Float32 || a.DType == tensor.Float64 {
		unit = ""
	}
	return fmt.Sprintf("%d of %d elements differ, by %g%s at most", differ, len(x), most, unit)
}

// Numbers returns a tensor's elements, nil for types that have no whole bytes or no order.
func Numbers(t *tensor.Tensor) []float64 {
	switch t.DType {
	case tensor.Int8:
		return widen(tensor.View[int8](t))
	case tensor.UInt8:
		return widen(tensor.View[uint8](t))
	case tensor.Int16:
		return widen(tensor.View[int16](t))
	case tensor.Int32:
		return widen(tensor.View[int32](t))
	case tensor.Int64:
		return widen(tensor.View[int64](t))
	case tensor.Float32:
		return widen(tensor.View[float32](t))
	case tensor.Float64:
		return widen(tensor.View[float64](t))
	}
	return nil
}

func widen[T int8 | uint8 | int16 | int32 | int64 | float32 | float64](x []T) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
