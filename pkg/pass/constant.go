package pass

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// uniform returns the value that all elements of a float32 constant have. It does not pass for NaN.
func uniform(v *ir.Value) (float32, bool) {
	list, ok := floats(v)
	if !ok || len(list) == 0 || v.Quant != nil {
		return 0, false
	}
	for _, x := range list {
		if x != list[0] {
			return 0, false
		}
	}
	return list[0], list[0] == list[0]
}

// uniformInt returns the value that all elements of an integer constant have.
func uniformInt(v *ir.Value) (int, bool) {
	if v == nil || v.Const == nil || v.Quant != nil || v.Sparsity != nil {
		return 0, false
	}
	list, ok := ints(v)
	if !ok || len(list) == 0 {
		return 0, false
	}
	for _, x := range list {
		if x != list[0] {
			return 0, false
		}
	}
	return list[0], true
}

// uniformly reports whether all elements of a float32 or integer constant have the value x.
func uniformly(v *ir.Value, x int) bool {
	if f, ok := uniform(v); ok {
		return f == float32(x)
	}
	i, ok := uniformInt(v)
	return ok && i == x
}

// truths returns the value that all elements of a boolean constant have.
func truths(v *ir.Value) (value, ok bool) {
	if v == nil || v.Const == nil || v.Type.DType != tensor.Bool || len(v.Const.Data) == 0 {
		return false, false
	}
	list := tensor.View[bool](v.Const)
	for _, x := range list {
		if x != list[0] {
			return false, false
		}
	}
	return list[0], true
}

// within reports whether an operand of shape c broadcasts into an operand of type t without making it larger, whatever its unknown dimensions are.
func within(c tensor.Shape, t ir.Type) bool {
	if t.Unranked || len(c) > len(t.Shape) {
		return false
	}
	skip := len(t.Shape) - len(c)
	for i, d := range c {
		if d != 1 && (d < 0 || d != t.Shape[skip+i]) {
			return false
		}
	}
	return true
}

// sameShape reports whether two types have the same shape for sure: the same static shape.
func sameShape(t, u ir.Type) bool {
	return t.Static() && u.Static() && t.Shape.Equal(u.Shape)
}

// channelwise returns the elements of a float32 constant that has one element, or one for each of n channels, the last dimension of a value of type t, and that
// broadcasts to the value without making it larger.
func channelwise(v *ir.Value, n int, t ir.Type) ([]float32, bool) {
	list, ok := floats(v)
	if !ok || v.Quant != nil || t.Unranked || len(v.Type.Shape) > len(t.Shape) {
		return nil, false
	}
	shape := v.Type.Shape
	if len(list) != 1 && (len(list) != n || shape[len(shape)-1] != n) {
		return nil, false
	}
	return list, len(list) > 0
}

// finite reports whether no element is infinite or NaN.
func finite(list []float32) bool {
	for _, x := range list {
		if math.IsInf(float64(x), 0) || x != x {
			return false
		}
	}
	return true
}

// plain reports whether v is a float32 constant that is stored densely and stands for itself.
func plain(v *ir.Value) bool {
	_, ok := floats(v)
	return ok && v.Quant == nil
}

// unquantized reports whether no operand and no result of n has quantization parameters.
func unquantized(n *ir.Node) bool {
	for _, list := range [][]*ir.Value{n.Inputs, n.Outputs} {
		for _, v := range list {
			if v != nil && v.Quant != nil {
				return false
			}
		}
	}
	return true
}

// float32s reports whether n computes float32 results.
func float32s(n *ir.Node) bool {
	return len(n.Outputs) == 1 && n.Outputs[0].Type.DType == tensor.Float32 && unquantized(n)
}
