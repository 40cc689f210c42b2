package quant

import "slices"

// PerTensorAxis is the Axis of a Type that has one scale for the whole tensor.
const PerTensorAxis = -1

// Type is a quantized element type while it is being chosen: affine parameters with scales in float64, and the integers that may be stored. A
// file holds less (Params), and two types that would be written alike can differ: a symmetric weight stores [-127, 127], an activation
// [-128, 127].
type Type struct {
	Scale  []float64 // one, or one for each index of Axis
	Zero   int64     // 0 for per-axis types
	Axis   int       // PerTensorAxis, or the dimension that Scale runs along, which may have one index
	Bits   int       // 4, 8, 16, 32 or 64
	Lo, Hi int64     // the integers that may be stored
	Rule   Rounding  // how a constant's integers come about

	// Balanced rounds some of a constant's integers the other way, for rounding errors that make up for each other. With a scale for each index of Axis.
	Balanced bool
}

// Rounding is how the integers of a constant come about. Converters differ in that, in ties and in the last bit of a quotient.
type Rounding uint8

// The ways.
const (
	Reciprocal   Rounding = iota // TFLiteConverter's for integer operators: see Quantize
	Quotient                     // TFLiteConverter's for the weights of float operators: x/scale in float64, halves away from zero
	QuotientEven                 // AI Edge Quantizer's: x/scale in float32, halves to even
	Largest                      // TFLiteConverter's for the weights beside int16: x * (127/m) in float32, m the largest magnitude
)

// Int8 returns the type of an int8 activation.
func Int8(scale float64, zero int64) *Type {
	return &Type{Scale: []float64{scale}, Zero: zero, Axis: PerTensorAxis, Bits: 8, Lo: -128, Hi: 127}
}

// PerAxis reports whether t has scales along a dimension, be it a single one.
func (t *Type) PerAxis() bool { return t.Axis >= 0 }

// Symmetric reports whether t stores [-127, 127] around 0, as weights do.
func (t *Type) Symmetric() bool { return t.Bits == 8 && t.Lo == -127 }

// Equal reports whether both are the same type. Nil equals nil only.
func (t *Type) Equal(u *Type) bool {
	if t == nil || u == nil {
		return t == u
	}
	return t.Zero == u.Zero && t.Axis == u.Axis && t.Bits == u.Bits && t.Lo == u.Lo && t.Hi == u.Hi && t.Rule == u.Rule && t.Balanced == u.Balanced && slices.Equal(t.Scale, u.Scale)
}

// Params returns what a file holds of t: scales rounded to float32.
func (t *Type) Params() *Params {
	p := &Params{Scale: make([]float32, len(t.Scale)), Zero: make([]int64, len(t.Scale)), Axis: max(t.Axis, 0)}
	for i, s := range t.Scale {
		p.Scale[i], p.Zero[i] = float32(s), t.Zero
	}
	return p
}

// Interval returns the smallest and largest real value that a per-tensor type represents.
func (t *Type) Interval() (lo, hi float64) {
	return float64(float64(t.Lo-t.Zero) * t.Scale[0]), float64(float64(t.Hi-t.Zero) * t.Scale[0])
}
