package tflite

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

func decodeSparsity(s *schema.SparsityParametersT) (*ir.Sparsity, error) {
	out := &ir.Sparsity{Traversal: ints(s.TraversalOrder), BlockMap: ints(s.BlockMap)}
	for i, m := range s.DimMetadata {
		dim := ir.SparseDim{Dense: m.Format == schema.DimensionTypeDENSE, Size: int(m.DenseSize)}
		if !dim.Dense && m.Format != schema.DimensionTypeSPARSE_CSR {
			return nil, fmt.Errorf("dimension %d: format %d is not known", i, m.Format)
		}
		dim.Segments, dim.SegmentType = decodeIndices(m.ArraySegments)
		dim.Indices, dim.IndexType = decodeIndices(m.ArrayIndices)
		out.Dims = append(out.Dims, dim)
	}
	return out, nil
}

func encodeSparsity(s *ir.Sparsity) (*schema.SparsityParametersT, error) {
	out := &schema.SparsityParametersT{}
	var err error
	if out.TraversalOrder, err = int32s("traversal", s.Traversal); err != nil {
		return nil, err
	}
	if out.BlockMap, err = int32s("block map", s.BlockMap); err != nil {
		return nil, err
	}
	for i, dim := range s.Dims {
		m := &schema.DimensionMetadataT{Format: schema.DimensionTypeSPARSE_CSR, DenseSize: int32(dim.Size)}
		if dim.Dense {
			m.Format = schema.DimensionTypeDENSE
		}
		if int(m.DenseSize) != dim.Size {
			return nil, fmt.Errorf("dimension %d: size %d does not fit into 32 bits", i, dim.Size)
		}
		if m.ArraySegments, err = encodeIndices(dim.Segments, dim.SegmentType); err != nil {
			return nil, fmt.Errorf("dimension %d: segments: %w", i, err)
		}
		if m.ArrayIndices, err = encodeIndices(dim.Indices, dim.IndexType); err != nil {
			return nil, fmt.Errorf("dimension %d: indices: %w", i, err)
		}
		out.DimMetadata = append(out.DimMetadata, m)
	}
	return out, nil
}

// decodeIndices returns a list and its element type in the file, Invalid where there is none.
func decodeIndices(v *schema.SparseIndexVectorT) ([]int, tensor.DType) {
	if v != nil {
		switch list := v.Value.(type) {
		case *schema.Int32VectorT:
			return ints(list.Values), tensor.Int32
		case *schema.Uint16VectorT:
			return ints(list.Values), tensor.UInt16
		case *schema.Uint8VectorT:
			return ints(list.Values), tensor.UInt8
		}
	}
	return nil, tensor.Invalid
}

func encodeIndices(list []int, t tensor.DType) (*schema.SparseIndexVectorT, error) {
	switch t {
	case tensor.Invalid:
		if len(list) > 0 {
			return nil, fmt.Errorf("has %d elements of no type", len(list))
		}
		return nil, nil
	case tensor.Int32:
		values, err := int32s("element", list)
		return &schema.SparseIndexVectorT{Type: schema.SparseIndexVectorInt32Vector, Value: &schema.Int32VectorT{Values: values}}, err
	case tensor.UInt16:
		values, err := narrowed[uint16](list)
		return &schema.SparseIndexVectorT{Type: schema.SparseIndexVectorUint16Vector, Value: &schema.Uint16VectorT{Values: values}}, err
	case tensor.UInt8:
		values, err := narrowed[uint8](list)
		return &schema.SparseIndexVectorT{Type: schema.SparseIndexVectorUint8Vector, Value: &schema.Uint8VectorT{Values: values}}, err
	}
	return nil, fmt.Errorf("element type %v is neither i32, u16 nor u8", t)
}

func narrowed[T uint8 | uint16](list []int) ([]T, error) {
	out := make([]T, len(list))
	for i, v := range list {
		if out[i] = T(v); int(out[i]) != v {
			return nil, fmt.Errorf("%d at position %d does not fit into the element type", v, i)
		}
	}
	return out, nil
}
