package quant

import "math"

// biasLimit is the magnitude that a stored bias may reach, so that adding it to products does not overflow an int32.
const biasLimit = math.MaxInt32 / 2

// Bias returns the int32 type of a bias that is added to products of the input and the weight: its scales are the products of theirs, computed
// in float64 and rounded to float32, and follow the last dimension of the bias.
func Bias(input, weight *Type, rank int) *Type {
	if len(weight.Scale) == 1 {
		return int32Type(float64(float32(weight.Scale[0] * input.Scale[0])))
	}
	t := &Type{Scale: make([]float64, len(weight.Scale)), Axis: max(rank-1, 0), Bits: 32, Lo: math.MinInt32, Hi: math.MaxInt32}
	for i, s := range weight.Scale {
		t.Scale[i] = float64(float32(s * input.Scale[0]))
	}
	return t
}

func int32Type(scale float64) *Type {
	return &Type{Scale: []float64{scale}, Axis: PerTensorAxis, Bits: 32, Lo: math.MinInt32, Hi: math.MaxInt32}
}

// NormBias returns the int32 type of a bias that is added to what a layer normalization multiplied by coefficients: their scale, with 10 bits behind the point.
func NormBias(coefficients *Type) *Type { return int32Type(coefficients.Scale[0] / (1 << 10)) }

// LimitBias raises the scales of a bias, and of the weight with it, where the bias would be stored as more than 2^30 - 1. It returns the types to use;
// the weight's is nil if all is within the limit.
//
// The raised scales stay in float64. A weight with one scale becomes a per-tensor one, whatever it was.
func LimitBias(bias, input, weight *Type, data []float32) (b, w *Type) {
	if !bias.PerAxis() {
		most := largest(data)
		if most/bias.Scale[0] < biasLimit {
			return bias, nil
		}
		scale := most / biasLimit
		return int32Type(scale), &Type{Scale: []float64{scale / input.Scale[0]}, Axis: PerTensorAxis, Bits: 8, Lo: -127, Hi: 127}
	}
	for i := range min(len(data), len(bias.Scale)) {
		x := math.Abs(float64(data[i]))
		if x/bias.Scale[i] > biasLimit {
			if w == nil {
				b, w = bias.Clone(), weight.Clone()
			}
			b.Scale[i] = x / biasLimit
			w.Scale[i] = b.Scale[i] / input.Scale[0]
		}
	}
	if w == nil {
		return bias, nil
	}
	return b, w
}

// Clone returns a copy that shares nothing with t.
func (t *Type) Clone() *Type {
	c := *t
	c.Scale = append([]float64(nil), t.Scale...)
	return &c
}
