package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// foldOffset moves a constant that is added to a layer's data, or subtracted from it, behind the layer, into its bias: times the sum of the weights of each
// channel. The constant has one element, for FULLY_CONNECTED also one for each column. Convolutions must not pad, since padding comes after the addition.
var foldOffset = rules{"CONV_2D": {offsetData}, "DEPTHWISE_CONV_2D": {offsetData}, "CONV_3D": {offsetData}, "FULLY_CONNECTED": {offsetData}}

func offsetData(r *rewriter, m *ir.Node) bool {
	l := layers[m.Op]
	weights, bias := m.Inputs[l.weights], m.Input(l.bias)
	n := r.only(m.Inputs[l.data], "ADD", "SUB")
	if n == nil || !float32s(n) || activationOf(n) != op.None || !plain(weights) || bias != nil && !plain(bias) || padsData(m) {
		return false
	}
	for i, x := range n.Inputs {
		list, axis, ok := dataConstant(m, x, n.Inputs[1-i])
		if !ok || !finite(list) || n.Op == "SUB" && i == 1 {
			continue
		}
		sum := weighted(weights.Const, l.out, axis, list)
		if n.Op == "SUB" {
			for j := range sum {
				sum[j] = -sum[j]
			}
		}
		if old, _ := floats(bias); old != nil {
			for j := range sum {
				sum[j] += old[j]
			}
		}
		r.setBias(m, r.constant(biasName(m, n), tensor.F32(tensor.Shape{len(sum)}, sum...)))
		r.setInput(m, l.data, x)
		r.drop(n)
		return true
	}
	return false
}

// biasName returns the name of a bias that m gets instead of its own, or instead of the constant in n.
func biasName(m, n *ir.Node) string {
	if bias := m.Input(layers[m.Op].bias); bias != nil {
		return bias.Name
	}
	for _, v := range n.Inputs {
		if v.Const != nil {
			return v.Name
		}
	}
	return ""
}

// weighted returns the sums over all weights of a channel, times the elements of list that belong to their index in dimension axis. Sums are taken in the order of
// the weights.
func weighted(t *tensor.Tensor, out, axis int, list []float32) []float32 {
	sum := make([]float32, t.Shape[out])
	outer, inner := t.Shape[out+1:].Elements(), t.Shape[axis+1:].Elements()
	for i, w := range tensor.View[float32](t) {
		c := list[i/inner%t.Shape[axis]%len(list)]
		sum[i/outer%len(sum)] += float32(w * c)
	}
	return sum
}

// padsData reports whether a layer surrounds its data with zeros, or may do so.
func padsData(m *ir.Node) bool {
	if w, ok := windows[m.Op]; ok && onlyOnes(m.Inputs[1].Type.Shape[w.weights:][:w.dims]) {
		return false
	}
	switch a := m.Attr.(type) {
	case *op.Conv2D:
		return a.Padding != op.Valid
	case *op.DepthwiseConv2D:
		return a.Padding != op.Valid
	case *op.Conv3D:
		return a.Padding != op.Valid
	}
	return false
}

func onlyOnes(list []int) bool {
	for _, x := range list {
		if x != 1 {
			return false
		}
	}
	return true
}
