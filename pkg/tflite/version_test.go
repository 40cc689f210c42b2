package tflite

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// typed returns a value of the given type, "f32[1,2]", with n scales.
func typed(t *testing.T, text string, scales ...float32) *ir.Value {
	t.Helper()
	if text == "" {
		return nil
	}
	name, dims, _ := strings.Cut(text, "[")
	d, err := tensor.ParseDType(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tensor.ParseShape("[" + dims)
	if err != nil {
		t.Fatal(err)
	}
	v := &ir.Value{Type: ir.Type{DType: d, Shape: s}}
	if scales != nil {
		v.Quant = &quant.Params{Scale: scales, Zero: make([]int64, len(scales))}
	}
	return v
}

// TestVersions has a case for every row of the rules: "inputs -> output", types as in graphs; "!" behind a type gives it two scales.
func TestVersions(t *testing.T) {
	for _, c := range []struct {
		op, types string
		attr      ir.Attr
		want      int
	}{
		{"CONV_2D", "f32[1,8,8,4] f32[8,3,3,4] -> f32[1,8,8,8]", nil, 1},
		{"CONV_2D", "f32[1,8,8,4] f32[8,3,3,2] -> f32[1,8,8,8]", nil, 6},
		{"CONV_2D", "i8[1,8,8,4] i8[8,3,3,4] -> i8[1,8,8,8]", nil, 3},
		{"CONV_2D", "f32[1,8,8,4] i8[8,3,3,4]! -> f32[1,8,8,8]", nil, 5},
		{"CONV_2D", "f32[1,8,8,4] i8[8,3,3,4] -> f32[1,8,8,8]", nil, 2},
		{"DEPTHWISE_CONV_2D", "f32[1,8,8,4] f32[1,3,3,4] -> f32[1,8,8,4]", &op.DepthwiseConv2D{DilationH: 1, DilationW: 1}, 1},
		{"DEPTHWISE_CONV_2D", "f32[1,8,8,4] f32[1,3,3,4] -> f32[1,8,8,4]", &op.DepthwiseConv2D{DilationH: 1, DilationW: 2}, 2},
		{"DEPTHWISE_CONV_2D", "i8[1,8,8,4] i8[1,3,3,4] -> i8[1,8,8,4]", &op.DepthwiseConv2D{DilationH: 2, DilationW: 2}, 3},
		{"DEPTHWISE_CONV_2D", "f32[1,8,8,4] i8[1,3,3,4]! -> f32[1,8,8,4]", &op.DepthwiseConv2D{DilationH: 1, DilationW: 1}, 6},
		{"DEPTHWISE_CONV_2D", "f32[1,8,8,4] i8[1,3,3,4] -> f32[1,8,8,4]", &op.DepthwiseConv2D{DilationH: 1, DilationW: 1}, 4},
		{"FULLY_CONNECTED", "f32[1,4] f32[2,4] -> f32[1,2]", &op.FullyConnected{}, 6},
		{"FULLY_CONNECTED", "f32[1,4] f32[2,4] - -> f32[1,2]", &op.FullyConnected{}, 1},
		{"FULLY_CONNECTED", "i8[1,4] i8[2,4] i32[2] -> i8[1,2]", &op.FullyConnected{}, 4},
		{"FULLY_CONNECTED", "i8[1,4] i8[2,4] i32[2] -> i8[1,2]", &op.FullyConnected{KeepNumDims: true}, 5},
		{"TRANSPOSE_CONV", "i32[4] f32[1,1,1,1] f32[1,1,1,1] -> f32[1]", &op.TransposeConv{}, 1},
		{"TRANSPOSE_CONV", "i32[4] i8[1,1,1,1] i8[1,1,1,1] -> i8[1]", &op.TransposeConv{}, 2},
		{"TRANSPOSE_CONV", "i32[4] i8[1,1,1,1] i8[1,1,1,1] - -> i8[1]", &op.TransposeConv{}, 2},
		{"TRANSPOSE_CONV", "i32[4] f32[1,1,1,1] f32[1,1,1,1] f32[1] -> f32[1]", &op.TransposeConv{}, 3},
		{"TRANSPOSE_CONV", "i32[4] f32[1,1,1,1] f32[1,1,1,1] -> f32[1]", &op.TransposeConv{Activation: op.Relu}, 4},
		{"ABS", "f32[1] -> f32[1]", nil, 1}, {"ABS", "i8[1] -> i8[1]", nil, 2}, {"ABS", "i32[1] -> i32[1]", nil, 5},
		{"ADD", "f32[1] f32[1] -> f32[1]", nil, 1}, {"ADD", "i8[1] i8[1] -> i8[1]", nil, 2}, {"ADD", "i64[1] i64[1] -> i64[1]", nil, 4},
		{"SUB", "i8[1] i8[1] -> i8[1]", nil, 2}, {"SUB", "f32[1,1,1,1,2] f32[2] -> f32[1,1,1,1,2]", nil, 3}, {"SUB", "i64[1] i64[1] -> i64[1]", nil, 4},
		{"SUB", "f32[1,1,1,1,2] f32[1,1,1,1,2] -> f32[1,1,1,1,2]", nil, 1},
		{"MUL", "f32[1] f32[1] -> f32[1]", nil, 1}, {"MUL", "i64[1] i64[1] -> i64[1]", nil, 5},
		{"DIV", "f32[1,1,1,1,2] f32[2] -> f32[1,1,1,1,2]", nil, 2}, {"DIV", "f32[2] f32[2] -> f32[2]", nil, 1},
		{"MAXIMUM", "i8[1] i8[1] -> i8[1]", nil, 2}, {"MINIMUM", "i8[1,1,1,1,2] i8[2] -> i8[1,1,1,1,2]", nil, 3},
		{"FLOOR_DIV", "i8[1] i8[1] -> i8[1]", nil, 3}, {"FLOOR_DIV", "f32[1] f32[1] -> f32[1]", nil, 2}, {"FLOOR_DIV", "i32[1] i32[1] -> i32[1]", nil, 1},
		{"FLOOR_MOD", "i8[1] i8[1] -> i8[1]", nil, 2}, {"FLOOR_MOD", "f32[1] f32[1] -> f32[1]", nil, 1},
		{"L2_NORMALIZATION", "f32[1] -> i8[1]", nil, 2}, {"L2_NORMALIZATION", "f32[1] -> f32[1]", nil, 1},
		{"RANGE", "i64[] i64[] i64[] -> i64[1]", nil, 2}, {"RANGE", "i32[] i32[] i32[] -> i32[1]", nil, 1},
		{"CAST", "f32[1] -> i8[1]", nil, 3}, {"CAST", "i8[1] -> f32[1]", nil, 3}, {"CAST", "i32[1] -> f32[1]", nil, 1},
		{"DEQUANTIZE", "f16[1] -> f32[1]", nil, 3}, {"DEQUANTIZE", "i8[2]! -> f32[2]", nil, 5}, {"DEQUANTIZE", "i8[1] -> f32[1]", nil, 2},
		{"DEQUANTIZE", "u8[1] -> f32[1]", nil, 1},
		{"QUANTIZE", "f32[2] -> i8[2]!", nil, 3}, {"QUANTIZE", "f32[2] -> i16[2]", nil, 2}, {"QUANTIZE", "f32[2] -> i8[2]", nil, 1},
		{"GATHER", "f32[1] i16[1] -> f32[1]", &op.Gather{}, 6}, {"GATHER", "f32[1] i32[1] -> f32[1]", &op.Gather{BatchDims: 1}, 5},
		{"GATHER", "i16[1] i32[1] -> i16[1]", &op.Gather{}, 4}, {"GATHER", "bool[1] i32[1] -> bool[1]", &op.Gather{}, 3},
		{"GATHER", "i8[1] i32[1] -> i8[1]", &op.Gather{}, 2}, {"GATHER", "f32[1] i32[1] -> f32[1]", &op.Gather{}, 1},
		{"GATHER_ND", "bool[1] i32[1] -> bool[1]", nil, 5}, {"GATHER_ND", "f32[1] i16[1] -> f32[1]", nil, 4},
		{"GATHER_ND", "i16[1] i32[1] -> i16[1]", nil, 3}, {"GATHER_ND", "i8[1] i32[1] -> i8[1]", nil, 1},
		{"TRANSPOSE", "f32[1,1,1,1,1,1,1] i32[7] -> f32[1]", nil, 8}, {"TRANSPOSE", "f32[1,1,1,1,1,1] i32[6] -> f32[1]", nil, 6},
		{"TRANSPOSE", "f32[1,1,1,1,1] i32[5] -> f32[1]", nil, 4}, {"TRANSPOSE", "bool[1] i32[1] -> bool[1]", nil, 3},
		{"TRANSPOSE", "i8[1] i32[1] -> i8[1]", nil, 2}, {"TRANSPOSE", "f32[1] i32[1] -> f32[1]", nil, 1},
		{"SPLIT", "i32[] i16[2] -> i16[1]", nil, 4}, {"SPLIT", "i32[] i32[2] -> i32[1]", nil, 3}, {"SPLIT", "i32[] i8[2] -> i8[1]", nil, 2},
		{"SPLIT", "i32[] f32[2] -> f32[1]", nil, 1},
		{"SLICE", "f32[1,1,1,1,1] i32[5] i32[5] -> f32[1]", nil, 5}, {"SLICE", "i8[1] i32[1] i32[1] -> i8[1]", nil, 2},
		{"PAD", "f32[1,1,1,1,1] i32[5,2] -> f32[1]", nil, 4}, {"PAD", "i8[1] i32[1,2] -> i8[1]", nil, 2},
		{"PADV2", "f32[1,1,1,1,1] i32[5,2] f32[] -> f32[1]", nil, 4}, {"PADV2", "i8[1] i32[1,2] i8[] -> i8[1]", nil, 2},
		{"SPACE_TO_BATCH_ND", "f32[1,1,1] i32[1] i32[1,2] -> f32[1]", nil, 3}, {"SPACE_TO_BATCH_ND", "i8[1,1,1,1] i32[2] i32[2,2] -> i8[1]", nil, 2},
		{"BATCH_TO_SPACE_ND", "f32[1,1,1] i32[1] i32[1,2] -> f32[1]", nil, 3}, {"BATCH_TO_SPACE_ND", "f32[1,1,1,1] i32[2] i32[2,2] -> f32[1]", nil, 1},
		{"STRIDED_SLICE", "f32[1] i32[1] i32[1] i32[1] -> f32[1]", &op.StridedSlice{Offset: true}, 8},
		{"STRIDED_SLICE", "f32[1] i32[1] i32[1] i32[1] -> f32[1]", &op.StridedSlice{EllipsisMask: 1}, 6},
		{"STRIDED_SLICE", "f32[1] i32[1] i32[1] i32[1] -> f32[1]", &op.StridedSlice{NewAxisMask: 1}, 6},
		{"STRIDED_SLICE", "f32[1,1,1,1,1] i32[1] i32[1] i32[1] -> f32[1]", &op.StridedSlice{}, 4},
		{"STRIDED_SLICE", "bool[1] i32[1] i32[1] i32[1] -> bool[1]", &op.StridedSlice{}, 3},
		{"STRIDED_SLICE", "i8[1] i32[1] i32[1] i32[1] -> i8[1]", &op.StridedSlice{BeginMask: 1}, 2},
		{"REVERSE_V2", "i8[1] i32[1] -> i8[1]", nil, 3}, {"REVERSE_V2", "bool[1] i32[1] -> bool[1]", nil, 2}, {"REVERSE_V2", "f32[1] i32[1] -> f32[1]", nil, 1},
		{"TILE", "i8[1] i32[1] -> i8[1]", nil, 3}, {"TILE", "f32[1] i32[1] -> f32[1]", nil, 1},
		{"RESIZE_BILINEAR", "i8[1,1,1,1] i32[2] -> i8[1]", &op.Resize{HalfPixelCenters: true}, 3},
		{"RESIZE_BILINEAR", "i8[1,1,1,1] i32[2] -> i8[1]", &op.Resize{AlignCorners: true}, 2},
		{"RESIZE_NEAREST_NEIGHBOR", "f32[1,1,1,1] i32[2] -> f32[1]", &op.Resize{AlignCorners: true}, 3},
		{"RESIZE_NEAREST_NEIGHBOR", "f32[1,1,1,1] i32[2] -> f32[1]", &op.Resize{}, 1},
		{"FILL", "i32[1] i8[] -> i8[1]", nil, 3}, {"FILL", "i32[1] bool[] -> bool[1]", nil, 2}, {"FILL", "i32[1] f32[] -> f32[1]", nil, 1},
		{"SELECT", "bool[1,1,1,1,1] f32[1] f32[1] -> f32[1]", nil, 3}, {"SELECT", "bool[1] f32[1] f32[1] -> f32[1]", nil, 1},
		{"BROADCAST_TO", "i8[1] i32[1] -> i8[1]", nil, 3}, {"BROADCAST_TO", "f32[1] i32[1] -> f32[1]", nil, 2},
		{"WHERE", "bool[1] -> i64[1,1]", nil, 1}, {"WHERE", "f32[1] -> i64[1,1]", nil, 2},
		{"SOFTMAX", "i8[1] -> i8[1]", nil, 2}, {"SOFTMAX", "f32[1] -> f32[1]", nil, 1}, {"RESHAPE", "i8[1] i32[1] -> i8[1]", nil, 1},
		{"STABLEHLO_ADD", "i8[1] -> i8[1]", nil, 1}, {"CONV_2D", "-> f32[1]", nil, 1},
	} {
		n := &ir.Node{Op: c.op, Attr: c.attr}
		list := &n.Inputs
		for word := range strings.FieldsSeq(c.types) {
			switch text, two := strings.CutSuffix(word, "!"); {
			case word == "->":
				list = &n.Outputs
			case word == "-":
				*list = append(*list, nil)
			case two:
				*list = append(*list, typed(t, text, 1, 2))
			default:
				*list = append(*list, typed(t, text))
			}
		}
		if got := Version(n); got != c.want {
			t.Errorf("%s(%s) %+v needs version %d, want %d", c.op, c.types, c.attr, got, c.want)
		}
	}
}

// TestVersionsAreTensorFlows reads what TensorFlow says of nodes of every operator that it reads; see testdata/versions.py.
func TestVersionsAreTensorFlows(t *testing.T) {
	text, err := os.ReadFile("testdata/versions.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if line[0] == '#' {
			continue
		}
		columns := strings.Split(strings.TrimSpace(line), "; ")
		if len(columns) != 7 {
			t.Fatalf("%s has %d columns", line, len(columns))
		}
		rows++
		n := &ir.Node{Op: columns[0], Attr: attributesOf(t, columns[0], columns[3])}
		for i, list := range []*[]*ir.Value{&n.Inputs, &n.Outputs} {
			for word := range strings.FieldsSeq(columns[1+i]) {
				word = strings.TrimPrefix(strings.TrimPrefix(word, "c:"), "v:")
				switch text, two := strings.CutSuffix(word, "!"); {
				case word == "-":
					*list = append(*list, nil)
				case two:
					*list = append(*list, typed(t, text, 0.5, 0.5))
				case slices.Contains([]string{"i8", "u8", "i16", "i4"}, word[:strings.IndexByte(word, '[')]):
					*list = append(*list, typed(t, text, 0.5))
				default:
					*list = append(*list, typed(t, text))
				}
			}
		}
		// TensorFlow lists an absent bias, which tells what it writes from files that list two inputs.
		if n.Op == "FULLY_CONNECTED" && len(n.Inputs) == 2 {
			n.Inputs = append(n.Inputs, nil)
		}
		if want, err := strconv.Atoi(columns[5]); err != nil || Version(n) != want {
			t.Errorf("%sneeds version %d, want %d (%v)", line, Version(n), want, err)
		}
		version, _ := strconv.Atoi(columns[5])
		code := &schema.OperatorCodeT{BuiltinCode: schema.EnumValuesBuiltinOperator[n.Op], Version: int32(version)}
		if got := runtimeVersion([]*schema.OperatorCodeT{code}); got != columns[6] {
			t.Errorf("%sneeds runtime %q", line, got)
		}
	}
	if rows < 500 {
		t.Errorf("only %d rows", rows)
	}
}

