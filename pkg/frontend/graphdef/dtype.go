package graphdef

import (
	"encoding/binary"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/tensor"
)

// dtypes are the element types that tensors here can have.
var dtypes = map[tfpb.DataType]tensor.DType{
	tfpb.Float: tensor.Float32, tfpb.Double: tensor.Float64, tfpb.Half: tensor.Float16, tfpb.Bfloat16: tensor.BFloat16,
	tfpb.Int8: tensor.Int8, tfpb.Int16: tensor.Int16, tfpb.Int32: tensor.Int32, tfpb.Int64: tensor.Int64,
	tfpb.Uint8: tensor.UInt8, tfpb.Uint16: tensor.UInt16, tfpb.Uint32: tensor.UInt32, tfpb.Uint64: tensor.UInt64,
	tfpb.Bool: tensor.Bool, tfpb.String: tensor.String, tfpb.Complex64: tensor.Complex64, tfpb.Complex128: tensor.Complex128,
	tfpb.Resource: tensor.Resource, tfpb.Variant: tensor.Variant,
}

// dtype translates an element type, references to variables' ones included.
func dtype(t tfpb.DataType) tensor.DType {
	d, ok := dtypes[t.Base()]
	if !ok {
		build.Refuse("the element type %v", t)
	}
	return standIn(d)
}

// DType translates an element type; ok is false for types that tensors here can't have.
func DType(t tfpb.DataType) (d tensor.DType, ok bool) {
	d, ok = dtypes[t.Base()]
	return d, ok
}

// content decodes a constant of at most limit bytes.
func content(p *tfpb.TensorProto, limit int64) *tensor.Tensor {
	shape, unranked := shapeOf(&p.TensorShape)
	d, ok := DType(p.Dtype)
	if !ok {
		build.Refuse("the element type %v", p.Dtype)
	}
	t := &tensor.Tensor{DType: d, Shape: shape}
	if unranked || !shape.Static() {
		build.Damaged("a constant without a shape")
	}
	if t.DType == tensor.String {
		list, err := p.Strings(limit / 16)
		if err != nil {
			build.Damaged("%w", err)
		}
		t.Data = Strings(list)
		return t
	}
	data, err := p.Bytes(limit)
	if err != nil {
		build.Damaged("%w", err)
	}
	if data == nil {
		data = []byte{} // known, and without elements
	}
	t.Data = tensor.Aligned(t.DType, data)
	return widened(t)
}

// Strings encodes the elements of a string tensor as TFLite does: their number, the offsets of each and of the end, then the bytes.
func Strings(list [][]byte) []byte {
	at := 4 * (len(list) + 2)
	data := binary.LittleEndian.AppendUint32(nil, uint32(len(list)))
	for _, s := range list {
		data = binary.LittleEndian.AppendUint32(data, uint32(at))
		at += len(s)
	}
	data = binary.LittleEndian.AppendUint32(data, uint32(at))
	for _, s := range list {
		data = append(data, s...)
	}
	return data
}

// Short names for the rules.
const (
	f32 = tensor.Float32
	i32 = tensor.Int32
	i64 = tensor.Int64
)
