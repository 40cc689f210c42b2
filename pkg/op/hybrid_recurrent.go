package op

import (
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// matrix returns the content of an optional operand of integers with one scale, without weights if it is absent.
func (o *operands) matrix(i int) kernel.S8Matrix {
	if i < 0 {
		return kernel.S8Matrix{}
	}
	t := o.given(i)
	if t == nil || o.err != nil {
		return kernel.S8Matrix{}
	}
	if !isInteger(t) {
		o.fail("input %d is %v: of the weights only some are integers", i, t.DType)
		return kernel.S8Matrix{}
	}
	weights, scale := o.integerWeights(i, 1, 0)
	if o.err != nil {
		return kernel.S8Matrix{}
	}
	return kernel.S8Matrix{Weights: weights, Scale: scale[0]}
}

// realWeights returns the real numbers of an optional operand, float32 or integers of zero point 0 with one scale; nil if it is absent.
func (o *operands) realWeights(i int) []float32 {
	if t := o.given(i); t == nil || t.DType == tensor.Float32 {
		return o.weights(i)
	}
	m := o.matrix(i)
	if o.err != nil {
		return nil
	}
	x := make([]float32, len(m.Weights))
	kernel.Dequantize(x, m.Weights, []float32{m.Scale}, []int64{0}, 1)
	return x
}
