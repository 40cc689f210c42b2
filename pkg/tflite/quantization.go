package tflite

import (
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// decodeQuantization reads parameters and the recorded range into v, and the rest into carry. It returns the values that carry.Details refers to.
func decodeQuantization(v *ir.Value, carry *TensorCarry, q *schema.QuantizationParametersT, all []*ir.Value) (refs []*ir.Value, err error) {
	if len(q.Scale) != len(q.ZeroPoint) && len(q.Scale) > 0 {
		return nil, fmt.Errorf("has %d scales and %d zero points", len(q.Scale), len(q.ZeroPoint))
	}
	if n := len(q.Scale); n > 0 {
		axis := int(q.QuantizedDimension)
		if dims := v.Type.Shape; n > 1 && (axis < 0 || axis >= len(dims) || dims[axis] != n) {
			return nil, fmt.Errorf("has %d scales along dimension %d of %v", n, axis, v.Type)
		}
		v.Quant = &quant.Params{Scale: q.Scale, Zero: q.ZeroPoint, Axis: axis}
	}
	v.Range = overall(q.Min, q.Max)
	if len(q.Min) > 1 || len(q.Min) != len(q.Max) {
		carry.Min, carry.Max = empty(q.Min), empty(q.Max)
	}
	if b := blocks(q.Details); b != nil && v.Quant == nil {
		if int(b.Scales) >= len(all) || b.BlockSize < 1 {
			return nil, fmt.Errorf("has blocks of %d with scales in tensor %d out of %d", b.BlockSize, b.Scales, len(all))
		}
		v.Blocks = &ir.Blocks{Size: int(b.BlockSize), Scales: all[b.Scales]}
	} else if q.Details != nil {
		carry.Details = q.Details
		for _, index := range tensorNumbers(q.Details) {
			if *index < 0 || int(*index) >= len(all) {
				return nil, fmt.Errorf("%v: tensor index %d out of %d", q.Details.Type, *index, len(all))
			}
			refs = append(refs, all[*index])
			*index = int32(len(refs))
		}
	}
	return refs, nil
}

// encodeQuantization is the inverse of decodeQuantization; index gives the numbers of values. Without anything to say it returns nil.
func encodeQuantization(v *ir.Value, carry TensorCarry, index map[*ir.Value]int) (*schema.QuantizationParametersT, error) {
	if v.Quant == nil && v.Blocks == nil && v.Range == nil && carry.Min == nil && carry.Max == nil && carry.Details == nil {
		return nil, nil
	}
	q := &schema.QuantizationParametersT{}
	if p := v.Quant; p != nil {
		if int(int32(p.Axis)) != p.Axis {
			return nil, fmt.Errorf("quantized dimension %d", p.Axis)
		}
		q.Scale, q.ZeroPoint, q.QuantizedDimension = p.Scale, p.Zero, int32(p.Axis)
	}
	if b := v.Blocks; b != nil {
		n, ok := index[b.Scales]
		if !ok {
			return nil, errors.New("has blocks whose scales are not listed")
		}
		q.Details = &schema.QuantizationDetailsT{
			Type:  schema.QuantizationDetailsBlockwiseQuantization,
			Value: &schema.BlockwiseQuantizationT{Scales: int32(n), ZeroPoints: absent, BlockSize: int32(b.Size)},
		}
	}
	// What was carried holds as long as nobody has given the value another range.
	switch was := overall(carry.Min, carry.Max); {
	case v.Range == nil && was == nil, v.Range != nil && was != nil && *v.Range == *was:
		q.Min, q.Max = carry.Min, carry.Max
	}
	if v.Range != nil && q.Min == nil {
		q.Min, q.Max = []float32{v.Range.Min}, []float32{v.Range.Max}
	}
	if carry.Details != nil {
		q.Details = cloneDetails(carry.Details)
		for _, ref := range tensorNumbers(q.Details) {
			n, ok := index[v.Carry.Refs[*ref-1]]
			if !ok {
				return nil, fmt.Errorf("%v refers to a value that is not listed", q.Details.Type)
			}
			*ref = int32(n)
		}
	}
	return q, nil
}

// overall returns the range of all ranges that a file lists, nil if the lists don't match or are empty.
func overall(lo, hi []float32) *quant.Range {
	if len(lo) != len(hi) || len(lo) == 0 {
		return nil
	}
	return &quant.Range{Min: slices.Min(lo) + 0, Max: slices.Max(hi) + 0}
}

// empty returns nil for a list without elements.
func empty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// absent is the number of a tensor that there is none of.
const absent = -1

// blocks returns the quantization in blocks that graphs have a word for: around 0, by the size alone. Nil is anything else.
func blocks(d *schema.QuantizationDetailsT) *schema.BlockwiseQuantizationT {
	if d == nil {
		return nil
	}
	b, ok := d.Value.(*schema.BlockwiseQuantizationT)
	if !ok || b.ZeroPoints != absent || b.Scales < 0 || len(b.BlockShape) > 0 {
		return nil
	}
	return b
}

// tensorNumbers returns the fields of quantization details that hold numbers of tensors that are there.
func tensorNumbers(d *schema.QuantizationDetailsT) []*int32 {
	var list []*int32
	switch b := d.Value.(type) {
	case *schema.BlockwiseQuantizationT:
		list = []*int32{&b.Scales, &b.ZeroPoints}
	case *schema.MultiAxisQuantizationT:
		list = []*int32{&b.Scales, &b.ZeroPoints}
	}
	return slices.DeleteFunc(list, func(n *int32) bool { return *n == absent })
}

// cloneDetails returns a copy whose tensor numbers may be changed.
func cloneDetails(d *schema.QuantizationDetailsT) *schema.QuantizationDetailsT {
	c := *d
	switch b := d.Value.(type) {
	case *schema.BlockwiseQuantizationT:
		copied := *b
		c.Value = &copied
	case *schema.MultiAxisQuantizationT:
		copied := *b
		c.Value = &copied
	}
	return &c
}
