package build

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

func TestSameShape(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 3}})
	y := b.Input("y", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 3}})
	turned := b.Emit("turned", "TRANSPOSE", nil, b.Input("z", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{3, -1}}), b.Ints("perm", 1, 0))
	twice := b.Emit("twice", "CONCATENATION", &op.Concat{}, x, y)
	for _, c := range []struct {
		v    *ir.Value
		want bool
	}{{x, true}, {y, true}, {turned, false}, {twice, false}} {
		if got := b.SameShape(x, c.v); got != c.want {
			t.Errorf("SameShape of x and %s is %v", c.v.Name, got)
		}
	}
}

// TestDeclaredTypesCount adds a table of 4 rows to what has an unknown number of them: by its rule ADD does not take that.
func TestDeclaredTypesCount(t *testing.T) {
	b := New(&ir.Model{}, "main")
	x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 1}})
	table := b.Const("table", tensor.F32(tensor.Shape{4, 1}, 1, 2, 3, 4))
	if f := Try(func() { b.Emit("y", "ADD", &op.Arith{}, x, table) }); f == nil {
		t.Fatal("ADD of unknown rows and 4 does not need to be declared")
	}
	y := b.EmitDeclared("y", "ADD", &op.Arith{}, []ir.Type{{DType: tensor.Float32, Shape: tensor.Shape{4, 1}}}, x, table)[0]
	want := `graph "main" {
  %0 = input "x" f32[?,1]
  %1 = const "table" f32[4,1] = [1 2 3 4]
  %2 "y" f32[4,1] = ADD(%0, %1)
  return %2
}
`
	if diff := cmp.Diff(want, text(t, b, y)); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}
