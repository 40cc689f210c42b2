package graphdef_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

// Bounds of one import of a small graph, far above what one takes.
const (
	maxTime   = time.Minute
	maxMemory = 4 << 30
)

// attempt imports a graph, with its placeholders as inputs and the given outputs, runs the passes on it, and reports a panic, a broken model, and what takes too long or too much memory.
func attempt(g *tfpb.GraphDef, outputs ...string) (err error) {
	opt := graphdef.Options{}
	for _, o := range outputs {
		opt.Outputs = append(opt.Outputs, graphdef.Port{Name: o, Tensor: o})
	}
	for _, name := range graphdef.GuessInputs(g, outputs) {
		opt.Inputs = append(opt.Inputs, graphdef.Port{Name: name, Tensor: name})
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	res, failure := graphdef.Import(g, opt)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; took > maxTime || n > maxMemory {
		return fmt.Errorf("took %v and %d bytes", took, n)
	}
	if failure != nil {
		return nil
	}
	if err := ir.Verify(res.Model, op.Set); err != nil {
		return fmt.Errorf("%w\n%v", err, res.Model)
	}
	if err := pass.Settle(res.Model, pass.Import); err != nil {
		return fmt.Errorf("the passes: %w", err)
	}
	build.Bind(res.Model)
	if err := ir.Verify(res.Model, op.Set); err != nil {
		return fmt.Errorf("after the passes: %w\n%v", err, res.Model)
	}
	return nil
}

// last returns the names of the last nodes of the graph.
func last(g *tfpb.GraphDef, n int) (names []string) {
	for i := max(0, len(g.Node)-n); i < len(g.Node); i++ {
		names = append(names, g.Node[i].Name)
	}
	return names
}

func FuzzImport(f *testing.F) {
	for _, c := range controlCases(f) {
		f.Add(c.graph)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := tfpb.DecodeGraphDef(data)
		if err != nil {
			return
		}
		if err := attempt(g, last(g, 3)...); err != nil {
			t.Error(err)
		}
	})
}

// TestChangedGraphs changes nodes of real graphs.
func TestChangedGraphs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range controlCases(t) {
		for range 60 {
			g, err := tfpb.DecodeGraphDef(c.graph)
			if err != nil {
				t.Fatal(err)
			}
			for range 1 + rng.IntN(3) {
				change(rng, g)
			}
			outputs := make([]string, len(c.Outputs))
			for i, o := range c.Outputs {
				outputs[i], _, _ = strings.Cut(o, ":")
			}
			if err := attempt(g, outputs...); err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
		}
	}
}

// change makes one node of the graph or of a function another one.
func change(rng *rand.Rand, g *tfpb.GraphDef) {
	nodes := g.Node
	if n := len(g.Library.Function); n > 0 && rng.IntN(4) > 0 {
		nodes = g.Library.Function[rng.IntN(n)].NodeDef
	}
	if len(nodes) == 0 {
		return
	}
	n := &nodes[rng.IntN(len(nodes))]
	if n.Op == "Const" {
		*n = constantNode(rng, n.Name)
		return
	}
	switch names := graphdef.Ops.Names(); rng.IntN(5) {
	case 0:
		n.Op = names[rng.IntN(len(names))]
	case 1:
		if len(n.Input) > 0 {
			n.Input[rng.IntN(len(n.Input))] = nodes[rng.IntN(len(nodes))].Name + []string{"", ":0", ":output:0", ":1"}[rng.IntN(4)]
		}
	case 2:
		if len(n.Input) > 0 {
			n.Input = slices.Delete(n.Input, 0, 1)
		}
	default:
		for i := range n.Attr.Entries {
			if rng.IntN(2) == 0 {
				continue
			}
			switch a := &n.Attr.Entries[i].Value; a.Kind {
			case tfpb.AttrI:
				a.I = int64(integers[rng.IntN(len(integers))])
			case tfpb.AttrType:
				a.Type = types[rng.IntN(len(types))]
			case tfpb.AttrShape:
				a.Shape = &tfpb.TensorShapeProto{Dim: []int64{int64(integers[rng.IntN(len(integers))])}}
			case tfpb.AttrB:
				a.B = !a.B
			default:
			}
		}
	}
}

