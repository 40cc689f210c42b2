package graphdef

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// productOf returns the equation of a product of matrices that may be transposed.
func productOf(left, right bool) string {
	return "..." + map[bool]string{false: "ab", true: "ba"}[left] + ",..." + map[bool]string{false: "bc", true: "cb"}[right] + "->...ac"
}

func turned(shape tensor.Shape, turn bool) tensor.Shape {
	s := shape.Clone()
	if n := len(s); turn {
		s[n-2], s[n-1] = s[n-1], s[n-2]
	}
	return s
}

// TestMatMulForms converts every form of MatMul and BatchMatMulV2, with constant operands and open dimensions, and names the operators.
func TestMatMulForms(t *testing.T) {
	for _, c := range []struct {
		op, constants, want string // want lists the operators by transposition of left and right: none, right, left, both
		x, y                tensor.Shape
	}{
		{"MatMul", "", "BATCH_MATMUL; FULLY_CONNECTED; BATCH_MATMUL; TRANSPOSE FULLY_CONNECTED", tensor.Shape{2, 3}, tensor.Shape{3, 4}},
		{"MatMul", "y", "FULLY_CONNECTED; FULLY_CONNECTED; TRANSPOSE FULLY_CONNECTED; TRANSPOSE FULLY_CONNECTED", tensor.Shape{2, 3}, tensor.Shape{3, 4}},
		{
			"MatMul", "x", "TRANSPOSE FULLY_CONNECTED TRANSPOSE; FULLY_CONNECTED TRANSPOSE; TRANSPOSE FULLY_CONNECTED TRANSPOSE; FULLY_CONNECTED TRANSPOSE",
			tensor.Shape{2, 3}, tensor.Shape{3, 4},
		},
		{"SparseMatMul", "", "BATCH_MATMUL; FULLY_CONNECTED; BATCH_MATMUL; TRANSPOSE FULLY_CONNECTED", tensor.Shape{2, 3}, tensor.Shape{3, 4}},
		{"BatchMatMulV2", "", "BATCH_MATMUL; BATCH_MATMUL; BATCH_MATMUL; BATCH_MATMUL", tensor.Shape{5, 2, 3}, tensor.Shape{5, 3, 4}},
		{"BatchMatMulV2", "", "BATCH_MATMUL; BATCH_MATMUL; BATCH_MATMUL; BATCH_MATMUL", tensor.Shape{5, 1, 2, 3}, tensor.Shape{4, 3, 4}},
		{
			"BatchMatMulV2", "y", "FULLY_CONNECTED; FULLY_CONNECTED; TRANSPOSE FULLY_CONNECTED; TRANSPOSE FULLY_CONNECTED",
			tensor.Shape{5, 2, 3}, tensor.Shape{3, 4},
		},
		{"BatchMatMulV2", "y", "BATCH_MATMUL; BATCH_MATMUL; BATCH_MATMUL; BATCH_MATMUL", tensor.Shape{5, 2, 3}, tensor.Shape{1, 3, 4}},
		{
			"BatchMatMulV2", "", strings.Repeat("; RESHAPE RESHAPE BATCH_MATMUL RESHAPE", 4)[2:],
			tensor.Shape{5, 1, 2, 3, 2, 3}, tensor.Shape{5, 4, 1, 1, 3, 4},
		},
		{
			"BatchMatMulV2", "", strings.Repeat("; BROADCAST_TO BROADCAST_TO RESHAPE RESHAPE BATCH_MATMUL RESHAPE", 4)[2:],
			tensor.Shape{5, 1, 2, 3, 2, 2, 3}, tensor.Shape{5, 4, 1, 1, 2, 3, 4},
		},
	} {
		wants := strings.Split(c.want, "; ")
		for form := range 4 {
			left, right := form&2 != 0, form&1 != 0
			t.Run(fmt.Sprintf("%s_%s_%v_%v_%d", c.op, c.constants, c.x, c.y, form), func(t *testing.T) {
				r := rand.New(rand.NewPCG(9, uint64(form)))
				x, y := noise(r, turned(c.x, left)...), noise(r, turned(c.y, right)...)
				n := attrs(node("y = "+c.op+"(x, y0)"), "transpose_a", left, "transpose_b", right, "adj_x", left, "adj_y", right)
				testMatMul(t, n, c.constants, x, y, einsum(productOf(left, right), []*tensor.Tensor{x, y}), wants[form])
			})
		}
	}
}

