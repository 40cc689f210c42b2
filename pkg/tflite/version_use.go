package tflite

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// use is a node as the version rules look at it.
type use struct{ *ir.Node }

func (u use) output() *ir.Value {
	if len(u.Outputs) == 0 {
		return nil
	}
	return u.Outputs[0]
}

func (u use) in(i int) tensor.DType { return dtypeOf(u.Input(i)) }
func (u use) out() tensor.DType     { return dtypeOf(u.output()) }

func dtypeOf(v *ir.Value) tensor.DType {
	if v == nil {
		return tensor.Invalid
	}
	return v.Type.DType
}

func shapeOf(v *ir.Value) tensor.Shape {
	if v == nil {
		return nil
	}
	return v.Type.Shape
}

func (u use) rank(i int) int { return len(shapeOf(u.Input(i))) }

// is holds if input i has one of the given types.
func is(i int, types ...tensor.DType) func(use) bool {
	return func(u use) bool { return slices.Contains(types, u.in(i)) }
}

// above holds if the first input has more than so many dimensions.
func above(rank int) func(use) bool { return func(u use) bool { return u.rank(0) > rank } }

// either holds if the first input or the output is of one of the given types.
func either(types ...tensor.DType) func(use) bool {
	return func(u use) bool { return slices.Contains(types, u.in(0)) || slices.Contains(types, u.out()) }
}

// with holds if the node's attributes are an A for which test does.
func with[A any](test func(*A) bool) func(use) bool {
	return func(u use) bool {
		a, ok := u.Attr.(*A)
		return ok && a != nil && test(a)
	}
}

func perAxis(v *ir.Value) bool { return v != nil && v.Quant != nil && v.Quant.PerAxis() }

// int8Product holds if input, weights and output are int8.
func (u use) int8Product() bool {
	return u.in(0) == tensor.Int8 && u.in(1) == tensor.Int8 && u.out() == tensor.Int8
}

// int16x8 holds if the input is int16 and the weights are int8.
func (u use) int16x8() bool { return u.in(0) == tensor.Int16 && u.in(1) == tensor.Int8 }

// hybrid holds if the input is float and the weights, input i, are int8.
func (u use) hybrid(i int) bool { return u.in(0) == tensor.Float32 && u.in(i) == tensor.Int8 }

// grouped holds if a filter [out, h, w, in/groups] has fewer channels than the input [n, h, w, in].
func (u use) grouped() bool {
	x, w := shapeOf(u.Input(0)), shapeOf(u.Input(1))
	return len(x) == 4 && len(w) == 4 && x[3] != w[3]
}

// broadcastsAbove4 holds if the two inputs have different shapes and any input has more than four dimensions.
func (u use) broadcastsAbove4() bool {
	most := 0
	for i := range u.Inputs {
		most = max(most, u.rank(i))
	}
	return most > 4 && !shapeOf(u.Input(0)).Equal(shapeOf(u.Input(1)))
}

// scalesUp holds if the product of the inputs' scales is at least the output's.
func (u use) scalesUp() bool {
	var s [3]float32
	for i, v := range []*ir.Value{u.Input(0), u.Input(1), u.output()} {
		if v == nil || v.Quant == nil || len(v.Quant.Scale) == 0 || v.Quant.Scale[0] == 0 {
			return false
		}
		s[i] = v.Quant.Scale[0]
	}
	return float32(s[0]*s[1])/s[2] >= 1
}
