package exec

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// Border says how the integers that a program takes and gives stand for real numbers.
type Border struct{ inputs, outputs []*ir.Value }

// Border returns the program's.
func (p *Program) Border() Border { return Border{p.Inputs(), p.Outputs()} }

// Affine returns how a value is quantized if it is, as a whole, to integers of 8 or 16 bits; nil if not.
func Affine(v *ir.Value) *quant.Params {
	if v.Quant == nil || len(v.Quant.Scale) != 1 {
		return nil
	}
	switch v.Type.DType {
	case tensor.Int8, tensor.UInt8, tensor.Int16:
		return v.Quant
	}
	return nil
}

// Quantized reports for each input whether it is quantized.
func (b Border) Quantized() []bool {
	list := make([]bool, len(b.inputs))
	for i, v := range b.inputs {
		list[i] = Affine(v) != nil
	}
	return list
}

// In returns a sample as the program takes it: float32 tensors become integers where it takes integers that stand for real numbers, as TFLite's QUANTIZE makes them. Other tensors
// are passed on.
func (b Border) In(sample []*tensor.Tensor) []*tensor.Tensor {
	in := slices.Clone(sample)
	for i, x := range in {
		if i == len(b.inputs) {
			break // Run says what is wrong
		}
		q := Affine(b.inputs[i])
		if q == nil || x.DType != tensor.Float32 {
			continue
		}
		in[i] = tensor.New(b.inputs[i].Type.DType, x.Shape)
		switch real := tensor.View[float32](x); in[i].DType {
		case tensor.Int8:
			kernel.Quantize(tensor.View[int8](in[i]), real, q.Scale, q.Zero, 1)
		case tensor.UInt8:
			kernel.Quantize(tensor.View[uint8](in[i]), real, q.Scale, q.Zero, 1)
		case tensor.Int16:
			kernel.Quantize(tensor.View[int16](in[i]), real, q.Scale, q.Zero, 1)
		}
	}
	return in
}

// Out returns the outputs of a run as the real numbers that they stand for. Other tensors are passed on.
func (b Border) Out(outputs []*tensor.Tensor) []*tensor.Tensor {
	out := slices.Clone(outputs)
	for i, x := range out {
		out[i] = Real(b.outputs[i], x)
	}
	return out
}

// Real returns the real numbers that a value's content stands for: x itself unless Affine says how the value is quantized.
func Real(v *ir.Value, x *tensor.Tensor) *tensor.Tensor {
	q := Affine(v)
	if q == nil {
		return x
	}
	out := tensor.New(tensor.Float32, x.Shape)
	switch real := tensor.View[float32](out); x.DType {
	case tensor.Int8:
		kernel.Dequantize(real, tensor.View[int8](x), q.Scale, q.Zero, 1)
	case tensor.UInt8:
		kernel.Dequantize(real, tensor.View[uint8](x), q.Scale, q.Zero, 1)
	case tensor.Int16:
		kernel.Dequantize(real, tensor.View[int16](x), q.Scale, q.Zero, 1)
	}
	return out
}
