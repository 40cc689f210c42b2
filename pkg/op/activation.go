package op

import (
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/kernel"
)

// limits returns the range to which an activation limits results; ok is false for those that are no limit.
func (v Activation) limits() (lo, hi float64, ok bool) {
	switch v {
	case Relu:
		return 0, math.Inf(1), true
	case ReluN1To1:
		return -1, 1, true
	case Relu6:
		return 0, 6, true
	default:
		return math.Inf(-1), math.Inf(1), false
	}
}

// clamp returns the activation as kernels take it, without what finish does.
func (v Activation) clamp() kernel.F32Clamp {
	lo, hi, ok := v.limits()
	if !ok {
		return kernel.F32Clamp{}
	}
	return kernel.F32Clamp{On: true, Lo: float32(lo), Hi: float32(hi)}
}

// isLimit reports whether finish does nothing.
func (v Activation) isLimit() bool { return v != Tanh && v != SignBit }

// finish applies to x what clamp leaves: the activations that are no limits.
func (v Activation) finish(x []float32) {
	switch v {
	case Tanh:
		kernel.F32MapTanh(x, x)
	case SignBit:
		kernel.F32Map(x, x, kernel.F32SignBit)
	case None, Relu, ReluN1To1, Relu6:
	}
}

// apply computes the whole activation in place.
func (v Activation) apply(x []float32) {
	if c := v.clamp(); c.On {
		kernel.Clamp(x, x, c.Lo, c.Hi)
	}
	v.finish(x)
}

// activation demands an activation that exists.
func (o *operands) activation(v Activation) {
	if int(v) >= len(activations) {
		o.fail("fused activation %v is not known", v)
	}
}

// limitsOnly demands an activation that integers can have.
func (o *operands) limitsOnly(v Activation) {
	if _, _, ok := v.limits(); !ok && v != None {
		o.err = fmt.Errorf("fused activation %v of integers is not supported", v)
	}
}
