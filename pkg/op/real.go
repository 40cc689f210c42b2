package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// standsForReal reports whether v holds int8 elements that stand for real numbers.
func standsForReal(v *ir.Value, d tensor.DType) bool {
	return d == tensor.Int8 && quantized(v) && len(v.Quant.Scale) > 0
}

// bias checks operand i, a layer's bias of the given length: float32 or, beside int8 data, int32. It may be absent.
func (o *operands) bias(i, length int, data tensor.DType) {
	if data != tensor.Int8 || i >= len(o.in) || o.in[i] == nil {
		o.vector(i, length, tensor.Float32)
		return
	}
	t := o.stored(i, tensor.Int32)
	if t.Shape.Elements() != length {
		o.fail("input %d has shape %v, want %d elements", i, t.Shape, length)
	}
}

// perTensor returns the parameters of an int8 value that has one scale.
func (o *operands) perTensor(v *ir.Value) kernel.S8Affine {
	if v == nil {
		o.fail("a quantized operand is absent")
		return kernel.S8Affine{Scale: 1}
	}
	p := o.affine(v, v.Type.Shape)
	switch {
	case o.err != nil:
	case v.Type.DType != tensor.Int8:
		o.fail("%q is %v, want %v", v.Name, v.Type.DType, tensor.Int8)
	case p.PerAxis():
		o.fail("%q has a scale for each index of dimension %d, want one", v.Name, p.Axis)
	case p.Zero[0] < math.MinInt8 || p.Zero[0] > math.MaxInt8:
		o.fail("%q has zero point %d", v.Name, p.Zero[0])
	case !(p.Scale[0] > 0) || math.IsInf(float64(p.Scale[0]), 0):
		o.fail("%q has scale %v", v.Name, p.Scale[0])
	default:
		return kernel.S8Affine{Scale: p.Scale[0], Zero: int32(p.Zero[0])}
	}
	return kernel.S8Affine{Scale: 1}
}

// alike demands that two int8 values have the same parameters, but for what a scale may have lost on its way through a file.
func (o *operands) alike(v, w *ir.Value) {
	p, q := o.perTensor(v), o.perTensor(w)
	if off := math.Abs(float64(p.Scale)/float64(q.Scale) - 1); o.err == nil && (off > 1e-5 || p.Zero != q.Zero) {
		o.fail("%q has scale %v and zero point %d, %q has %v and %d: they must be the same", v.Name, p.Scale, p.Zero, w.Name, q.Scale, q.Zero)
	}
}

// limits8 returns the integers to which an activation limits a result.
func (o *operands) limits8(a Activation, p kernel.S8Affine) (lo, hi int32) {
	o.limitsOnly(a)
	l, h, _ := a.limits()
	at := func(x float64) int32 {
		if math.IsInf(x, 0) {
			return int32(math.Copysign(math.MaxInt8+1, x))
		}
		q := math.Round(float64(float32(x)/p.Scale)) + float64(p.Zero)
		return int32(min(max(q, -1<<30), 1<<30))
	}
	return max(at(l), math.MinInt8), min(at(h), math.MaxInt8)
}

// multiplier returns a factor in fixed point.
func multiplier(x float64) kernel.Multiplier { return kernel.NewMultiplier(quant.Multiplier(x)) }

// scales returns what a layer's sums are multiplied by: the scale of the data times those of the weights, over the result's. Weights have one for each of the channels, along an axis,
// or one.
func (o *operands) scales(data, weights, result *ir.Value, channels, axis int) []float64 {
	in, out := o.perTensor(data), o.perTensor(result)
	p := o.affine(weights, weights.Type.Shape)
	if p.PerAxis() && (p.Axis != axis || len(p.Scale) != channels) {
		o.fail("%q has %d scales along dimension %d, want %d along %d", weights.Name, len(p.Scale), p.Axis, channels, axis)
	}
	found := make([]float64, len(p.Scale))
	for i, s := range p.Scale {
		if o.err == nil && (!(s >= 0) || math.IsInf(float64(s), 0)) {
			o.fail("%q has scale %v", weights.Name, s)
		}
		found[i] = float64(in.Scale) * float64(s) / float64(out.Scale)
	}
	return found
}

// symmetric demands weights of zero point 0, which is what layers take them for.
func (o *operands) symmetric(weights *ir.Value) {
	for _, z := range o.affine(weights, weights.Type.Shape).Zero {
		if o.err == nil && z != 0 {
			o.fail("%q has zero point %d, want 0", weights.Name, z)
		}
	}
}

// i8 returns the elements of an int8 operand or result.
func i8(t *tensor.Tensor) []int8 { return tensor.View[int8](t) }

// i32 returns the elements of an int32 operand, nil for an absent one.
func i32(t *tensor.Tensor) []int32 {
	if t == nil {
		return nil
	}
	return tensor.View[int32](t)
}

// optionalInput returns operand i, nil where it is absent.
func optionalInput(in []*tensor.Tensor, i int) *tensor.Tensor {
	if i < len(in) {
		return in[i]
	}
	return nil
}
