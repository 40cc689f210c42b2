package tflite

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// file packs an object tree the way the generated code does it.
func file(m *schema.ModelT) []byte {
	b := flatbuffers.NewBuilder(0)
	b.FinishWithFileIdentifier(m.Pack(b), []byte(schema.ModelIdentifier))
	return b.FinishedBytes()
}

// TestErrorsNameThePlace bends a sound file's object tree.
func TestErrorsNameThePlace(t *testing.T) {
	type (
		model  = *schema.ModelT
		graph  = *schema.SubGraphT
		params = schema.QuantizationParametersT
	)
	for _, c := range []struct {
		name string
		bend func(m model, g graph)
		want string
	}{
		{"nothing", func(m model, g graph) {}, ""},
		{"version", func(m model, g graph) { m.Version = 2 }, "schema version 2 is not 3"},
		{"no subgraph", func(m model, g graph) { m.Subgraphs = nil }, "has no subgraph"},
		{"external", func(m model, g graph) { m.ExternalBuffers = []*schema.ExternalBufferT{{}} }, "keeps 1 buffers in other files"},
		{"external tensor", func(m model, g graph) { g.Tensors[1].ExternalBuffer = 1 }, `subgraph 0: tensor 1 "conv/w": has its content in another file`},
		{"builtin", func(m model, g graph) { m.OperatorCodes[1].BuiltinCode = 999 }, "operator code 1: builtin operator 999 is not known"},
		{"operator code", func(m model, g graph) { g.Operators[2].OpcodeIndex = 99 }, "subgraph 0: operator 2: operator code 99 out of 6"},
		{"input", func(m model, g graph) { g.Operators[1].Inputs[2] = 99 }, "subgraph 0: operator 1: DEPTHWISE_CONV_2D: input 2: tensor index 99 out of 14"},
		{"negative input", func(m model, g graph) { g.Operators[1].Inputs[2] = -2 }, "subgraph 0: operator 1: DEPTHWISE_CONV_2D: input 2: tensor index -2 out of 14"},
		{"absent output", func(m model, g graph) { g.Operators[1].Outputs[0] = -1 }, "subgraph 0: operator 1: DEPTHWISE_CONV_2D: output 0: tensor index -1 out of 14"},
		{"intermediate", func(m model, g graph) { g.Operators[1].Intermediates = []int32{14} }, "subgraph 0: operator 1: DEPTHWISE_CONV_2D: intermediate 0: tensor index 14 out of 14"},
		{"graph input", func(m model, g graph) { g.Inputs[0] = -1 }, "subgraph 0: input 0: tensor index -1 out of 14"},
		{"graph output", func(m model, g graph) { g.Outputs[0] = 14 }, "subgraph 0: output 0: tensor index 14 out of 14"},
		{"buffer", func(m model, g graph) { g.Tensors[1].Buffer = 99 }, `subgraph 0: tensor 1 "conv/w": buffer 99 out of`},
		{"type", func(m model, g graph) { g.Tensors[1].Type = 99 }, `subgraph 0: tensor 1 "conv/w": element type 99 is not known`},
		{"shape", func(m model, g graph) { g.Tensors[1].Shape[1] = -2 }, `subgraph 0: tensor 1 "conv/w": shape: dimension 1 is -2`},
		{"shape signature", func(m model, g graph) { g.Tensors[0].ShapeSignature[1] = -7 }, `subgraph 0: tensor 0 "image": shape signature: dimension 1 is -7`},
		{"content", func(m model, g graph) { g.Tensors[1].Shape[1] = 4 }, `subgraph 0: tensor 1 "conv/w": is f32[8,4,3,3] and has 864 bytes in buffer 1`},
		{"huge content", func(m model, g graph) { g.Tensors[1].Shape = []int32{1 << 30, 1 << 30, 1 << 30} },
			`subgraph 0: tensor 1 "conv/w": is f32[1073741824,1073741824,1073741824] and has 864 bytes`},
		{"constant variable", func(m model, g graph) { g.Tensors[1].IsVariable = true }, `subgraph 0: tensor 1 "conv/w": is a variable and has a content`},
		{"constant input", func(m model, g graph) { g.Inputs[0] = 1 }, `subgraph 0: tensor 1 "conv/w": has a content and is an input of the subgraph`},
		{"constant result", func(m model, g graph) { g.Operators[0].Outputs[0] = 1 }, `subgraph 0: tensor 1 "conv/w": has a content and is an operator's result`},
		{"made twice", func(m model, g graph) { g.Operators[1].Outputs[0] = g.Operators[0].Outputs[0] },
			`subgraph 0: operator 1: DEPTHWISE_CONV_2D: output 0: tensor "conv" is an operator's result already`},
		{"input made", func(m model, g graph) { g.Operators[1].Outputs[0] = 0 },
			`subgraph 0: operator 1: DEPTHWISE_CONV_2D: output 0: tensor "image" is an input of the subgraph already`},
		{"order", func(m model, g graph) { g.Operators[0], g.Operators[1] = g.Operators[1], g.Operators[0] },
			`graph 0 "main": node 0 DEPTHWISE_CONV_2D: input 0 "conv" is used before it is made`},
		{"options", func(m model, g graph) {
			g.Operators[0].BuiltinOptions = &schema.BuiltinOptionsT{Type: schema.BuiltinOptionsGatherOptions, Value: &schema.GatherOptionsT{}}
		}, "subgraph 0: operator 0: CONV_2D: has options of type *schema.GatherOptionsT"},
		{"both options", func(m model, g graph) {
			g.Operators[0].BuiltinOptions2 = &schema.BuiltinOptions2T{Type: schema.BuiltinOptions2DilateOptions, Value: &schema.DilateOptionsT{}}
		}, "subgraph 0: operator 0: CONV_2D: has options in both places"},
		{"nameless", func(m model, g graph) {
			m.OperatorCodes[0].BuiltinCode, m.OperatorCodes[0].DeprecatedBuiltinCode = 32, 32
		}, "subgraph 0: operator 0: CUSTOM: has no name"},
		{"zero points", func(m model, g graph) { g.Tensors[1].Quantization = &params{Scale: []float32{1}} },
			`subgraph 0: tensor 1 "conv/w": quantization: has 1 scales and 0 zero points`},
		{"scales", func(m model, g graph) {
			g.Tensors[1].Quantization = &params{Scale: []float32{1, 2}, ZeroPoint: []int64{0, 0}, QuantizedDimension: 3}
		}, `subgraph 0: tensor 1 "conv/w": quantization: has 2 scales along dimension 3 of f32[8,3,3,3]`},
		{"axis", func(m model, g graph) {
			g.Tensors[1].Quantization = &params{Scale: []float32{1, 2}, ZeroPoint: []int64{0, 0}, QuantizedDimension: -1}
		}, `subgraph 0: tensor 1 "conv/w": quantization: has 2 scales along dimension -1`},
		{"details", func(m model, g graph) {
			g.Tensors[1].Quantization = &params{Details: &schema.QuantizationDetailsT{Type: schema.QuantizationDetailsBlockwiseQuantization, Value: &schema.BlockwiseQuantizationT{Scales: 14}}}
		}, `subgraph 0: tensor 1 "conv/w": quantization: BlockwiseQuantization: tensor index 14 out of 14`},
		{"sparsity", func(m model, g graph) {
			g.Tensors[1].Sparsity = &schema.SparsityParametersT{DimMetadata: []*schema.DimensionMetadataT{{Format: 2}}}
		}, `subgraph 0: tensor 1 "conv/w": sparsity: dimension 0: format 2 is not known`},
		{"signature's graph", func(m model, g graph) { m.SignatureDefs[0].SubgraphIndex = 1 }, `signature 0 "serving_default": subgraph index 1 out of 1`},
		{"signature's tensor", func(m model, g graph) { m.SignatureDefs[0].Outputs[0].TensorIndex = 1 << 31 },
			`signature 0 "serving_default": output 0 "y0": tensor index 2147483648 out of 14`},
		{"metadata", func(m model, g graph) { m.Metadata[0].Buffer = 99 }, `metadata 0 "min_runtime_version": buffer 99 out of`},
	} {
		m := schema.GetRootAsModel(mustEncode(t, testmodel.Conv()), 0).UnPack()
		c.bend(m, m.Subgraphs[0])
		_, err := Decode(file(m))
		switch {
		case err == nil && c.want == "":
		case err == nil || c.want == "" || !strings.HasPrefix(err.Error(), c.want):
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// A tensor may read a buffer that a longer one fills, as in LiteRT: it is what the buffer begins with.
func TestTensorsShareLongerBuffers(t *testing.T) {
	m := schema.GetRootAsModel(mustEncode(t, testmodel.Conv()), 0).UnPack()
	weights, bias := m.Subgraphs[0].Tensors[1], m.Subgraphs[0].Tensors[2]
	bias.Buffer = weights.Buffer
	got, err := Decode(file(m))
	if err != nil {
		t.Fatal(err)
	}
	values := got.Graphs[0].Values
	if whole, part := values[1].Const.Data, values[2].Const.Data; len(part) != 32 || !bytes.Equal(part, whole[:32]) {
		t.Errorf("%q is % x, want what %q begins with: % x", values[2].Name, part, values[1].Name, whole[:32])
	}
	if again, err := Decode(mustEncode(t, got)); err != nil || !bytes.Equal(again.Graphs[0].Values[2].Const.Data, values[2].Const.Data) {
		t.Errorf("written and read again it changes (%v)", err)
	}
}

func TestControlFlowOfForeignFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(m *schema.ModelT, o *schema.WhileOptionsT)
		want string
	}{
		{"cond", func(m *schema.ModelT, o *schema.WhileOptionsT) { o.CondSubgraphIndex = 3 }, "subgraph 0: operator 0: WHILE: cond: subgraph index 3 out of 3"},
		{"body", func(m *schema.ModelT, o *schema.WhileOptionsT) { o.BodySubgraphIndex = -1 }, "subgraph 0: operator 0: WHILE: body: subgraph index -1 out of 3"},
		{"itself", func(m *schema.ModelT, o *schema.WhileOptionsT) { o.BodySubgraphIndex = 0 }, "subgraph 0 runs itself by way of subgraph 0"},
		{"detour", func(m *schema.ModelT, o *schema.WhileOptionsT) {
			m.Subgraphs[2].Operators, m.Subgraphs[2].Tensors = m.Subgraphs[0].Operators, m.Subgraphs[0].Tensors
			m.Subgraphs[2].Outputs = m.Subgraphs[0].Outputs
		}, "subgraph 2 runs itself by way of subgraph 2"},
	} {
		m := schema.GetRootAsModel(mustEncode(t, testmodel.While()), 0).UnPack()
		c.bend(m, m.Subgraphs[0].Operators[0].BuiltinOptions.Value.(*schema.WhileOptionsT))
		if _, err := Decode(file(m)); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestOperatorsOfStableHLONameGraphsToo(t *testing.T) {
	m := schema.GetRootAsModel(mustEncode(t, testmodel.Signatures()), 0).UnPack()
	m.OperatorCodes[1] = &schema.OperatorCodeT{BuiltinCode: schema.BuiltinOperatorSTABLEHLO_CASE, DeprecatedBuiltinCode: 127, Version: 1}
	m.Subgraphs[1].Operators[0].BuiltinOptions = nil
	m.Subgraphs[1].Operators[0].BuiltinOptions2 = &schema.BuiltinOptions2T{
		Type: schema.BuiltinOptions2StablehloCaseOptions, Value: &schema.StablehloCaseOptionsT{BranchSubgraphIndices: []int32{0, 2}},
	}
	want := "subgraph 1: operator 0: STABLEHLO_CASE: BranchSubgraphIndices: subgraph index 2 out of 2"
	if _, err := Decode(file(m)); err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

// TestDamagedFiles cuts files everywhere and changes every byte: no panic, and little memory.
func TestDamagedFiles(t *testing.T) {
	for _, c := range testmodel.All() {
		data := mustEncode(t, c.Build())
		for i := range data {
			decodeWithin(t, data[:i:i])
			for _, b := range []byte{0, 0xff, data[i] + 4, data[i] ^ 0x40} {
				bad := bytes.Clone(data)
				bad[i] = b
				if m, err := Decode(bad); err == nil {
					if _, err := Encode(m); err != nil {
						t.Fatalf("%s: byte %d: Encode refuses what Decode made: %v", c.Name, i, err)
					}
				}
			}
		}
	}
}

// decodeWithin decodes data, and fails if that took memory beyond a small multiple of the file's size.
func decodeWithin(t *testing.T, data []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Decode(data)
	runtime.ReadMemStats(&after)
	if used, most := after.TotalAlloc-before.TotalAlloc, uint64(100*len(data)+1<<20); used > most {
		t.Errorf("%d bytes take %d to decode, more than %d; error %v", len(data), used, most, err)
	}
}

// TestLittleMemory decodes files that say as much as they can in few bytes.
func TestLittleMemory(t *testing.T) {
	const n = 20000
	vector := func(b *flatbuffers.Builder, of ...flatbuffers.UOffsetT) flatbuffers.UOffsetT {
		return b.CreateVectorOfTables(of)
	}
	distinct := func(build func() flatbuffers.UOffsetT) (list []flatbuffers.UOffsetT) {
		for range n {
			list = append(list, build())
		}
		return list
	}
	for name, build := range map[string]func(b *flatbuffers.Builder) []byte{
		"tensors of 8 bytes": func(b *flatbuffers.Builder) []byte {
			return wrap(b, vector(b, distinct(func() flatbuffers.UOffsetT { return (&schema.TensorT{}).Pack(b) })...), 0, 0)
		},
		"one tensor, listed often": func(b *flatbuffers.Builder) []byte {
			return wrap(b, vector(b, slices.Repeat([]flatbuffers.UOffsetT{(&schema.TensorT{}).Pack(b)}, n)...), 0, 0)
		},
		"operators of 8 bytes": func(b *flatbuffers.Builder) []byte {
			return wrap(b, 0, vector(b, distinct(func() flatbuffers.UOffsetT { return (&schema.OperatorT{DebugMetadataIndex: -1}).Pack(b) })...), 0)
		},
		"signatures of 8 bytes": func(b *flatbuffers.Builder) []byte {
			tensors := vector(b, distinct(func() flatbuffers.UOffsetT { return (&schema.TensorT{}).Pack(b) })...)
			schema.SubGraphStart(b)
			schema.SubGraphAddTensors(b, tensors)
			graphs := vector(b, schema.SubGraphEnd(b))
			signatures := vector(b, distinct(func() flatbuffers.UOffsetT { return (&schema.SignatureDefT{}).Pack(b) })...)
			schema.ModelStart(b)
			schema.ModelAddVersion(b, 3)
			schema.ModelAddSubgraphs(b, graphs)
			schema.ModelAddSignatureDefs(b, signatures)
			b.FinishWithFileIdentifier(schema.ModelEnd(b), []byte(schema.ModelIdentifier))
			return b.FinishedBytes()
		},
		"one input, listed often": func(b *flatbuffers.Builder) []byte {
			return file(&schema.ModelT{Version: 3, Subgraphs: []*schema.SubGraphT{{
				Tensors: []*schema.TensorT{{Name: "x"}}, Inputs: make([]int32, 10*n), DebugMetadataIndex: -1,
			}}})
		},
		"buffers that overlap": func(b *flatbuffers.Builder) []byte {
			data := b.CreateByteVector(make([]byte, 40000))
			buffers := distinct(func() flatbuffers.UOffsetT {
				schema.BufferStart(b)
				schema.BufferAddData(b, data)
				return schema.BufferEnd(b)
			})
			return wrap(b, 0, 0, vector(b, buffers...))
		},
		"buffers that overlap, by offset": func(b *flatbuffers.Builder) []byte {
			i := uint64(1)
			buffers := distinct(func() flatbuffers.UOffsetT { i += 2; return (&schema.BufferT{Offset: i, Size: 500000}).Pack(b) })
			k := uint32(0)
			tensors := distinct(func() flatbuffers.UOffsetT {
				k++
				return (&schema.TensorT{Type: schema.TensorTypeFLOAT64, Shape: []int32{62500}, Buffer: k % n}).Pack(b)
			})
			return wrap(b, vector(b, tensors...), 0, vector(b, buffers...))
		},
	} {
		t.Run(name, func(t *testing.T) { decodeWithin(t, build(flatbuffers.NewBuilder(0))) })
	}
}

// wrap finishes a model with one subgraph of the given tensors and operators, and the given buffers.
func wrap(b *flatbuffers.Builder, tensors, operators, buffers flatbuffers.UOffsetT) []byte {
	codes := b.CreateVectorOfTables([]flatbuffers.UOffsetT{(&schema.OperatorCodeT{BuiltinCode: schema.BuiltinOperatorSTABLEHLO_ADD, Version: 1}).Pack(b)})
	schema.SubGraphStart(b)
	schema.SubGraphAddTensors(b, tensors)
	schema.SubGraphAddOperators(b, operators)
	graphs := b.CreateVectorOfTables([]flatbuffers.UOffsetT{schema.SubGraphEnd(b)})
	schema.ModelStart(b)
	schema.ModelAddVersion(b, 3)
	schema.ModelAddOperatorCodes(b, codes)
	schema.ModelAddSubgraphs(b, graphs)
	schema.ModelAddBuffers(b, buffers)
	b.FinishWithFileIdentifier(schema.ModelEnd(b), []byte(schema.ModelIdentifier))
	return b.FinishedBytes()
}

// TestFilesFromBeforeSomeFields has what old converters wrote: only the 8-bit operator code, no has_rank, metadata by buffer.
func TestFilesFromBeforeSomeFields(t *testing.T) {
	m := schema.GetRootAsModel(mustEncode(t, testmodel.Conv()), 0).UnPack()
	for _, c := range m.OperatorCodes {
		c.BuiltinCode = 0
	}
	for _, x := range m.Subgraphs[0].Tensors {
		x.HasRank = false
	}
	m.Subgraphs[0].Tensors[0].ShapeSignature = nil
	m.Subgraphs[0].Tensors[6].Shape = nil // a result
	last := int32(m.Metadata[0].Buffer)
	m.MetadataBuffer = []int32{last, last, -1, 99, 0, 1} // 1 is a tensor's
	m.Metadata, m.SignatureDefs = nil, nil
	got := mustDecode(t, file(m))
	g := got.Graphs[0]
	if g.Nodes[0].Op != "CONV_2D" || g.Nodes[5].Op != "SOFTMAX" {
		t.Errorf("operators %s, …, %s", g.Nodes[0].Op, g.Nodes[5].Op)
	}
	if len(got.Metadata) != 1 || got.Metadata[0].Name != "" || len(got.Metadata[0].Data) != 16 {
		t.Errorf("metadata %v", got.Metadata)
	}
	for i, v := range g.Values {
		if v.Type.Unranked != (i == 6) {
			t.Errorf("value %d %q is %v", i, v.Name, v.Type)
		}
	}
	again := schema.GetRootAsModel(mustEncode(t, got), 0).UnPack()
	for i, x := range again.Subgraphs[0].Tensors {
		if x.HasRank {
			t.Errorf("tensor %d has got a has_rank", i)
		}
	}
	roundTrip(t, got)
}

func FuzzDecode(f *testing.F) {
	for _, c := range testmodel.All() {
		f.Add(mustEncode(f, c.Build()))
	}
	outside, err := encode(withCustom(), len(mustEncode(f, withCustom()))-200, largeContent)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(outside.Bytes())
	f.Add([]byte("\x08\x00\x00\x00TFL3"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		written, err := Encode(m)
		if err != nil {
			t.Fatalf("Encode refuses what Decode made: %v", err)
		}
		if _, err := Decode(written); err != nil {
			t.Fatalf("Decode refuses what Encode made: %v", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := large(b)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		mustDecode(b, data)
	}
}

func BenchmarkEncode(b *testing.B) {
	m := mustDecode(b, large(b))
	b.SetBytes(100 << 20)
	for b.Loop() {
		mustEncode(b, m)
	}
}

// large returns a file with 100 MB of constants.
func large(b *testing.B) []byte {
	m := testmodel.Conv()
	g := m.Graphs[0]
	for range 100 {
		g.AddConst("ballast", tensor.New(tensor.Int8, tensor.Shape{1 << 20}))
	}
	return mustEncode(b, m)
}
