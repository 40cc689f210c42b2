package op

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// integers are the ways in which an operator computes on integers that stand for real numbers, by their type; nil where it does not.
type integers struct{ s8, s16 prepare }

// types lists the types that the operator computes on.
func (i integers) types() []tensor.DType {
	var types []tensor.DType
	if i.s8 != nil {
		types = append(types, tensor.Int8)
	}
	if i.s16 != nil {
		types = append(types, tensor.Int16)
	}
	return types
}

// of returns the way for v, whose elements have type d; nil if there is none, or if they don't stand for real numbers.
func (i integers) of(v *ir.Value, d tensor.DType) prepare {
	switch {
	case !standsForReal(v, d):
	case d == tensor.Int8:
		return i.s8
	case d == tensor.Int16:
		return i.s16
	}
	return nil
}

// standsForReal reports whether v holds int8 or int16 elements that stand for real numbers.
func standsForReal(v *ir.Value, d tensor.DType) bool {
	return (d == tensor.Int8 || d == tensor.Int16) && quantized(v) && len(v.Quant.Scale) > 0
}

// weighs demands that operand w has weights for operand x: of its type or, beside int16, of a type named, int8 if none is.
func (o *operands) weighs(x, w int, beside16 ...tensor.DType) {
	a, b := o.given(x), o.given(w)
	if len(beside16) == 0 {
		beside16 = []tensor.DType{tensor.Int8}
	}
	if a == nil || b == nil || a.DType != tensor.Int16 {
		o.same(x, w)
	} else if !slices.Contains(beside16, b.DType) {
		o.fail("input %d is %v, want %s beside %v", w, b.DType, oneOf(beside16), a.DType)
	}
}

// bias checks operand i, a layer's bias of the given length: float32, int32 beside int8 data, and int64 or the types named beside int16 data. It may be absent.
func (o *operands) bias(i, length int, data tensor.DType, beside16 ...tensor.DType) {
	if data != tensor.Int8 && data != tensor.Int16 || i >= len(o.in) || o.in[i] == nil {
		o.vector(i, length, tensor.Float32)
		return
	}
	types := []tensor.DType{tensor.Int32}
	if data == tensor.Int16 {
		types = append(beside16, tensor.Int64)
	}
	t := o.stored(i, types...)
	if t.Shape.Elements() != length {
		o.fail("input %d has shape %v, want %d elements", i, t.Shape, length)
	}
}

// perTensor returns the parameters of an int8 or int16 value that has one scale; int16 has zero point 0.
func (o *operands) perTensor(v *ir.Value) kernel.S8Affine {
	if v == nil {
		o.fail("a quantized operand is absent")
		return kernel.S8Affine{Scale: 1}
	}
	p := o.affine(v, v.Type.Shape)
	switch d := v.Type.DType; {
	case o.err != nil:
	case d != tensor.Int8 && d != tensor.Int16:
		o.fail("%q is %v, want %v or %v", v.Name, d, tensor.Int8, tensor.Int16)
	case p.PerAxis():
		o.fail("%q has a scale for each index of dimension %d, want one", v.Name, p.Axis)
	case p.Zero[0] < math.MinInt8 || p.Zero[0] > math.MaxInt8, d == tensor.Int16 && p.Zero[0] != 0:
		o.fail("%q has zero point %d", v.Name, p.Zero[0])
	case !(p.Scale[0] > 0) || math.IsInf(float64(p.Scale[0]), 0):
		o.fail("%q has scale %v", v.Name, p.Scale[0])
	default:
		return kernel.S8Affine{Scale: p.Scale[0], Zero: int32(p.Zero[0])}
	}
	return kernel.S8Affine{Scale: 1}
}

// alike demands that two integer values have the same parameters, but for what a scale may have lost on its way through a file.
func (o *operands) alike(v, w *ir.Value) {
	p, q := o.perTensor(v), o.perTensor(w)
	if off := math.Abs(float64(p.Scale)/float64(q.Scale) - 1); o.err == nil && (off > 1e-5 || p.Zero != q.Zero) {
		o.fail("%q has scale %v and zero point %d, %q has %v and %d: they must be the same", v.Name, p.Scale, p.Zero, w.Name, q.Scale, q.Zero)
	}
}

// limits8 returns the integers to which an activation limits an int8 result.
func (o *operands) limits8(a Activation, p kernel.S8Affine) (lo, hi int32) {
	return o.limits(a, p, math.MinInt8, math.MaxInt8)
}

// limits16 is limits8 for an int16 result.
func (o *operands) limits16(a Activation, p kernel.S8Affine) (lo, hi int32) {
	return o.limits(a, p, math.MinInt16, math.MaxInt16)
}

// limits returns the integers from least to most to which an activation limits a result.
func (o *operands) limits(a Activation, p kernel.S8Affine, least, most int32) (lo, hi int32) {
	o.limitsOnly(a)
	l, h, _ := a.limits()
	at := func(x float64) int32 {
		if !math.IsInf(x, 0) {
			x = math.Round(float64(float32(x)/p.Scale)) + float64(p.Zero)
		}
		return int32(min(max(x, -1<<30), 1<<30))
	}
	return max(at(l), least), min(at(h), most)
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

// i16 returns the elements of an int16 operand or result.
func i16(t *tensor.Tensor) []int16 { return tensor.View[int16](t) }

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
