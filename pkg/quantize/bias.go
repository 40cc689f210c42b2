package quantize

import (
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
)

// visitBias gives a bias the type that follows from the data's and the weight's, and raises the weight's where the bias would be too large.
func (s *solver) visitBias(o *operation, b op.BiasOperand) bool {
	data, weight, bias := s.state[s.operand(o, b.Data)], s.state[s.operand(o, b.Weight)], s.state[s.operand(o, b.Input)]
	if bias == nil {
		if data == nil || weight == nil {
			return false
		}
		shape := o.inputs[b.Input].typ.Shape
		if bias = quant.Bias(data, weight, len(shape)); bias.PerAxis() && (bias.Axis >= len(shape) || shape[bias.Axis] != len(bias.Scale)) {
			return true // not a bias for these weights: without a type it keeps the operator float
		}
	}
	numbers := o.inputs[b.Input].floats()
	if numbers == nil || o.inputs[b.Weight].floats() == nil || data == nil || weight == nil {
		s.setOperand(o, b.Input, bias)
		return true
	}
	bias, raised := quant.LimitBias(bias, data, weight, numbers)
	s.setOperand(o, b.Input, bias)
	if raised == nil {
		return true
	}
	if s.compat == Default {
		raised.Axis = weight.Axis // TFLiteConverter forgets a single channel's, and then quantizes by another scale than it writes
	}
	w := o.inputs[b.Weight].made
	if len(w.outputs[0].uses) > 1 {
		n := copyConstant(w)
		s.insertAfter(w, n)
		o.setInput(b.Weight, n.outputs[0])
	}
	s.overrideOperand(o, b.Weight, raised)
	return true
}
