package tflite

import (
	"bytes"
	"reflect"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

func mustEncode(t testing.TB, m *ir.Model) []byte {
	t.Helper()
	data, err := Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustDecode(t testing.TB, data []byte) *ir.Model {
	t.Helper()
	m, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// roundTrip writes and reads m, checks that a second time changes nothing, and returns what was read.
func roundTrip(t *testing.T, m *ir.Model) *ir.Model {
	t.Helper()
	data := mustEncode(t, m)
	first := mustDecode(t, data)
	again := mustEncode(t, first)
	if !bytes.Equal(data, again) {
		t.Errorf("%d bytes become %d, or others, when read and written again", len(data), len(again))
	}
	if second := mustDecode(t, again); !reflect.DeepEqual(first, second) {
		t.Errorf("the model changes when written and read again:\n%s", cmp.Diff(first.String(), second.String()))
	}
	return first
}

func TestModelsComeBackAsTheyWere(t *testing.T) {
	for _, c := range testmodel.All() {
		t.Run(c.Name, func(t *testing.T) {
			want := c.Build()
			got := roundTrip(t, want)
			if diff := cmp.Diff(want.String(), got.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			for _, g := range got.Graphs {
				for _, n := range g.Nodes {
					if n.Version != Version(n) {
						t.Errorf("%s has version %d, needs %d", n.Op, n.Version, Version(n))
					}
				}
			}
		})
	}
}

// TestEverythingElseComesBack has what the test models don't: types, quantization, ranges, sparsity, metadata, what a file carries along.
func TestEverythingElseComesBack(t *testing.T) {
	g := &ir.Graph{Name: "main", Carry: &ir.Carry{Data: &GraphCarry{Debug: 3}}}
	x := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 4}}, Advertised: tensor.Shape{-1, 4}, Range: &quant.Range{Min: -1, Max: 2}})
	sparse := g.AddConst("sparse", &tensor.Tensor{DType: tensor.Int8, Shape: tensor.Shape{2, 4}, Data: []byte{1, 2}})
	sparse.Sparsity = &ir.Sparsity{Traversal: []int{0, 1}, BlockMap: []int{1}, Dims: []ir.SparseDim{
		{Dense: true, Size: 2},
		{Segments: []int{0, 1, 2}, SegmentType: tensor.UInt8, Indices: []int{3, 0}, IndexType: tensor.UInt16},
		{Segments: []int{0, 70000}, SegmentType: tensor.Int32},
	}}
	sparse.Quant = &quant.Params{Scale: []float32{0.5, 0.25}, Zero: []int64{0, 1}, Axis: 0}
	scales := g.AddConst("scales", &tensor.Tensor{DType: tensor.Float16, Shape: tensor.Shape{2}, Data: []byte{0, 0x3c, 0, 0x40}})
	blocks := g.AddConst("blocks", &tensor.Tensor{DType: tensor.Int4, Shape: tensor.Shape{3}, Data: []byte{0x21, 0x03}})
	blocks.Carry = &ir.Carry{Refs: []*ir.Value{scales, scales}, Data: &TensorCarry{
		Min: []float32{-1, -2}, Max: []float32{1, 3},
		Details: &schema.QuantizationDetailsT{
			Type:  schema.QuantizationDetailsBlockwiseQuantization,
			Value: &schema.BlockwiseQuantizationT{Scales: 1, ZeroPoints: 2, BlockSize: 2, BlockShape: []int32{1, 2}},
		},
	}}
	blocks.Range = &quant.Range{Min: -2, Max: 3}
	variant := g.Add(&ir.Value{Name: "list", Type: ir.Type{DType: tensor.Variant, Shape: tensor.Shape{}}})
	variant.Carry = &ir.Carry{Data: &TensorCarry{Variants: []*schema.VariantSubTypeT{{Shape: []int32{2}, Type: schema.TensorTypeINT8, HasRank: true}}}}
	gate := g.Add(&ir.Value{Name: "gate", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{4}}, Range: &quant.Range{Min: 0, Max: 1}})
	y := g.Add(&ir.Value{Name: "y", Type: ir.Type{DType: tensor.Float32, Unranked: true}})
	z := g.Add(&ir.Value{Name: "z", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 4}}})
	g.Inputs, g.Outputs = []*ir.Value{x, variant}, []*ir.Value{z}
	g.Nodes = []*ir.Node{{
		Op: "CUSTOM", Attr: &op.Custom{Code: "Mine", Options: []byte("flex")}, Version: 7,
		Inputs: []*ir.Value{x, nil, sparse, blocks, variant}, Outputs: []*ir.Value{y}, Intermediates: []*ir.Value{gate, nil}, Mutates: []bool{false, true},
		Carry: &ir.Carry{Data: &NodeCarry{CustomOptionsFormat: 1, Debug: 5}},
	}, {
		Op: "STABLEHLO_SLICE", Attr: &Opaque{Options{&schema.StablehloSliceOptionsT{
			StartIndices: []int64{0, 1}, LimitIndices: []int64{1, 1 << 40}, Strides: []int64{1, 1},
		}}}, Inputs: []*ir.Value{y}, Outputs: []*ir.Value{z},
	}}
	m := &ir.Model{
		Graphs: []*ir.Graph{g}, Description: "made by hand",
		Metadata: []ir.Metadata{{Name: "ours", Data: []byte{1, 2, 3}}, {Name: "empty"}, {Data: []byte("old")}},
		Trailer:  []byte("and more"),
	}
	got := roundTrip(t, m)
	// What Encode adds; the rest has to be equal.
	m.Signatures = signaturesOf(m)
	m.Metadata = append(m.Metadata, ir.Metadata{Name: "min_runtime_version", Data: make([]byte, 16)})
	m.Metadata[2], m.Metadata[3] = m.Metadata[3], m.Metadata[2]
	g.Nodes[1].Version = 1
	y.Carry = &ir.Carry{Data: &TensorCarry{NoRank: true}}
	if diff := cmp.Diff(m.String(), got.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	y.Type.Shape = tensor.Shape{}
	if diff := cmp.Diff(m, got, cmp.AllowUnexported()); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
	if got.Graphs[0].Values[3].Carry.Refs[0] != got.Graphs[0].Values[2] {
		t.Error("the scales of blocks are another value than before")
	}
}

