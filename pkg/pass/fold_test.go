package pass

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestPasses runs the pass that a case's file is named after on its section "in", all of Import where it is named so, and compares with "out".
func TestPasses(t *testing.T) {
	golden.Cases(t, "testdata/*.txtar", func(t *testing.T, c *golden.Case) {
		name, _, _ := strings.Cut(t.Name()[strings.LastIndexByte(t.Name(), '/')+1:], "-")
		m, err := ir.Parse(c.Section("in"), op.Set)
		if err != nil {
			t.Fatal(err)
		}
		passes := slices.DeleteFunc(slices.Concat(Float, Import), func(p Pass) bool { return p.Name != name })
		switch {
		case name == "import":
			err = Settle(m, Import)
		case len(passes) == 0:
			t.Fatalf("there is no pass %q", name)
		default:
			err = Run(m, passes)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := ir.Verify(m, op.Set); err != nil {
			t.Error(err)
		}
		c.Want("out", m.String())
	})
}

// TestSparseHalfPrecisionWeights folds DENSIFY and DEQUANTIZE behind it. The text of graphs has neither sparse nor float16 constants.
func TestSparseHalfPrecisionWeights(t *testing.T) {
	g := &ir.Graph{Name: "main"}
	x := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{2, 3}}})
	g.Inputs = []*ir.Value{x}
	// [[0 1 0] [0 0 -2]], rows dense, columns compressed.
	w := g.AddConst("w", &tensor.Tensor{DType: tensor.Float16, Shape: tensor.Shape{2, 3}, Data: []byte{0x00, 0x3c, 0x00, 0xc0}})
	w.Sparsity = &ir.Sparsity{Traversal: []int{0, 1}, Dims: []ir.SparseDim{
		{Dense: true, Size: 2},
		{Segments: []int{0, 1, 2}, SegmentType: tensor.UInt8, Indices: []int{1, 2}, IndexType: tensor.UInt8},
	}}
	last := w
	for _, step := range []struct {
		op  string
		typ tensor.DType
	}{{"DENSIFY", tensor.Float16}, {"DEQUANTIZE", tensor.Float32}} {
		v := g.Add(&ir.Value{Name: strings.ToLower(step.op), Type: ir.Type{DType: step.typ, Shape: tensor.Shape{2, 3}}})
		g.Nodes = append(g.Nodes, &ir.Node{Op: step.op, Inputs: []*ir.Value{last}, Outputs: []*ir.Value{v}})
		last = v
	}
	y := g.Add(&ir.Value{Name: "y", Type: x.Type})
	g.Nodes = append(g.Nodes, &ir.Node{Op: "ADD", Attr: &op.Arith{}, Inputs: []*ir.Value{x, last}, Outputs: []*ir.Value{y}})
	g.Outputs = []*ir.Value{y}
	m := &ir.Model{Graphs: []*ir.Graph{g}}
	if err := Run(m, Float); err != nil {
		t.Fatal(err)
	}
	want := `graph "main" {
  %0 = input "x" f32[2,3]
  %1 = const "dequantize" f32[2,3] = [0 1 0 0 0 -2]
  %2 "y" f32[2,3] = ADD(%0, %1)
  return %2
}
`
	if diff := cmp.Diff(want, m.String()); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

func TestFoldNamesWhatItCanNotFold(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"%0 = const \"w\" i8[2] q(1; 0; 0) = [1 2]\n%1 \"y\" f32[3] = DEQUANTIZE(%0)",
			`fold_dequantize: graph 0: DEQUANTIZE "y": is declared f32[3] and is [f32[2]]`},
		{"%0 = const \"w\" i8[2] = [1 2]\n%1 \"y\" f32[2] = DEQUANTIZE(%0)",
			`fold_dequantize: graph 0: DEQUANTIZE "y": `},
		{"%0 = const \"w\" f32[2] = [1 2]\n%1 \"y\" f32[2] = DENSIFY(%0)",
			`fold_densify: graph 0: DENSIFY "y": `},
	} {
		m, err := ir.Parse("graph \"g\" {"+c.text+"\nreturn %1 }", op.Set)
		if err != nil {
			t.Fatal(err)
		}
		if err := Run(m, Float); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\nerror %v, want %q", c.text, err, c.want)
		}
	}
}

// TestSparseBomb refuses a sparse constant that a few bytes make large.
func TestSparseBomb(t *testing.T) {
	g := &ir.Graph{Name: "main"}
	shape := tensor.Shape{1 << 16, 1 << 16}
	w := g.Add(&ir.Value{Name: "w", Type: ir.Type{DType: tensor.Float32, Shape: shape}, Const: &tensor.Tensor{DType: tensor.Float32, Shape: shape}})
	w.Sparsity = &ir.Sparsity{Traversal: []int{0, 1}, Dims: []ir.SparseDim{{Dense: true, Size: 1 << 16}, {Segments: make([]int, 1<<16+1), SegmentType: tensor.Int32, IndexType: tensor.Int32}}}
	y := g.Add(&ir.Value{Name: "y", Type: w.Type})
	g.Nodes, g.Outputs = []*ir.Node{{Op: "DENSIFY", Inputs: []*ir.Value{w}, Outputs: []*ir.Value{y}}}, []*ir.Value{y}
	_, err := foldDensify(&ir.Model{Graphs: []*ir.Graph{g}})
	if err == nil || !strings.Contains(err.Error(), `DENSIFY "y": 262148 bytes are stored, and 17179869184 when they are dense`) {
		t.Errorf("%v", err)
	}
}
