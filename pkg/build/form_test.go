package build

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestGraphsOfLoopsHaveTheirOperandsForms runs a loop over a batch that is twice as large as the input's, with a captured size and a variable that grows.
func TestGraphsOfLoopsHaveTheirOperandsForms(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 3}})
	y := b.Emit("y", "CONCATENATION", &op.Concat{}, x, x)
	size := b.Shape("size", y)
	grown, changed, ok := b.Join(b.Form(x), b.Form(y))
	if !changed || !ok {
		t.Fatalf("joined: changed %v, ok %v", changed, ok)
	}
	if again, changed, _ := b.Join(grown, b.Form(y)); changed || !again.Same(0, grown, 0) {
		t.Error("a dimension of any size changes again")
	}
	forms := []Form{b.Form(y), b.Form(size), grown}
	body := b.Sub("body")
	p, s, g := body.Param("p", forms[0]), body.Capture(size), body.Param("g", forms[2])
	q := body.Emit("q", "ADD", &op.Arith{}, p, body.Emit("f", "FILL", nil, s, body.Float("one", 1)))
	body.Graph.Outputs = []*ir.Value{q, s, body.Emit("h", "CONCATENATION", &op.Concat{}, g, p)}
	if f := body.Form(q); !f.Same(0, forms[0], 0) || f.Same(0, b.Form(x), 0) {
		t.Errorf("q is %v, and y is %v", f, forms[0])
	}
	cond := b.Sub("cond")
	cond.Param("p", forms[0])
	cond.Capture(size)
	cond.Param("g", forms[2])
	cond.Graph.Outputs = []*ir.Value{cond.Const("no", &tensor.Tensor{DType: tensor.Bool, Shape: tensor.Shape{}, Data: []byte{0}})}
	attr := &op.While{Cond: cond.Index(), Body: body.Index()}
	b.Graph.Outputs = b.EmitForms("w", "WHILE", attr, forms, y, size, x)
	Bind(b.Model)
	if err := ir.Verify(b.Model, op.Set); err != nil {
		t.Error(err)
	}
	want := `graph "body" {
  %0 = input "p" f32[2,3] as[?,3]
  %1 = input "size" i32[2]
  %2 = input "g" f32[1,3] as[?,3]
  %3 = const "one" f32[] = [1]
  %4 "f" f32[2,3] as[?,3] = FILL(%1, %3)
  %5 "q" f32[2,3] as[?,3] = ADD(%0, %4)
  %6 "h" f32[3,3] as[?,3] = CONCATENATION(%2, %0)
  return %5, %1, %6
}
`
	b.Model.Graphs = b.Model.Graphs[1:2]
	if diff := cmp.Diff(want, b.Model.String()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}
