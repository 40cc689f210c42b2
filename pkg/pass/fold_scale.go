package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// foldScale multiplies a constant factor of a layer's result, or of its data, into the weights. Weights and bias are multiplied, or divided, element by element in
// float32, as TFLiteConverter does it. Together with fuseBias this folds batch normalization, in whatever form it comes.
var foldScale = rules{
	"MUL": {scaleResult}, "DIV": {scaleResult},
	"CONV_2D": {scaleData}, "DEPTHWISE_CONV_2D": {scaleData}, "CONV_3D": {scaleData}, "FULLY_CONNECTED": {scaleData},
}

// scaleResult starts from a product of a layer's result and a constant of one element or one for each channel, or their quotient.
func scaleResult(r *rewriter, n *ir.Node) bool {
	for i := range n.Inputs {
		if n.Op == "DIV" && i == 1 {
			return false // a constant over the layer's result
		}
		m, c := r.layerBefore(n.Inputs[i]), n.Inputs[1-i]
		if m == nil || !takesActivation(m, activationOf(n)) || n.Op == "DIV" && m.Op == "FULLY_CONNECTED" {
			continue // such a quotient becomes a product first
		}
		l := layers[m.Op]
		weights, bias := m.Inputs[l.weights], m.Input(l.bias)
		list, ok := channelwise(c, channels(m), m.Outputs[0].Type)
		if !ok || !plain(weights) || bias != nil && !plain(bias) || !finite(list) || n.Op == "DIV" && slices.Contains(list, 0) {
			continue
		}
		over := n.Op == "DIV"
		r.setInput(m, l.weights, r.constant(weights.Name, along(weights.Const, r.room(weights), l.out, list, over)))
		if bias != nil {
			r.setInput(m, l.bias, r.constant(bias.Name, along(flat(bias.Const), nil, 0, list, over)))
		}
		if a := activationOf(n); a != op.None {
			setActivation(m, a)
		}
		r.absorb(m, n)
		return true
	}
	return false
}

// scaleData starts from a layer whose data are a product of a constant of one element; for FULLY_CONNECTED also of one for each column of the weights.
// Padding stays, since the factor of a zero does not matter.
func scaleData(r *rewriter, m *ir.Node) bool {
	l := layers[m.Op]
	weights := m.Inputs[l.weights]
	n := r.only(m.Inputs[l.data], "MUL")
	if n == nil || !float32s(n) || activationOf(n) != op.None || !plain(weights) {
		return false
	}
	for i, x := range n.Inputs {
		list, axis, ok := dataConstant(m, x, n.Inputs[1-i])
		if !ok || !finite(list) {
			continue
		}
		r.setInput(m, l.weights, r.constant(weights.Name, along(weights.Const, r.room(weights), axis, list, false)))
		m.Version = 0
		r.setInput(m, l.data, x)
		r.drop(n)
		return true
	}
	return false
}

// dataConstant returns the elements of a constant operand beside x of a binary operator that makes the data of layer m, and the dimension of the weights to
// which they belong: one element, or for FULLY_CONNECTED one for each column. x itself must have the shape of the data.
func dataConstant(m *ir.Node, x, c *ir.Value) (list []float32, axis int, ok bool) {
	l := layers[m.Op]
	list, ok = floats(c)
	if !ok || c.Quant != nil || x == nil || !within(c.Type.Shape, x.Type) {
		return nil, 0, false
	}
	if len(list) == 1 {
		return list, max(l.in, 0), true
	}
	shape := x.Type.Shape
	columns := m.Inputs[l.weights].Type.Shape[1]
	if m.Op != "FULLY_CONNECTED" || len(list) != columns || c.Type.Shape[len(c.Type.Shape)-1] != columns || shape[len(shape)-1] != columns {
		return nil, 0, false
	}
	return list, l.in, true
}

// flat returns t as a vector.
func flat(t *tensor.Tensor) *tensor.Tensor {
	return &tensor.Tensor{DType: t.DType, Shape: tensor.Shape{t.Elements()}, Data: t.Data}
}
