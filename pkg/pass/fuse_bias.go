package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// fuseBias makes a constant that is added to a layer's result the layer's bias, and an activation that follows the layer's. The constant has one element or
// one for each channel, and joins the bias that is there.
var fuseBias = rules{"ADD": {addBias}, "SUB": {addBias}}

func addBias(r *rewriter, n *ir.Node) bool {
	for i := range n.Inputs {
		if n.Op == "SUB" && i == 1 {
			return false // a constant less the layer's result
		}
		m, c := r.layerBefore(n.Inputs[i]), n.Inputs[1-i]
		if m == nil || !takesActivation(m, activationOf(n)) {
			continue
		}
		count, bias := channels(m), m.Input(layers[m.Op].bias)
		list, ok := channelwise(c, count, m.Outputs[0].Type)
		if !ok || count < 0 || bias != nil && !plain(bias) {
			continue
		}
		r.setBias(m, r.joinedBias(bias, c, list, count, n.Op == "SUB"))
		if a := activationOf(n); a != 0 {
			setActivation(m, a)
		}
		r.absorb(m, n)
		return true
	}
	return false
}

// joinedBias returns bias + list, or bias - list, for a layer of count channels. c is what holds list; it is taken itself where that is all.
func (r *rewriter) joinedBias(bias, c *ir.Value, list []float32, count int, minus bool) *ir.Value {
	old, _ := floats(bias)
	if zeros(old) && !minus && c.Type.Shape.Equal(tensor.Shape{count}) {
		return c
	}
	sum := make([]float32, count)
	copy(sum, old)
	for i := range sum {
		if x := list[i%len(list)]; minus {
			sum[i] -= x
		} else {
			sum[i] += x
		}
	}
	return r.constant(c.Name, tensor.F32(tensor.Shape{count}, sum...))
}

// zeros reports whether all elements are zero.
func zeros(list []float32) bool {
	for _, x := range list {
		if x != 0 {
			return false
		}
	}
	return true
}
