package tfpb_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

func node(parts ...[]byte) []byte { return bytesOf(1, parts...) }

func attr(key string, value ...[]byte) []byte {
	return bytesOf(5, bytesOf(1, []byte(key)), bytesOf(2, value...))
}

func TestRepeatedFieldsPackedOrNot(t *testing.T) {
	list := bytesOf(1, varint(3, 1), bytesOf(3, []byte{2, 0x80, 1}), varint(3, ^uint64(0)))
	floats := bytesOf(1, protowire.AppendFixed32(protowire.AppendTag(nil, 4, protowire.Fixed32Type), 0x3f800000), bytesOf(4, []byte{0, 0, 0, 0x40}))
	g, err := tfpb.DecodeGraphDef(node(attr("i", list), attr("f", floats)))
	if err != nil {
		t.Fatal(err)
	}
	n := &g.Node[0]
	if diff := cmp.Diff([]int64{1, 2, 128, -1}, n.Attr.Get("i").List.I); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float32{1, 2}, n.Attr.Get("f").List.F); diff != "" {
		t.Error(diff)
	}
}

func TestMaps(t *testing.T) {
	var attrs [][]byte
	for _, i := range []int{7, 3, 5, 7} {
		attrs = append(attrs, attr(fmt.Sprint("k", i), varint(3, uint64(i+len(attrs)))))
	}
	for i := range 100 { // enough for an index
		attrs = append(attrs, attr(fmt.Sprint("more", i), varint(3, uint64(i))))
	}
	attrs = append(attrs, attr("more50", varint(3, 1000)))
	g, err := tfpb.DecodeGraphDef(node(attrs...))
	if err != nil {
		t.Fatal(err)
	}
	m := &g.Node[0].Attr
	var keys []string
	for _, e := range m.Entries[:4] {
		keys = append(keys, e.Key)
	}
	if diff := cmp.Diff([]string{"k7", "k3", "k5", "more0"}, keys); diff != "" || len(m.Entries) != 103 {
		t.Error(len(m.Entries), diff)
	}
	for key, want := range map[string]int64{"k7": 10, "k3": 4, "k5": 7, "more0": 0, "more50": 1000, "more99": 99} {
		if v := m.Get(key); v == nil || v.I != want {
			t.Errorf("%s is %v, want %d", key, v, want)
		}
	}
	if v := m.Get("nothing"); v != nil {
		t.Error(v)
	}
}

func TestOneofKeepsTheLastMember(t *testing.T) {
	g, err := tfpb.DecodeGraphDef(node(attr("a", varint(3, 1), bytesOf(2, []byte("s")))))
	if err != nil {
		t.Fatal(err)
	}
	if v := g.Node[0].Attr.Get("a"); v.Kind != tfpb.AttrS || v.I != 0 || string(v.S) != "s" {
		t.Errorf("%+v", v)
	}
}

func TestUnknownFields(t *testing.T) {
	group := protowire.AppendTag(protowire.AppendTag(nil, 99, protowire.StartGroupType), 99, protowire.EndGroupType)
	g, err := tfpb.DecodeGraphDef(slices.Concat(group, varint(77, 1), node(bytesOf(1, []byte("n")), bytesOf(50, []byte("x")))))
	if err != nil || len(g.Node) != 1 || g.Node[0].Name != "n" {
		t.Errorf("%+v %v", g, err)
	}
}

// nested returns an attribute of functions in functions.
func nested(depth int) []byte {
	value := varint(3, 1)
	for range depth {
		value = bytesOf(10, bytesOf(2, bytesOf(2, value)))
	}
	return node(attr("f", value))
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"no message", "GraphDef: offset 0", []byte{0xff}},
		{"cut", "GraphDef: field 1 at offset 0", node(bytesOf(1, []byte("name")))[:5]},
		{"node that is a number", "GraphDef: node 0: message: wire type 0, want 2", varint(1, 1)},
		{"name that is a number", "GraphDef: node 1: name: wire type 0", append(node(), node(varint(1, 1))...)},
		{"cut attribute", `GraphDef: node 0, "conv": attr "T": value`, node(bytesOf(1, []byte("conv")), bytesOf(5, bytesOf(1, []byte("T")), varint(2, 1)))},
		{"cut packed list", `attr "l": list: i: packed values end too early`, node(attr("l", bytesOf(1, bytesOf(3, []byte{0x80}))))},
		{"in a function", `library: function 0, "f": node_def 0: op: wire type`, bytesOf(2, bytesOf(1, bytesOf(1, bytesOf(1, []byte("f"))), bytesOf(3, varint(2, 1))))},
		{"deep", "nest more than 100 deep", nested(40)},
		{"empty nodes", "times the memory of its data", bytes.Repeat(node(), 1<<16)},
		{"tensor merged often", "times the memory of its data", node(attr("t", bytes.Repeat(bytesOf(8, varint(1, 1)), 1<<16)))},
		{"too many dimensions", "more than 254 dimensions", node(attr("s", bytesOf(7, bytes.Repeat(bytesOf(2), 255))))},
	} {
		if g, err := tfpb.DecodeGraphDef(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v %v, want %q", c.name, g != nil, err, c.want)
		}
	}
	if _, err := tfpb.DecodeGraphDef(nested(30)); err != nil {
		t.Errorf("functions in functions: %v", err)
	}
}
