package main

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// real makes a quantized runner take and give real numbers: its inputs become float32 ones, and its outputs are dequantized.
func (r *runner) real() {
	inputs, outputs := r.program.Inputs(), r.program.Outputs()
	for i, v := range inputs {
		if r.quant = append(r.quant, affine(v)); r.quant[i] != nil {
			r.inputs[i].DType = tensor.Float32
		}
	}
	for _, v := range outputs {
		r.dequant = append(r.dequant, affine(v))
	}
}

// affine returns how a value is quantized if it is, as a whole, to integers of 8 or 16 bits.
func affine(v *ir.Value) *quant.Params {
	if v.Quant == nil || len(v.Quant.Scale) != 1 {
		return nil
	}
	switch v.Type.DType {
	case tensor.Int8, tensor.UInt8, tensor.Int16:
		return v.Quant
	}
	return nil
}

// quantized returns the inputs of a sample as the program takes them.
func (r *runner) quantized(in []*tensor.Tensor) []*tensor.Tensor {
	for i, q := range r.quant {
		if q != nil {
			in[i] = quantizeTensor(in[i], r.program.Inputs()[i].Type.DType, q)
		}
	}
	return in
}

// dequantized returns the outputs of a sample as the user wants them.
func (r *runner) dequantized(out []*tensor.Tensor) []*tensor.Tensor {
	if r.dequant == nil {
		return out
	}
	real := make([]*tensor.Tensor, len(out))
	for i, t := range out {
		real[i] = t
		if q := r.dequant[i]; q != nil {
			real[i] = dequantizeTensor(t, q)
		}
	}
	return real
}

// quantizeTensor returns round(x / scale) + zero point, halves away from zero, clamped to the type: what TFLite's QUANTIZE does to floats.
func quantizeTensor(x *tensor.Tensor, d tensor.DType, q *quant.Params) *tensor.Tensor {
	out := tensor.New(d, x.Shape)
	put, low, high := func(int, int) {}, 0, 0
	switch d {
	case tensor.Int8:
		v := tensor.View[int8](out)
		put, low, high = func(i, n int) { v[i] = int8(n) }, math.MinInt8, math.MaxInt8
	case tensor.UInt8:
		v := tensor.View[uint8](out)
		put, low, high = func(i, n int) { v[i] = uint8(n) }, 0, math.MaxUint8
	case tensor.Int16:
		v := tensor.View[int16](out)
		put, low, high = func(i, n int) { v[i] = int16(n) }, math.MinInt16, math.MaxInt16
	}
	for i, f := range tensor.View[float32](x) {
		n := math.Round(float64(f/q.Scale[0])) + float64(q.Zero[0])
		put(i, int(min(max(n, float64(low)), float64(high))))
	}
	return out
}

// dequantizeTensor returns scale * (x - zero point).
func dequantizeTensor(x *tensor.Tensor, q *quant.Params) *tensor.Tensor {
	out := tensor.New(tensor.Float32, x.Shape)
	real := tensor.View[float32](out)
	switch x.DType {
	case tensor.Int8:
		dequantize(real, tensor.View[int8](x), q)
	case tensor.UInt8:
		dequantize(real, tensor.View[uint8](x), q)
	case tensor.Int16:
		dequantize(real, tensor.View[int16](x), q)
	}
	return out
}

func dequantize[T int8 | uint8 | int16](real []float32, x []T, q *quant.Params) {
	for i, v := range x {
		real[i] = q.Scale[0] * float32(int64(v)-q.Zero[0])
	}
}
