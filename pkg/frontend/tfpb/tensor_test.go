package tfpb_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// constant is a TensorProto and what TensorFlow makes of it.
type constant struct {
	Name    string
	Proto   []byte
	DType   tfpb.DataType
	Shape   []int64
	Bytes   []byte
	Strings [][]byte
}

func constants(t testing.TB) []constant {
	var all []constant
	if err := json.Unmarshal(read(t, "tensors.json"), &all); err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	return all
}

func TestTensors(t *testing.T) {
	for _, want := range constants(t) {
		p, err := tfpb.DecodeTensorProto(want.Proto)
		if err != nil {
			t.Errorf("%s: %v", want.Name, err)
			continue
		}
		if p.Dtype != want.DType || !slices.Equal(p.TensorShape.Dim, want.Shape) {
			t.Errorf("%s: %v %v, want %v %v", want.Name, p.Dtype, p.TensorShape.Dim, want.DType, want.Shape)
		}
		if want.DType == tfpb.String {
			got, err := p.Strings(100)
			if err != nil || !slices.EqualFunc(got, want.Strings, slices.Equal) {
				t.Errorf("%s: %q %v, want %q", want.Name, got, err, want.Strings)
			}
			continue
		}
		got, err := p.Bytes(1000)
		if err != nil || !slices.Equal(got, want.Bytes) {
			t.Errorf("%s: %x %v, want %x", want.Name, got, err, want.Bytes)
		}
	}
}

func TestTensorThatComesTwiceIsMerged(t *testing.T) {
	first := bytesOf(8, varint(1, uint64(tfpb.Int32)), varint(7, 5))
	second := bytesOf(8, bytesOf(2, bytesOf(2, varint(1, 3))), varint(7, 6))
	node := bytesOf(1, bytesOf(5, bytesOf(1, []byte("value")), bytesOf(2, first, second)))
	g, err := tfpb.DecodeGraphDef(node)
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.Node[0].Attr.Get("value").Tensor.Bytes(100)
	if diff := cmp.Diff([]byte{5, 0, 0, 0, 6, 0, 0, 0, 6, 0, 0, 0}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestTensorRefusals(t *testing.T) {
	shape := func(dims ...uint64) []byte {
		var d [][]byte
		for _, n := range dims {
			d = append(d, bytesOf(2, varint(1, n)))
		}
		return bytesOf(2, d...)
	}
	dtype := func(d tfpb.DataType) []byte { return varint(1, uint64(d)) }
	for _, c := range []struct {
		name, want string
		proto      [][]byte
	}{
		{"no type", "type invalid: not a type of numbers", [][]byte{varint(7, 1)}},
		{"unknown type", "type(77)", [][]byte{varint(1, 77)}},
		{"reference", "float_ref", [][]byte{varint(1, 101)}},
		{"handle", "type resource", [][]byte{dtype(tfpb.Resource)}},
		{"content too short", "takes 8 bytes, the content has 7", [][]byte{dtype(tfpb.Float), shape(2), bytesOf(4, make([]byte, 7))}},
		{"content too long", "takes 8 bytes, the content has 9", [][]byte{dtype(tfpb.Float), shape(2), bytesOf(4, make([]byte, 9))}},
		{"too many values", "more values than the 1 elements", [][]byte{dtype(tfpb.Int64), shape(1), varint(10, 1), varint(10, 2)}},
		{"half a complex number", "half of a complex number", [][]byte{dtype(tfpb.Complex64), shape(2), bytesOf(9, make([]byte, 12))}},
		{"unknown dimension", "dimension 1 of shape [2 -1] is unknown", [][]byte{dtype(tfpb.Float), shape(2, math.MaxUint64)}},
		{"unknown rank", "unknown rank", [][]byte{dtype(tfpb.Float), bytesOf(2, varint(3, 1))}},
		{"large splat", "more than the limit of 25", [][]byte{dtype(tfpb.Float), shape(26), bytesOf(5, make([]byte, 4))}},
		{"shape that overflows", "2^63", [][]byte{dtype(tfpb.Float), shape(1<<40, 1<<40)}},
		{"cut floats", "packed values end too early", [][]byte{dtype(tfpb.Float), bytesOf(5, make([]byte, 3))}},
		{"cut integers", "packed values end too early", [][]byte{dtype(tfpb.Int32), bytesOf(7, []byte{0x80})}},
		{"doubles that are floats", "wire type", [][]byte{dtype(tfpb.Double), varint(6, 1)}},
		{"many strings", "more than the limit of 100", [][]byte{dtype(tfpb.String), shape(101)}},
		{"too many strings", "more values", [][]byte{dtype(tfpb.String), shape(1), bytesOf(8), bytesOf(8)}},
		{"strings behind the content", "string 0 has 9 bytes", [][]byte{dtype(tfpb.String), shape(1), bytesOf(4, []byte{9})}},
		{"content behind the strings", "1 bytes after", [][]byte{dtype(tfpb.String), shape(1), bytesOf(4, []byte{0, 0})}},
		{"content without lengths", "3 strings in 1 bytes", [][]byte{dtype(tfpb.String), shape(3), bytesOf(4, []byte{0})}},
	} {
		p, err := tfpb.DecodeTensorProto(slices.Concat(c.proto...))
		if err == nil {
			if p.Dtype == tfpb.String {
				_, err = p.Strings(100)
			} else {
				_, err = p.Bytes(100)
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := (&tfpb.TensorProto{Dtype: tfpb.Float}).Strings(1); err == nil {
		t.Error("floats were read as strings")
	}
}

func bytesOf(number protowire.Number, parts ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), slices.Concat(parts...))
}

func varint(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}