var (
	integers = []int{-1 << 62, -1 << 31, -7, -2, -1, 0, 1, 2, 3, 4, 8, 1 << 20, 1<<31 - 1, 1 << 31, 1 << 62}
	types    = []tfpb.DataType{tfpb.Float, tfpb.Int32, tfpb.Int64, tfpb.Bool, tfpb.String, tfpb.Half, tfpb.Double, tfpb.Uint8, tfpb.Complex64, tfpb.Resource, tfpb.Variant}
)

// attribute matches where a rule asks for an attribute.
var attribute = regexp.MustCompile(`\.(Int|Float|Bool|String|Type|IntList|ShapeAttr)\("(\w+)"`)

// attributes returns the attributes that rules ask for, as "kind name".
func attributes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("lower_*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range attribute.FindAllStringSubmatch(string(text), -1) {
			found[m[1]+" "+m[2]] = true
		}
	}
	list := make([]string, 0, len(found))
	for a := range found {
		list = append(list, a)
	}
	slices.Sort(list)
	return list
}

// TestHostileNodes lowers nodes of every operator with operands and attributes at random.
func TestHostileNodes(t *testing.T) {
	names, all := graphdef.Ops.Names(), attributes(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for _, name := range names {
		for range 20 {
			g := hostile(rng, name, all)
			if err := attempt(g, "y", "y:1"); err != nil {
				t.Errorf("%s: %v\n%v", name, err, describe(g))
				break
			}
		}
	}
}

func describe(g *tfpb.GraphDef) (lines []string) {
	for _, n := range g.Node {
		line := fmt.Sprintf("\n%s = %s(%v)", n.Name, n.Op, n.Input)
		for _, e := range n.Attr.Entries {
			a := e.Value
			line += fmt.Sprintf(" %s=%d %v %v %q %v %v", e.Key, a.I, a.F, a.B, a.S, a.Type, a.Shape)
			if a.List != nil {
				line += fmt.Sprint(a.List.I)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// hostile returns a graph with one node of an operator, "y", and its operands.
func hostile(rng *rand.Rand, operator string, attributes []string) *tfpb.GraphDef {
	g := &tfpb.GraphDef{}
	y := tfpb.NodeDef{Name: "y", Op: operator}
	shape := randomShape(rng)
	d := types[rng.IntN(min(len(types), 1+rng.IntN(len(types))))]
	for i := range rng.IntN(7) {
		if rng.IntN(3) == 0 {
			shape = randomShape(rng)
		}
		if rng.IntN(3) == 0 {
			d = types[rng.IntN(len(types))]
		}
		n := tfpb.NodeDef{Name: fmt.Sprint("x", i), Op: "Placeholder"}
		set(&n, "dtype", tfpb.AttrValue{Kind: tfpb.AttrType, Type: d})
		set(&n, "shape", tfpb.AttrValue{Kind: tfpb.AttrShape, Shape: &tfpb.TensorShapeProto{Dim: shape}})
		if rng.IntN(2) == 0 {
			n = constantNode(rng, n.Name)
		}
		g.Node = append(g.Node, n)
		y.Input = append(y.Input, n.Name)
	}
	for _, a := range attributes {
		if rng.IntN(3) > 0 {
			continue
		}
		kind, name, _ := strings.Cut(a, " ")
		set(&y, name, randomAttr(rng, kind))
	}
	g.Node = append(g.Node, y)
	return g
}

func set(n *tfpb.NodeDef, name string, a tfpb.AttrValue) {
	n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: name, Value: a})
}

func randomShape(rng *rand.Rand) []int64 {
	shape := make([]int64, rng.IntN(6))
	for i := range shape {
		shape[i] = int64(rng.IntN(6) - 1)
		if rng.IntN(40) == 0 {
			shape[i] = int64(1) << (8 * rng.IntN(6))
		}
	}
	return shape
}

func randomAttr(rng *rand.Rand, kind string) tfpb.AttrValue {
	n := int64(rng.IntN(7) - 2)
	if rng.IntN(8) == 0 {
		n = int64(integers[rng.IntN(len(integers))])
	}
	switch kind {
	case "Int":
		return tfpb.AttrValue{Kind: tfpb.AttrI, I: n}
	case "Float":
		return tfpb.AttrValue{Kind: tfpb.AttrF, F: float32(n) / 2}
	case "Bool":
		return tfpb.AttrValue{Kind: tfpb.AttrB, B: n > 0}
	case "Type":
		return tfpb.AttrValue{Kind: tfpb.AttrType, Type: types[rng.IntN(len(types))]}
	case "ShapeAttr":
		return tfpb.AttrValue{Kind: tfpb.AttrShape, Shape: &tfpb.TensorShapeProto{Dim: randomShape(rng)}}
	case "String":
		words := []string{"SAME", "VALID", "EXPLICIT", "NHWC", "NCHW", "NDHWC", "REFLECT", "SYMMETRIC", "ij,jk->ik", "...i,i->...", "->", ""}
		return tfpb.AttrValue{Kind: tfpb.AttrS, S: []byte(words[rng.IntN(len(words))])}
	}
	list := &tfpb.ListValue{}
	for range rng.IntN(9) {
		list.I = append(list.I, int64(rng.IntN(5)-1))
		if rng.IntN(30) == 0 {
			list.I[len(list.I)-1] = int64(integers[rng.IntN(len(integers))])
		}
	}
	return tfpb.AttrValue{Kind: tfpb.AttrList, List: list}
}

// constantNode returns a constant: often integers such as axes and shapes, with one that is no such thing now and then.
func constantNode(rng *rand.Rand, name string) tfpb.NodeDef {
	shape := tensor.Shape{}
	for range rng.IntN(3) {
		shape = append(shape, rng.IntN(5))
	}
	d := []tfpb.DataType{tfpb.Int32, tfpb.Int32, tfpb.Int64, tfpb.Float, tfpb.Bool, tfpb.Half, tfpb.Double, tfpb.Uint8}[rng.IntN(8)]
	if rng.IntN(200) == 0 {
		shape = tensor.Shape{1 << 16, 1 << rng.IntN(6)}
	}
	values := make([]int64, 0, 8)
	for range min(shape.Elements(), 16) {
		values = append(values, int64(rng.IntN(6)-1))
		if rng.IntN(30) == 0 {
			values[len(values)-1] = int64(integers[rng.IntN(len(integers))])
		}
	}
	n := tfpb.NodeDef{Name: name, Op: "Const"}
	set(&n, "value", tfpb.AttrValue{Kind: tfpb.AttrTensor, Tensor: encoded(d, shape, values)})
	return n
}

// fields are the numbers of the fields of a TensorProto that hold values of a type.
var fields = map[tfpb.DataType]protowire.Number{
	tfpb.Float: 5, tfpb.Double: 6, tfpb.Int32: 7, tfpb.Uint8: 7, tfpb.Int64: 10, tfpb.Bool: 11, tfpb.Half: 13,
}

// encoded returns a constant; the last of fewer values than elements counts for the rest.
func encoded(d tfpb.DataType, shape tensor.Shape, values []int64) *tfpb.TensorProto {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(d))
	var dims []byte
	for _, n := range shape {
		dim := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(n))
		dims = protowire.AppendBytes(protowire.AppendTag(dims, 2, protowire.BytesType), dim)
	}
	b = protowire.AppendBytes(protowire.AppendTag(b, 2, protowire.BytesType), dims)
	for _, v := range values {
		switch f := fields[d]; d {
		case tfpb.Float:
			b = protowire.AppendFixed32(protowire.AppendTag(b, f, protowire.Fixed32Type), math.Float32bits(float32(v)))
		case tfpb.Double:
			b = protowire.AppendFixed64(protowire.AppendTag(b, f, protowire.Fixed64Type), math.Float64bits(float64(v)))
		default:
			b = protowire.AppendVarint(protowire.AppendTag(b, f, protowire.VarintType), uint64(v))
		}
	}
	p, err := tfpb.DecodeTensorProto(b)
	if err != nil {
		panic(err)
	}
	return p
}
