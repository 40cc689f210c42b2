package schema

import (
	"testing"

	flatbuffers "github.com/google/flatbuffers/go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestSlots pins the vtable slots where a reordering of litert.fbs would still read and write its own files.
func TestSlots(t *testing.T) {
	// A field at slot n is at vtable offset 4+2n; the accessor of each must find what the raw slot holds.
	b := flatbuffers.NewBuilder(0)
	b.StartObject(14)
	b.PrependInt32Slot(13, 7, -1)
	b.PrependUint32Slot(0, 5, 0)
	b.PrependByteSlot(11, byte(BuiltinOptions2StablehloCaseOptions), 0)
	b.Finish(b.EndObject())
	op := GetRootAsOperator(b.FinishedBytes(), 0)
	if got := op.OpcodeIndex(); got != 5 {
		t.Errorf("Operator slot 0 (opcode_index) = %d, want 5", got)
	}
	if got := op.BuiltinOptions2Type(); got != BuiltinOptions2StablehloCaseOptions {
		t.Errorf("Operator slot 11 (builtin_options_2 type) = %v, want %v", got, BuiltinOptions2StablehloCaseOptions)
	}
	if got := op.DebugMetadataIndex(); got != 7 {
		t.Errorf("Operator slot 13 (debug_metadata_index) = %d, want 7", got)
	}

	b.Reset()
	b.StartObject(4)
	b.PrependBoolSlot(2, true, false)
	b.PrependBoolSlot(3, true, false)
	b.Finish(b.EndObject())
	resize := GetRootAsResizeBilinearOptions(b.FinishedBytes(), 0)
	if !resize.AlignCorners() || !resize.HalfPixelCenters() {
		t.Errorf("ResizeBilinearOptions slots 2, 3 = %v, %v, want true, true: the retired slots 0 and 1 must stay",
			resize.AlignCorners(), resize.HalfPixelCenters())
	}
}

// TestPackUnpack takes a model with every kind of field (nested tables, unions, vectors, defaults) there and back.
func TestPackUnpack(t *testing.T) {
	want := &ModelT{
		Version: 3,
		OperatorCodes: []*OperatorCodeT{
			{DeprecatedBuiltinCode: 3, BuiltinCode: BuiltinOperatorCONV_2D, Version: 2},
			{DeprecatedBuiltinCode: 127, BuiltinCode: BuiltinOperatorSTABLEHLO_CASE, Version: 1},
		},
		Subgraphs: []*SubGraphT{{
			Name:               "main",
			DebugMetadataIndex: -1,
			Inputs:             []int32{0},
			Outputs:            []int32{1},
			Tensors: []*TensorT{{
				Name: "x", Shape: []int32{1, 2}, Type: TensorTypeINT8, Buffer: 1, HasRank: true, ShapeSignature: []int32{-1, 2},
				Quantization: &QuantizationParametersT{
					Scale: []float32{0.5}, ZeroPoint: []int64{-128},
					Details: &QuantizationDetailsT{Type: QuantizationDetailsCustomQuantization, Value: &CustomQuantizationT{Custom: []byte{1}}},
				},
			}, {
				Name: "y", Sparsity: &SparsityParametersT{
					TraversalOrder: []int32{0},
					DimMetadata: []*DimensionMetadataT{{
						Format:        DimensionTypeSPARSE_CSR,
						ArraySegments: &SparseIndexVectorT{Type: SparseIndexVectorUint8Vector, Value: &Uint8VectorT{Values: []byte{0, 1}}},
					}},
				},
			}},
			Operators: []*OperatorT{{
				Inputs: []int32{0, -1}, Outputs: []int32{1}, DebugMetadataIndex: -1,
				BuiltinOptions: &BuiltinOptionsT{Type: BuiltinOptionsConv2DOptions, Value: &Conv2DOptionsT{
					Padding: PaddingVALID, StrideW: 2, StrideH: 2, DilationWFactor: 1, DilationHFactor: 1,
					FusedActivationFunction: ActivationFunctionTypeRELU6,
				}},
			}, {
				OpcodeIndex: 1, DebugMetadataIndex: 4,
				BuiltinOptions2: &BuiltinOptions2T{Type: BuiltinOptions2StablehloCaseOptions, Value: &StablehloCaseOptionsT{BranchSubgraphIndices: []int32{1, 2}}},
			}},
		}},
		Buffers:       []*BufferT{{}, {Data: []byte{9, 8, 7}}},
		SignatureDefs: []*SignatureDefT{{SignatureKey: "serving_default", Inputs: []*TensorMapT{{Name: "in", TensorIndex: 0}}}},
	}
	b := flatbuffers.NewBuilder(0)
	b.FinishWithFileIdentifier(want.Pack(b), []byte(ModelIdentifier))
	buf := b.FinishedBytes()
	if !ModelBufferHasIdentifier(buf) {
		t.Errorf("file identifier = %q, want %q", buf[4:8], "TFL3")
	}
	if diff := cmp.Diff(want, GetRootAsModel(buf, 0).UnPack(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Pack then UnPack (-want +got):\n%s", diff)
	}
}
