package build

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// text finishes a graph that returns v, and prints the model.
func text(t *testing.T, b *Builder, outputs ...*ir.Value) string {
	t.Helper()
	b.Graph.Outputs = outputs
	b.Graph.Sweep()
	if err := ir.Verify(b.Model, op.Set); err != nil {
		t.Error(err)
	}
	return b.Model.String()
}

func TestConstantsFold(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Emit("x", "ADD", &op.Arith{}, b.Float("a", 1), b.Const("b", tensor.F32(tensor.Shape{2}, 2, 3)))
	want := `graph "main" {
  %0 = const "x" f32[2] = [3 4]
  return %0
}
`
	if diff := cmp.Diff(want, text(t, b, x)); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

// TestShapeArithmeticBecomesOneUnknown flattens as exporters write it: RESHAPE to [SHAPE(x)[0], 12].
func TestShapeArithmeticBecomesOneUnknown(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 3, 4}})
	batch := b.Dims("x", x)[0]
	y := b.Reshape("y", x, []Dim{batch, {Size: 12}})
	if got, ok := b.Known(batch.Value); !ok || len(got) != 1 || got[0] != Unknown {
		t.Errorf("the batch is %v, want unknown", got)
	}
	if _, ok := b.Known(y); ok {
		t.Error("the content of an activation is known")
	}
	b.Graph.Outputs = []*ir.Value{y}
	n := b.Graph.Nodes[len(b.Graph.Nodes)-1]
	b.Graph.Nodes = []*ir.Node{n} // as the elimination of dead nodes does
	Bind(b.Model)
	want := `graph "main" {
  %0 = input "x" f32[1,3,4] as[?,3,4]
  %1 = const "y/shape_1" i32[2] = [-1 12]
  %2 "y" f32[1,12] as[?,12] = RESHAPE(%0, %1)
  return %2
}
`
	if diff := cmp.Diff(want, text(t, b, y)); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

// TestBindInfersAnew adds the batch to a dimension: with a batch of 1 that is 4, not 1.
func TestBindInfersAnew(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 2}})
	y := b.Emit("y", "CONCATENATION", &op.Concat{}, x, b.Const("c", tensor.New(tensor.Float32, tensor.Shape{3, 2})))
	z := b.Emit("z", "FILL", nil, b.Vector("dims", b.Dims("y", y)), b.Float("one", 1))
	Bind(b.Model)
	for _, v := range []*ir.Value{y, z} {
		if want := (tensor.Shape{4, 2}); !v.Type.Shape.Equal(want) || !v.Advertised.Equal(tensor.Shape{-1, 2}) {
			t.Errorf("%s is %v, advertised as %v", v.Name, v.Type, v.Advertised)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{2}})
	for _, want := range []string{"x_1", "x_2"} {
		if got := b.Emit("x", "ABS", nil, x).Name; got != want {
			t.Errorf("name %q, want %q", got, want)
		}
	}
}

func TestFailures(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{2, 3}})
	for name, c := range map[string]struct {
		rule func()
		want string
	}{
		"shapes don't fit":      {func() { b.Emit("y", "ADD", &op.Arith{}, x, b.Const("c", tensor.New(tensor.Float32, tensor.Shape{2}))) }, "ADD: "},
		"depends on data":       {func() { b.Emit("y", "WHERE", nil, x) }, "WHERE: the shape depends on data"},
		"no rank":               {func() { b.Input("z", ir.Type{DType: tensor.Float32, Unranked: true}) }, `the input "z" has no known rank`},
		"not in the op set":     {func() { b.Emit("y", "TF_ERF", nil, x) }, "TF_ERF: the operator has no shape rule"},
		"refused by a rule":     {func() { Refuse("no %s", "way") }, "no way"},
		"the rank depends on ?": {func() { rankDependsOnInput(b) }, "RESHAPE: input 1: the shape depends on data"},
	} {
		f := Try(c.rule)
		if f == nil || !f.Refused || !strings.HasPrefix(f.Error(), c.want) {
			t.Errorf("%s: failure %v, want %q", name, f, c.want)
		}
	}
}

func rankDependsOnInput(b *Builder) {
	x := b.Input("v", ir.Type{DType: tensor.Int32, Shape: tensor.Shape{-1}})
	b.Emit("y", "RESHAPE", &op.Reshape{}, b.Const("c", tensor.New(tensor.Float32, tensor.Shape{4})), x)
}

