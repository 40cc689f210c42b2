package tflite

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// value reads a tensor, all but its content.
func (d *decoder) value(v *ir.Value, t *schema.Tensor, all []*ir.Value) error {
	v.Name = string(t.Name())
	v.Variable = t.IsVariable()
	if v.Type.DType = decodeDType(t.Type()); v.Type.DType == tensor.Invalid {
		return fmt.Errorf("element type %d is not known", t.Type())
	}
	var err error
	if v.Type.Shape, err = shape(t.ShapeLength(), t.Shape); err != nil {
		return fmt.Errorf("shape: %w", err)
	}
	if t.ShapeSignatureLength() > 0 {
		if v.Advertised, err = shape(t.ShapeSignatureLength(), t.ShapeSignature); err != nil {
			return fmt.Errorf("shape signature: %w", err)
		}
	}
	v.Type.Shape, v.Advertised = possible(v.Type.Shape, v.Advertised)
	if t.ExternalBuffer() != 0 {
		return errors.New("has its content in another file, which can't be read")
	}
	if s := t.Sparsity(nil); s != nil {
		if v.Sparsity, err = decodeSparsity(s.UnPack()); err != nil {
			return fmt.Errorf("sparsity: %w", err)
		}
	}
	var carry TensorCarry
	var refs []*ir.Value
	if q := t.Quantization(nil); q != nil {
		if refs, err = decodeQuantization(v, &carry, q.UnPack(), all); err != nil {
			return fmt.Errorf("quantization: %w", err)
		}
	}
	for i := range t.VariantTensorsLength() {
		var s schema.VariantSubType
		t.VariantTensors(&s, i)
		carry.Variants = append(carry.Variants, s.UnPack())
	}
	carry.NoRank = !t.HasRank()
	if carry.NoRank || carry.Min != nil || carry.Max != nil || carry.Details != nil || carry.Variants != nil {
		v.Carry = &ir.Carry{Data: &carry, Refs: refs}
	}
	return nil
}

// shape reads a list of dimensions; -1 is an unknown one.
func shape(n int, at func(int) int32) (tensor.Shape, error) {
	s := make(tensor.Shape, n)
	for i := range s {
		if s[i] = int(at(i)); s[i] < -1 {
			return nil, fmt.Errorf("dimension %d is %d", i, s[i])
		}
	}
	return s, nil
}

// possible returns a tensor's shape with 1 for unknown dimensions, since runtimes allocate by it, and what is then to be advertised.
func possible(s, advertised tensor.Shape) (shape, signature tensor.Shape) {
	if s.Static() {
		return s, advertised
	}
	if advertised == nil {
		advertised = s
	}
	shape = s.Clone()
	for i, d := range shape {
		if d < 0 {
			shape[i] = 1
		}
	}
	return shape, advertised
}

// constant gives v the content of buffer b, if that has any. Buffer 0 means that there is none. A buffer that another tensor fills may be longer than v needs: v is what it
// begins with, as LiteRT reads it. TFLiteConverter lets an int64 bias share a buffer with a float scalar, all bytes of both being zeros.
func (d *decoder) constant(v *ir.Value, b int, from source, filled bool) error {
	size := 0
	if b != 0 {
		size = len(d.buffers[b].data)
	}
	switch {
	case size == 0 && from == nothing && !v.Variable && v.Type.Shape.Elements() == 0 && v.Type.DType.Bits() > 0:
		v.Const = &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape, Data: []byte{}}
		return nil
	case size == 0:
		// A result without dimensions is a scalar only if the file says so.
		carry, _ := carried[TensorCarry](v.Carry)
		v.Type.Unranked = from == result && carry.NoRank && len(v.Type.Shape) == 0 && v.Advertised == nil
		return nil
	case v.Variable:
		return errors.New("is a variable and has a content")
	case from != nothing:
		return fmt.Errorf("has a content and is %v", from)
	}
	if v.Sparsity == nil && v.Type.DType.Bits() > 0 {
		n := v.Type.Shape.Elements()
		if n < 0 {
			return fmt.Errorf("is %v and has %d bytes in buffer %d", v.Type, size, b)
		}
		need := v.Type.DType.Bytes(n)
		if need > size || need < size && !filled {
			return fmt.Errorf("is %v and has %d bytes in buffer %d", v.Type, size, b)
		}
		size = need
	}
	data, err := d.content(b, v.Type.DType)
	if err != nil {
		return err
	}
	v.Const = &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape, Data: data[:size:size]}
	return nil
}

// carried returns what a format's package keeps in a carry, and whether there is any.
func carried[T any](c *ir.Carry) (T, bool) {
	if c != nil {
		if data, ok := c.Data.(*T); ok && data != nil {
			return *data, true
		}
	}
	var zero T
	return zero, false
}
