package graphdef

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// listed makes a node of a constant vector of strings or of numbers of 64 bits; a scalar of the only element if scalar is set.
func listed[T string | int64 | float64](name string, scalar bool, list ...T) tfpb.NodeDef {
	bytes := func(b []byte, field int, content []byte) []byte {
		return append(binary.AppendUvarint(binary.AppendUvarint(b, uint64(field<<3|2)), uint64(len(content))), content...)
	}
	var content []byte
	d := tfpb.String
	for _, x := range list {
		switch x := any(x).(type) {
		case string:
			content = bytes(content, 8, []byte(x))
		case int64:
			d = tfpb.Int64
			content = binary.LittleEndian.AppendUint64(content, uint64(x))
		case float64:
			d = tfpb.Float
			content = binary.LittleEndian.AppendUint32(content, math.Float32bits(float32(x)))
		}
	}
	if d != tfpb.String {
		content = bytes(nil, 4, content)
	}
	var shape []byte
	if !scalar {
		shape = bytes(nil, 2, binary.AppendUvarint([]byte{8}, uint64(len(list))))
	}
	p, err := tfpb.DecodeTensorProto(append(bytes(binary.AppendUvarint([]byte{8}, uint64(d)), 2, shape), content...))
	if err != nil {
		panic(err)
	}
	return constantOf(name, p)
}

func constantOf(name string, p *tfpb.TensorProto) tfpb.NodeDef {
	n := node(name + " = Const()")
	n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: "value", Value: tfpb.AttrValue{Kind: tfpb.AttrTensor, Tensor: p}})
	return n
}

// hashTable makes a node of a table.
func hashTable(key, value tfpb.DataType) tfpb.NodeDef {
	return attrs(node("table = HashTableV2()"), "shared_name", "words", "key_dtype", key, "value_dtype", value)
}

// lookup converts a graph that looks x up, with the table's initialiser among the nodes, which no output needs.
func lookup(key tensor.DType, library []tfpb.FunctionDef, assets func(string) ([]byte, error), nodes ...tfpb.NodeDef) (*ir.Model, error) {
	g := &tfpb.GraphDef{Node: append(nodes, node("x = Placeholder()"), node("y = LookupTableFindV2(table, x, default)"), node("size = LookupTableSizeV2(table)"))}
	g.Library.Function = library
	res, err := Import(g, Options{
		Inputs: []Port{{Name: "x", Tensor: "x", Type: typed(key, -1)}}, Outputs: []Port{{Name: "y", Tensor: "y"}, {Name: "size", Tensor: "size"}}, Assets: assets, Signature: "s",
	})
	if err != nil {
		return nil, err
	}
	return res.Model, ir.Verify(res.Model, op.Set)
}

// TestTableOfStrings fills the table when the model is first run. The initialiser is a function, as in models of TensorFlow 2.
func TestTableOfStrings(t *testing.T) {
	library := []tfpb.FunctionDef{function("fill", []string{"t", "k", "v"}, nil, nil, "import = LookupTableImportV2(t, k, v)")}
	m, err := lookup(tensor.String, library, nil, hashTable(tfpb.String, tfpb.Int64), listed("keys", false, "one", "two"), listed[int64]("values", false, 1, 2),
		listed[int64]("default", true, -1), call(node("init = StatefulPartitionedCall(table, keys, values)"), "fill"))
	if err != nil {
		t.Fatal(err)
	}
	text := m.String()
	id := m.Graphs[0].Nodes[1].Attr.(*op.HashTable).ID
	if got := m.Graphs[1].Nodes[0].Attr.(*op.HashTable).ID; got != id {
		t.Errorf("table %d is filled, and table %d is read", got, id)
	}
	for _, line := range []string{"CALL_ONCE() {init=1}", "HASHTABLE_FIND(", `const "words/keys" str[2]`, `const "words/values" i64[2] = [1 2]`, `"size" i64[] = [2]`} {
		if !strings.Contains(text, line) {
			t.Errorf("there is no %q in\n%s", line, text)
		}
	}
}

// TestTablesOfOtherTypes finds keys by comparing them with all.
func TestTablesOfOtherTypes(t *testing.T) {
	m, err := lookup(i64, nil, nil, hashTable(tfpb.Int64, tfpb.Float), listed[int64]("keys", false, 7, -3, 1<<40), listed("values", false, 0.5, 1.5, 2.5), listed("default", true, -1.0),
		node("init = InitializeTableV2(table, keys, values)"))
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, m, tensor.Of(i64, tensor.Shape{5}, []int64{1 << 40, 0, 7, -3, 7}))
	near(t, tensor.F32(tensor.Shape{5}, 2.5, -1, 0.5, 1.5, 0.5), got)
}

func TestTableFromFile(t *testing.T) {
	assets := func(name string) ([]byte, error) {
		if name != "words.txt" {
			return nil, errors.New("no " + name)
		}
		return []byte("red\r\ngreen\nblue\n"), nil
	}
	initialiser := attrs(node("init = InitializeTableFromTextFileV2(table, file)"), "key_index", -2, "value_index", -1)
	m, err := lookup(tensor.String, nil, assets, hashTable(tfpb.String, tfpb.Int64), listed("file", true, "/tmp/words.txt"), listed[int64]("default", true, -1), initialiser)
	if err != nil {
		t.Fatal(err)
	}
	fill := m.Graphs[1].Nodes[1]
	keys := stringsOf(fill.Inputs[1].Const)
	if diff := cmp.Diff([][]byte{[]byte("red"), []byte("green"), []byte("blue")}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{0, 1, 2}, tensor.View[int64](fill.Inputs[2].Const)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestTablesThatSayTooLittle(t *testing.T) {
	table, otherwise := hashTable(tfpb.Int64, tfpb.Float), listed("default", true, -1.0)
	for name, c := range map[string]struct {
		nodes []tfpb.NodeDef
		want  string
	}{
		"no initialiser": {[]tfpb.NodeDef{table, otherwise}, `does not say what the table "words" holds`},
		"two": {[]tfpb.NodeDef{
			table, otherwise, listed[int64]("k", false, 1), listed("v", false, 1.0), listed("w", false, 2.0), node("a = InitializeTableV2(table, k, v)"),
			node("b = InitializeTableV2(table, k, w)"),
		}, `the table "words" is initialised twice`},
		"lengths": {[]tfpb.NodeDef{
			table, otherwise, listed[int64]("k", false, 1, 2), listed("v", false, 1.0), node("a = InitializeTableV2(table, k, v)"),
		}, `is initialised with i64[2] and f32[1]`},
		"keys are inputs": {[]tfpb.NodeDef{
			table, otherwise, listed("v", false, 1.0), node("a = InitializeTableV2(table, x, v)"),
		}, `does not say what the table "words" holds`},
		"changes": {[]tfpb.NodeDef{node("table = MutableHashTableV2()"), otherwise}, "tables that change"},
	} {
		if _, err := lookup(i64, nil, nil, c.nodes...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}