func TestDataDependentShapesAreDeclared(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{2, 3}})
	y := b.EmitAs("y", "WHERE", nil, []ir.Type{{DType: tensor.Int64, Shape: tensor.Shape{-1, 2}}}, x)[0]
	z := b.Emit("z", "CAST", &op.Cast{Out: tensor.Float32}, y)
	if want := (tensor.Shape{-1, 2}); !z.Type.Shape.Equal(want) {
		t.Errorf("z is %v, want %v", z.Type, want)
	}
}

// TestStringsMove follows the shapes of strings, whose content no kernel reads.
func TestStringsMove(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.String, Shape: tensor.Shape{-1, 2}})
	y := b.Emit("y", "TILE", nil, x, b.Ints("multiples", 1, 3))
	if got, want := y.Type.String(), "str[?,6]"; got != want {
		t.Errorf("y is %v, want %v", got, want)
	}
	word := b.Const("word", &tensor.Tensor{DType: tensor.String, Shape: tensor.Shape{}, Data: []byte{1, 0, 0, 0, 12, 0, 0, 0, 13, 0, 0, 0, 'a'}})
	list := b.Reshape("list", word, Fixed(1))
	if list.Const == nil || len(list.Const.Data) != 13 || list.Type.String() != "str[1]" {
		t.Errorf("list is %v", list)
	}
	if f := Try(func() { b.Emit("z", "ABS", nil, x) }); f == nil {
		t.Error("strings have an absolute value")
	}
}

// TestWhatBothWorldsDecideAlikeIsNotKnown compares an unknown batch, 320 or 448, with 100.
func TestWhatBothWorldsDecideAlikeIsNotKnown(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 3}})
	shape := b.Shape("shape", x)
	for operator, want := range map[string][]int{
		"GREATER": {Unknown, 0}, "MINIMUM": {Unknown, 3}, "MAXIMUM": {Unknown, 100}, "FLOOR_MOD": {Unknown, 3}, "LESS": {Unknown, 1},
	} {
		second := 100
		if operator == "FLOOR_MOD" {
			second = 64
		}
		y := b.Emit("y", operator, nil, shape, b.Ints("c", second, second))
		if got, ok := b.Known(y); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", operator, got, want)
		}
	}
}

// TestPseudoOperatorsKeepUnknownDimensions multiplies a tensor of unknown size by what an operator without a rule makes of it.
func TestPseudoOperatorsKeepUnknownDimensions(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 2}})
	y := b.EmitAs("y", "TF_ERF", nil, []ir.Type{x.Type}, x)[0]
	z := b.Emit("z", "MUL", &op.Fused{}, x, y)
	if want := (tensor.Shape{-1, 2}); !z.Type.Shape.Equal(want) {
		t.Errorf("z is %v, want %v", z.Type, want)
	}
}

// TestNodesWithoutResultsStay emits a node that is there for what it does.
func TestNodesWithoutResultsStay(t *testing.T) {
	b := New(&ir.Model{}, "main")
	c := b.Float("c", 1)
	b.EmitAs("x", "ASSIGN_VARIABLE", nil, nil, b.EmitAs("v", "VAR_HANDLE", &op.VarHandle{}, []ir.Type{{DType: tensor.Resource}})[0], c)
	if n := len(b.Graph.Nodes); n != 2 {
		t.Errorf("%d nodes, want 2", n)
	}
}

// TestSizesOfDataStayUnknownAfterStrides divides a dimension that depends on data, as a chain of strides does.
func TestSizesOfDataStayUnknownAfterStrides(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{2, 3}})
	for range 2000 {
		y := b.EmitAs("y", "WHERE", nil, []ir.Type{{DType: tensor.Int64, Shape: tensor.Shape{-1, 2}}}, x)[0]
		n := b.Emit("n", "FLOOR_DIV", nil, b.Dims("y", y)[0].Value, b.Int("stride", 32))
		if got, ok := b.Known(n); !ok || got[0] != Unknown {
			t.Fatalf("the number of rows divided by 32 is %v, want unknown", got)
		}
	}
}

// TestDeclaredShapesKeepDimensions joins two parts of which only one dimension depends on data.
func TestDeclaredShapesKeepDimensions(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 2}})
	at := b.Input("at", ir.Type{DType: tensor.Int32, Shape: tensor.Shape{2}})
	part := b.EmitAs("part", "SLICE", nil, []ir.Type{{DType: tensor.Float32, Shape: tensor.Shape{Like(0), -1}}}, x, at, at)[0]
	y := b.Emit("y", "CONCATENATION", &op.Concat{Axis: 1}, x, part)
	if want := (tensor.Shape{-1, -1}); !y.Type.Shape.Equal(want) {
		t.Errorf("y is %v, want %v", y.Type, want)
	}
}