// testMatMul converts a product, also with the first dimensions open if they are not those of the matrices.
func testMatMul(t *testing.T, n tfpb.NodeDef, constants string, x, y, want *tensor.Tensor, ops string) {
	t.Helper()
	for _, open := range []bool{false, true} {
		n, nodes, types, inputs := n, []tfpb.NodeDef(nil), []ir.Type(nil), []*tensor.Tensor(nil)
		n.Input = nil
		for i, v := range []*tensor.Tensor{x, y} {
			if strings.Contains(constants, string("xy"[i])) {
				nodes, n.Input = append(nodes, constant("c", v)), append(n.Input, "c")
				continue
			}
			n.Input = append(n.Input, fmt.Sprintf("x%d", len(inputs)))
			shape := v.Shape.Clone()
			if open && len(shape) > 2 && shape[0] == want.Shape[0] && len(shape) == len(want.Shape) {
				shape[0] = -1
			}
			types, inputs = append(types, ir.Type{DType: v.DType, Shape: shape}), append(inputs, v)
		}
		m, err := imported(types, append(nodes, n)...)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, n := range m.Graphs[0].Nodes {
			found = append(found, n.Op)
		}
		if got := strings.Join(found, " "); !open && got != ops {
			t.Errorf("operators %s, want %s", got, ops)
		}
		near(t, want, run(t, m, inputs...))
	}
}

// TestIntegerMatMul multiplies integers beyond what float32 can count.
func TestIntegerMatMul(t *testing.T) {
	x, y := tensor.I32(tensor.Shape{1, 3}, 1<<24, 1, -5), tensor.I32(tensor.Shape{3, 2}, 3, 0, 1, 7, 0, 1)
	types := []ir.Type{{DType: i32, Shape: x.Shape}, {DType: i32, Shape: y.Shape}}
	m, err := imported(types, node("y = MatMul(x0, x1)"))
	if err != nil {
		t.Fatal(err)
	}
	got := tensor.View[int32](run(t, m, x, y))
	if want := []int32{3<<24 + 1, 2}; got[0] != want[0] || got[1] != want[1] {
		t.Errorf("product %v, want %v", got, want)
	}
}

// TestInt8MatMul takes both ways: by float32, which holds the sums of few products, and by int32.
func TestInt8MatMul(t *testing.T) {
	for _, k := range []int{exactInt8, exactInt8 + 1} {
		x, y := tensor.New(tensor.Int8, tensor.Shape{2, k}), tensor.New(tensor.Int8, tensor.Shape{k, 1})
		for i := range x.Data {
			x.Data[i] = 128 // -128
		}
		copy(y.Data, x.Data)
		n := attrs(node("y = BatchMatMulV3(x0, x1)"), "Tout", tfpb.Int32)
		m, err := imported([]ir.Type{{DType: x.DType, Shape: x.Shape}, {DType: y.DType, Shape: y.Shape}}, n)
		if err != nil {
			t.Fatal(err)
		}
		if got := tensor.View[int32](run(t, m, x, y)); got[0] != int32(k<<14) || got[1] != got[0] {
			t.Errorf("product %v, want %d", got, k<<14)
		}
	}
}

func TestMatMulRefusals(t *testing.T) {
	f := func(shape ...int) ir.Type { return ir.Type{DType: f32, Shape: shape} }
	for name, c := range map[string]struct {
		op   string
		x, y ir.Type
		want string
	}{
		"vector":       {"MatMul", f(3), f(3, 4), "want rank 2"},
		"batch vector": {"BatchMatMulV2", f(3), f(3, 4), "the operands have shapes [3] and [3,4]"},
		"inner":        {"MatMul", f(2, 3), f(2, 3), "can't be multiplied"},
		"types":        {"MatMul", f(2, 3), ir.Type{DType: i32, Shape: tensor.Shape{3, 4}}, "matrices of f32 and i32"},
	} {
		_, err := imported([]ir.Type{c.x, c.y}, node("y = "+c.op+"(x0, x1)"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}
