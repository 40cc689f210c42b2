package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// pairSwish is the pair of x's logistic function and its product with x, which networks with that activation spend much of their time on: what is between the two stays
// in the first-level cache.
func pairSwish(first, second *ir.Node) PairKernel {
	x, y := first.Inputs[0], first.Outputs[0]
	if second.Op != "MUL" || fused(second) != None || x.Type.DType != tensor.Float32 ||
		!slices.Equal(second.Inputs, []*ir.Value{x, y}) && !slices.Equal(second.Inputs, []*ir.Value{y, x}) {
		return nil
	}
	if second.Inputs[0] == x {
		return func(first, second *Call) error {
			swish(first, second, kernel.Mul[float32])
			return nil
		}
	}
	return func(first, second *Call) error {
		swish(first, second, func(dst, x, y []float32) { kernel.Mul(dst, y, x) })
		return nil
	}
}

// swishRun is the number of elements that are computed at a time.
const swishRun = kernel.JointRun

// swish computes the pair by a product of x and y, whose order decides which NaN comes out.
func swish(first, second *Call, mul func(dst, x, y []float32)) {
	x, out := f32(first.In[0]), f32(second.Out[0])
	memory := first.Scratch(min(swishRun, len(x)))
	for at := 0; at < len(x); at += swishRun {
		end := min(at+swishRun, len(x))
		y := memory[:end-at]
		first.Joint.Argument(x[at:end])
		kernel.F32MapLogistic(y, x[at:end])
		mul(out[at:end], x[at:end], y)
		first.Joint.Results(&second.Seen, out[at:end], &first.Seen, y)
	}
}
