package kernel

import "math"

// F32Clamp is a fused activation: results are limited to [Lo, Hi] if On. A NaN stays, and so does a zero of either sign where a
// limit is zero. RELU is {true, 0, +Inf}, RELU6 {true, 0, 6}, RELU_N1_TO_1 {true, -1, 1}; the zero value does nothing.
type F32Clamp struct {
	On     bool
	Lo, Hi float32
}

// bounds returns limits that may always be applied: without a clamp, infinite ones.
func (c F32Clamp) bounds() [2]float32 {
	if !c.On {
		return [2]float32{float32(math.Inf(-1)), float32(math.Inf(1))}
	}
	return [2]float32{c.Lo, c.Hi}
}

// limit returns v within the bounds; the comparisons' order is part of the contract.
func limit(v float32, b *[2]float32) float32 {
	if b[0] > v {
		v = b[0]
	}
	if b[1] < v {
		v = b[1]
	}
	return v
}