// TestMeasuredSizesAreFollowed pads what a number of rows leaves of 100.
func TestMeasuredSizesAreFollowed(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{100}})
	n := b.Input("n", ir.Type{DType: tensor.Int32})
	b.Measure(n, 100)
	kept := b.Emit("kept", "SLICE", nil, x, b.Ints("begin", 0), b.Vector("size", []Dim{{Unknown, n}}))
	rest := b.Emit("rest", "SUB", &op.Arith{}, b.Int("most", 100), n)
	padded := b.Emit("padded", "CONCATENATION", &op.Concat{}, kept, b.Emit("zeros", "FILL", nil, b.Vector("dims", []Dim{{Unknown, rest}}), b.Float("zero", 0)))
	for _, c := range []struct {
		v    *ir.Value
		want tensor.Shape
	}{{kept, tensor.Shape{-1}}, {padded, tensor.Shape{100}}} {
		if !c.v.Type.Shape.Equal(c.want) {
			t.Errorf("%s is %v, want %v", c.v.Name, c.v.Type, c.want)
		}
	}
	few := b.Input("few", ir.Type{DType: tensor.Int32})
	b.Measure(few, 10)
	if _, ok := b.Known(few); ok {
		t.Error("a size of at most 10 is taken for more")
	}
}

// TestSizesThatAreNotPossible asks for 50 rows of a number that depends on data: whether there are as many, too.
func TestSizesThatAreNotPossible(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 2}})
	cut := func(n int) *ir.Value {
		return b.EmitAs("y", "SLICE", nil, []ir.Type{{DType: tensor.Float32, Shape: tensor.Shape{-1, 2}}}, x, b.Ints("begin", 0, 0), b.Ints("size", n, -1))[0]
	}
	if got := cut(400).Type.Shape; !got.Equal(tensor.Shape{-1, 2}) { // more than 320, less than 448
		t.Errorf("shape %v", got)
	}
	if f := Try(func() { cut(4000) }); f == nil {
		t.Error("more rows than there ever are")
	}
}

// TestSlicesOfUnknownDimensions takes at most 100 rows of a tensor that may have fewer.
func TestSlicesOfUnknownDimensions(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 5}})
	slice := func(from, to int, attr *op.StridedSlice) tensor.Shape {
		return b.Emit("y", "STRIDED_SLICE", attr, x, b.Ints("begin", from, 0), b.Ints("end", to, 5), b.Ints("strides", 1, 1)).Type.Shape
	}
	for name, c := range map[string]struct{ got, want tensor.Shape }{
		"x[:100]":       {slice(0, 100, &op.StridedSlice{BeginMask: 3, EndMask: 2}), tensor.Shape{-1, 5}},
		"x[5000:-5000]": {slice(5000, -5000, &op.StridedSlice{BeginMask: 2, EndMask: 2}), tensor.Shape{-1, 5}},
		"x[-8:]":        {slice(-8, 0, &op.StridedSlice{BeginMask: 2, EndMask: 3}), tensor.Shape{-1, 5}},
		"x[:1]":         {slice(0, 1, &op.StridedSlice{BeginMask: 3, EndMask: 2}), tensor.Shape{1, 5}},
		"x[0]":          {slice(0, 1, &op.StridedSlice{EndMask: 2, ShrinkAxisMask: 1}), tensor.Shape{5}},
		"x[3, :]":       {slice(3, 4, &op.StridedSlice{EndMask: 2, ShrinkAxisMask: 1}), tensor.Shape{5}},
	} {
		if !c.got.Equal(c.want) {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
}

// TestShapesOfLargeTensors asks for the shapes of tensors that no folding could afford to read.
func TestShapesOfLargeTensors(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, -1, -1, 512}})
	for range 10 {
		sides := b.Emit("sides", "STRIDED_SLICE", &op.StridedSlice{}, b.Shape("shape", x), b.Ints("begin", 1), b.Ints("end", 3), b.Ints("strides", 1))
		if y := b.Emit("y", "RESIZE_BILINEAR", &op.Resize{}, x, sides); !b.SameShape(x, y) {
			t.Fatalf("%v, resized to its own size, has another shape", x.Type)
		}
	}
}