func TestElementTypesComeBack(t *testing.T) {
	g := &ir.Graph{}
	for d := tensor.Float32; d <= tensor.Float8E5M2; d++ {
		g.Inputs = append(g.Inputs, g.Add(&ir.Value{Name: d.String(), Type: ir.Type{DType: d, Shape: tensor.Shape{1}}}))
	}
	for _, v := range roundTrip(t, &ir.Model{Graphs: []*ir.Graph{g}}).Graphs[0].Values {
		if v.Name != v.Type.DType.String() {
			t.Errorf("%s comes back as %v", v.Name, v.Type.DType)
		}
	}
}

func TestConstantsAreAlignedAndShared(t *testing.T) {
	for _, c := range testmodel.All() {
		data := mustEncode(t, c.Build())
		root := schema.GetRootAsModel(data, 0)
		for i := range root.BuffersLength() {
			var b schema.Buffer
			root.Buffers(&b, i)
			if bytes := b.DataBytes(); len(bytes) > 0 {
				at := uintptr(unsafe.Pointer(&bytes[0])) - uintptr(unsafe.Pointer(&data[0]))
				if at%16 != 0 {
					t.Errorf("%s: buffer %d lies at %d", c.Name, i, at)
				}
			} else if i > 0 {
				t.Errorf("%s: buffer %d is empty", c.Name, i)
			}
		}
	}
	data := mustEncode(t, testmodel.Residual())
	m := mustDecode(t, data)
	first, second := m.Graphs[0].Nodes[0].Inputs[1], m.Graphs[0].Nodes[2].Inputs[1]
	if first != second {
		t.Error("the shared filter has become two values")
	}
	start := uintptr(unsafe.Pointer(&data[0]))
	if at := uintptr(unsafe.Pointer(&first.Const.Data[0])); at < start || at >= start+uintptr(len(data)) {
		t.Error("an aligned constant was copied")
	}

	two := testmodel.Residual()
	g := two.Graphs[0]
	w := g.Nodes[0].Inputs[1]
	g.Nodes[2].Inputs[1] = g.Add(&ir.Value{Name: "w2", Type: w.Type, Const: &tensor.Tensor{DType: w.Const.DType, Shape: w.Const.Shape, Data: w.Const.Data}})
	if n, want := schema.GetRootAsModel(mustEncode(t, two), 0).BuffersLength(), schema.GetRootAsModel(data, 0).BuffersLength(); n != want {
		t.Errorf("two values of one memory take %d buffers, want %d", n, want)
	}
}

