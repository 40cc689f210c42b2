package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Masks say which steps of a sequence count. Masking and Embedding make one, [batch, time] of bool, which follows the tensor through the layers that
// hand it on, to those that heed it. Other layers lose it, as they do in Keras.

// maskers are the layers that make a mask.
var maskers = []Layer{{Class: "Masking", Call: callMasking}}

// handsOn lists the layers whose result has the mask of their operand.
var handsOn = []string{
	"Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "CuDNNGRU", "CuDNNLSTM", "Dense", "Dropout", "ELU", "GRU", "GaussianDropout", "GaussianNoise",
	"GroupNormalization", "Identity", "LSTM", "LayerNormalization", "LeakyReLU", "MultiHeadAttention", "Normalization", "PReLU", "RNN", "ReLU", "Rescaling", "SimpleRNN", "Softmax",
	"SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "TimeDistributed", "UnitNormalization", "GroupQueryAttention",
}

// merging lists the layers whose result counts where any of their operands does.
var mergesMasks = []string{"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"}

// mask returns the mask of a tensor, nil if it has none.
func (c *Context) maskOf(v *ir.Value) *ir.Value { return c.im.masks[v] }

// setMask gives a result of the layer a mask.
func (c *Context) setMask(v, mask *ir.Value) { c.im.masks[v] = mask }

// passMask gives the layer's result the mask that follows from those of its operands. Of several results, those of the first one's shape have it: the states of a
// recurrent layer have none.
func (c *Context) passMask(out any) {
	list, many := out.([]any)
	if !many {
		list = []any{out}
	}
	var first *ir.Value
	for _, x := range list {
		v, ok := x.(*ir.Value)
		if !ok || first != nil && !v.Type.Shape.Equal(first.Type.Shape) {
			continue
		}
		if first == nil {
			first = v
		}
		if m := c.resultMask(v); m != nil {
			c.setMask(v, m)
		}
	}
}

// resultMask returns the mask that a result gets, nil if it gets none, or has one.
func (c *Context) resultMask(v *ir.Value) *ir.Value {
	in := c.Ins()
	if c.im.masks[v] != nil || len(v.Type.Shape) < 2 || len(in) == 0 {
		return nil
	}
	switch {
	case slices.Contains(handsOn, c.layer.class):
		if m := c.maskOf(in[0]); m != nil && c.keepsTime(v) {
			return m
		}
	case slices.Contains(mergesMasks, c.layer.class):
		mask := c.maskOf(in[0])
		for _, u := range in[1:] {
			m := c.maskOf(u)
			if mask == nil || m == nil {
				return nil
			}
			mask = c.TF("LogicalOr", nil, mask, m)
		}
		return mask
	}
	return nil
}

// keepsTime reports whether the layer's result still has the operand's steps: recurrent layers may return the last alone.
func (c *Context) keepsTime(v *ir.Value) bool {
	x := c.In(0).Type.Shape
	return len(x) > 1 && len(v.Type.Shape) > 1 && x[1] == v.Type.Shape[1] && (len(v.Type.Shape) > 2 || len(x) == 2)
}

// callMasking masks the steps all of whose features have one value, and makes them zero.
func callMasking(c *Context) any {
	x := c.In(0)
	rank := len(x.Type.Shape)
	differs := c.TF("NotEqual", nil, x, c.F32(c.Config.float("mask_value", 0)))
	kept := c.reduce("Any", differs, true, rank-1)
	y := c.where(kept, x, c.F32(0))
	c.setMask(y, c.TF("Squeeze", map[string]any{"squeeze_dims": []int{rank - 1}}, kept))
	return y
}

// explicitMask returns the mask of a call: the argument, or that of the first operand. Keras 3 does not hand that on to a recurrent layer that is given a state.
func (c *Context) explicitMask() *ir.Value {
	if given := c.Arg(-1, "mask"); given != nil {
		list := c.tensors(given)
		if len(list) != 1 {
			build.Refuse("a mask that is no tensor")
		}
		return c.asMask(list[0])
	}
	if in := c.Ins(); len(in) > 0 && (c.im.keras2 || c.initialState() == nil) {
		return c.maskOf(in[0])
	}
	return nil
}

// asMask converts a tensor to bool.
func (c *Context) asMask(m *ir.Value) *ir.Value {
	if m.Type.DType == tensor.Bool {
		return m
	}
	return c.cast(m, "bool")
}