// attributesOf returns the attributes for options given as JSON, whose names are the schema's fields.
func attributesOf(t *testing.T, name, options string) ir.Attr {
	t.Helper()
	c, ok := codecs[name]
	if !ok || c.decode == nil {
		return nil
	}
	var values map[string]any
	if err := json.Unmarshal([]byte(options), &values); err != nil {
		t.Fatalf("%s %s: %v", name, options, err)
	}
	o := defaults(c.first, c.second)
	for field, v := range values {
		f := reflect.ValueOf(o).Elem().FieldByName(strings.ToUpper(field[:1]) + field[1:])
		switch v := v.(type) {
		case bool:
			f.SetBool(v)
		case float64:
			f.Set(reflect.ValueOf(v).Convert(f.Type()))
		}
	}
	return c.decode(o)
}

func TestVersionOfMulByScales(t *testing.T) {
	for _, c := range []struct {
		out  float32
		want int
	}{{0.25, 3}, {0.2500001, 2}} {
		n := &ir.Node{Op: "MUL", Inputs: []*ir.Value{typed(t, "i8[1]", 0.5), typed(t, "i8[1]", 0.5)}, Outputs: []*ir.Value{typed(t, "i8[1]", c.out)}}
		if got := Version(n); got != c.want {
			t.Errorf("0.5 * 0.5 into %v needs version %d, want %d", c.out, got, c.want)
		}
	}
}