func TestMisalignedFilesAreCopiedOnce(t *testing.T) {
	data := mustEncode(t, testmodel.Residual())
	odd := append(make([]byte, 1, len(data)+1), data...)[1:]
	if uintptr(unsafe.Pointer(&odd[0]))%2 == 0 {
		t.Fatal("the copy is not misaligned")
	}
	m := mustDecode(t, odd)
	for _, v := range m.Graphs[0].Values {
		if v.Const != nil && v.Const.DType == tensor.Float32 {
			tensor.View[float32](v.Const) // panics if misaligned
		}
	}
	if again := mustEncode(t, m); !bytes.Equal(again, data) {
		t.Error("the model differs from the one read from aligned bytes")
	}
}

func TestEmptyConstants(t *testing.T) {
	g := &ir.Graph{}
	x := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1}}})
	y := g.Add(&ir.Value{Name: "y", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{}}})
	none := g.AddConst("none", tensor.New(tensor.Int32, tensor.Shape{0}))
	g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
	g.Nodes = []*ir.Node{{Op: "RESHAPE", Attr: &op.Reshape{}, Inputs: []*ir.Value{x, none}, Outputs: []*ir.Value{y}}}
	got := roundTrip(t, &ir.Model{Graphs: []*ir.Graph{g}}).Graphs[0]
	if c := got.Values[2].Const; c == nil || c.Data == nil || len(c.Data) != 0 {
		t.Errorf("an empty constant comes back as %v", c)
	}
	if got.Values[1].Type.Unranked {
		t.Error("a scalar result comes back as of unknown rank")
	}
}

func TestUnknownDimensionsAreAdvertised(t *testing.T) {
	g := &ir.Graph{}
	g.Inputs = []*ir.Value{g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 4}}})}
	got := roundTrip(t, &ir.Model{Graphs: []*ir.Graph{g}}).Graphs[0].Values[0]
	if diff := cmp.Diff([]tensor.Shape{{1, 4}, {-1, 4}}, []tensor.Shape{got.Type.Shape, got.Advertised}); diff != "" {
		t.Errorf("shapes (-want +got):\n%s", diff)
	}
}

// TestNewRangeReplacesCarriedOnes takes a value with a list of ranges through a pass that gives it one.
func TestNewRangeReplacesCarriedOnes(t *testing.T) {
	g := &ir.Graph{}
	v := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{2}}, Range: &quant.Range{Min: 5, Max: 6}})
	v.Carry = &ir.Carry{Data: &TensorCarry{Min: []float32{-1, -2}, Max: []float32{1, 3}}}
	g.Inputs = []*ir.Value{v}
	got := roundTrip(t, &ir.Model{Graphs: []*ir.Graph{g}}).Graphs[0].Values[0]
	if got.Range == nil || *got.Range != (quant.Range{Min: 5, Max: 6}) || got.Carry != nil {
		t.Errorf("range %v, carry %v", got.Range, got.Carry)
	}
}
