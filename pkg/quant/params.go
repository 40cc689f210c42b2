// Package quant holds affine quantization parameters and computes them from ranges and contents exactly as TFLite does.
//
// A real value is scale * (q - zero). Applying parameters to data at run time, rounding included, is package kernel's.
package quant

import "slices"

// Params are the affine parameters of a quantized tensor: one scale and zero point for the whole tensor, or one for each
// index of dimension Axis.
type Params struct {
	Scale []float32
	Zero  []int64 // as many as Scale
	Axis  int     // the quantized dimension; 0 when there is one scale
}

// PerTensor returns parameters with one scale.
func PerTensor(scale float32, zero int64) *Params {
	return &Params{Scale: []float32{scale}, Zero: []int64{zero}}
}

// PerAxis reports whether p has a scale for each index of its axis.
func (p *Params) PerAxis() bool { return len(p.Scale) > 1 }

// Equal reports whether both are the same parameters; scales are compared as bits.
func (p *Params) Equal(q *Params) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.Axis == q.Axis && slices.Equal(p.Scale, q.Scale) && slices.Equal(p.Zero, q.Zero)
}