// TestOneVersionForAllUses has two nodes of an operator, one of which came with a higher version and one that needs a higher one.
func TestOneVersionForAllUses(t *testing.T) {
	m := testmodel.Residual()
	m.Graphs[0].Nodes[0].Version = 9
	m.Graphs[0].Nodes[1].Version = 1
	root := schema.GetRootAsModel(mustEncode(t, m), 0).UnPack()
	got := map[string]int32{}
	for _, c := range root.OperatorCodes {
		got[c.BuiltinCode.String()] += c.Version
	}
	if diff := cmp.Diff(map[string]int32{"CONV_2D": 9, "RELU": 1, "ADD": 1}, got); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestRuntimeVersion(t *testing.T) {
	read := func(m *ir.Model) string {
		for _, entry := range mustDecode(t, mustEncode(t, m)).Metadata {
			if entry.Name == "min_runtime_version" {
				if len(entry.Data) != 16 {
					t.Errorf("%d bytes", len(entry.Data))
				}
				return strings.TrimRight(string(entry.Data), "\x00")
			}
		}
		return "none"
	}
	m := testmodel.Signatures()
	if got := read(m); got != "1.9.0" {
		t.Errorf("ADD, NEG and MUL need %s, want NEG's 1.9.0", got)
	}
	decoded := mustDecode(t, mustEncode(t, m))
	decoded.Metadata = []ir.Metadata{{Name: "min_runtime_version", Data: append([]byte("2.99.0"), make([]byte, 10)...)}}
	if got := read(decoded); got != "2.99.0" {
		t.Errorf("a file's own version became %s", got)
	}
	decoded.Graphs[1].Nodes[0].Version = 0
	if got := read(decoded); got != "1.9.0" {
		t.Errorf("with a new node it became %s, want it computed anew", got)
	}
	decoded.Metadata = nil
	decoded.Graphs[1].Nodes[0].Version = 1
	if got := read(decoded); got != "none" {
		t.Errorf("a file without one came back with %s", got)
	}
}

func TestCompareVersions(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"1.14.0", "1.5.0", 1}, {"2.0.0", "1.15.0", 1}, {"1.5.0", "1.5.0", 0}, {"", "1.5.0", -1}} {
		if got := compareVersions(c.a, c.b); got != c.want {
			t.Errorf("%q against %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
