package graphdef

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// opsOf lists a graph's operators, with the types of the results.
func opsOf(m *ir.Model) string {
	var list []string
	for _, n := range m.Graphs[0].Nodes {
		list = append(list, n.Op)
	}
	out := m.Graphs[0].Outputs[0].Type
	return fmt.Sprintf("%s: %v%v", strings.Join(list, " "), out.DType, out.Shape)
}

// TestWhatRulesEmit shows what becomes of nodes by types, ranks and unknown dimensions: operators, and the type of the result.
func TestWhatRulesEmit(t *testing.T) {
	five := ir.Type{DType: f32, Shape: tensor.Shape{1, 1, 1, 2, 3}}
	wide := ir.Type{DType: f32, Shape: tensor.Shape{2, 1, 2, 1, 3}}
	seven := ir.Type{DType: f32, Shape: tensor.Shape{1, 2, 1, 2, 1, 1, 3}}
	seven2 := ir.Type{DType: f32, Shape: tensor.Shape{2, 2, 2, 2, 2, 1, 3}}
	open5 := ir.Type{DType: f32, Shape: tensor.Shape{-1, 1, 1, 2, 3}}
	typ := func(d tensor.DType, shape ...int) ir.Type { return ir.Type{DType: d, Shape: shape} }
	two, half := constant("two", tensor.F32(nil, 2)), constant("half", tensor.F32(nil, 0.5))
	axis, axes := constant("axis", tensor.I32(nil, -1)), constant("axes", tensor.I32(tensor.Shape{2}, 0, 1))
	none := constant("none", tensor.I32(tensor.Shape{0}))
	for _, c := range []struct {
		in    []ir.Type
		nodes []tfpb.NodeDef
		want  string // or the error
	}{
		{[]ir.Type{typ(f32, -1, 3), typ(f32, -1, 3)}, nodes("y = AddV2(x0, x1)"), "ADD: f32[?,3]"},
		{[]ir.Type{typ(f32, -1, 3), typ(f32, 4, 3)}, nodes("y = AddV2(x0, x1)"), "ADD: f32[4,3]"},
		{[]ir.Type{typ(tensor.UInt8, 4), typ(tensor.UInt8, 4)}, nodes("y = AddV2(x0, x1)"), "CAST CAST ADD CAST: u8[4]"},
		{[]ir.Type{typ(tensor.UInt32, 4), typ(tensor.UInt32, 4)}, nodes("y = Sub(x0, x1)"), "CAST CAST SUB CAST: u32[4]"},
		{[]ir.Type{typ(tensor.UInt32, 4), typ(tensor.UInt32, 4)}, nodes("y = Less(x0, x1)"), "CAST CAST LESS: bool[4]"},
		{[]ir.Type{typ(tensor.Float16, 4), typ(tensor.Float16, 4)}, nodes("y = Mul(x0, x1)"), "CAST CAST MUL CAST: f16[4]"},
		{[]ir.Type{typ(tensor.Float64, 4), typ(tensor.Float64, 4)}, nodes("y = Mul(x0, x1)"), "MUL of f64 is not possible in TFLite: build the model in float32"},
		{[]ir.Type{typ(i64, 4), typ(i64, 4)}, nodes("y = FloorDiv(x0, x1)"), "FLOOR_DIV of i64 is not possible in TFLite"},
		{[]ir.Type{typ(f32, 4), typ(i32, 4)}, nodes("y = Mul(x0, x1)"), "the operands are f32 and i32"},
		{[]ir.Type{typ(f32, 4), typ(f32, 3)}, nodes("y = Mul(x0, x1)"), "shapes [4] and [3] do not broadcast"},
		{[]ir.Type{five, wide}, nodes("y = AddV2(x0, x1)"), "ADD: f32[2,1,2,2,3]"},
		{[]ir.Type{five, wide}, nodes("y = Less(x0, x1)"), "BROADCAST_TO BROADCAST_TO LESS: bool[2,1,2,2,3]"},
		{[]ir.Type{five, wide}, nodes("y = SquaredDifference(x0, x1)"), "SUB SQUARE: f32[2,1,2,2,3]"},
		{[]ir.Type{five, five}, nodes("y = SquaredDifference(x0, x1)"), "SQUARED_DIFFERENCE: f32[1,1,1,2,3]"},
		{[]ir.Type{seven, seven2}, nodes("y = SquaredDifference(x0, x1)"), "BROADCAST_TO SQUARED_DIFFERENCE: f32[2,2,2,2,2,1,3]"},
		{[]ir.Type{open5, wide}, nodes("y = Less(x0, x1)"), "BROADCAST_TO BROADCAST_TO LESS: bool[2,1,2,2,3]"},
		{[]ir.Type{open5, typ(f32, 1, -1, 2, 1, 3)}, nodes("y = Less(x0, x1)"), "SHAPE SHAPE BROADCAST_ARGS BROADCAST_TO BROADCAST_TO LESS: bool[?,?,2,2,3]"},
		{[]ir.Type{open5, open5}, nodes("y = Less(x0, x1)"), "LESS: bool[?,1,1,2,3]"},
		{[]ir.Type{typ(f32, -1, 3)}, append(nodes("y = Pow(x0, two)"), two), "MUL: f32[?,3]"},
		{[]ir.Type{typ(f32, -1, 3)}, append(nodes("y = Pow(x0, half)"), half), "SQRT: f32[?,3]"},
		{[]ir.Type{typ(i64, 3)}, nodes("y = Square(x0)"), "MUL: i64[3]"},
		{[]ir.Type{typ(i64, 3)}, nodes("y = Abs(x0)"), "NEG MAXIMUM: i64[3]"},
		{[]ir.Type{typ(f32, 2), typ(f32, 2), typ(f32, 2)}, nodes("y = AddN(x0, x1, x2)"), "ADD_N: f32[2]"},
		{[]ir.Type{typ(i64, 2), typ(i64, 2), typ(i64, 2)}, nodes("y = AddN(x0, x1, x2)"), "ADD ADD: i64[2]"},
		{[]ir.Type{typ(tensor.Bool, -1, 3), typ(f32, -1, 3)}, nodes("y = SelectV2(x0, x1, x1)"), "SELECT_V2: f32[?,3]"},
		{[]ir.Type{typ(tensor.Bool, 2), typ(f32, 2, 3)}, nodes("y = Select(x0, x1, x1)"), "SELECT: f32[2,3]"},
		{[]ir.Type{typ(tensor.Bool, 2, 1), typ(f32, 2, 3), typ(f32, 1, 3)}, nodes("y = SelectV2(x0, x1, x2)"), "SELECT_V2: f32[2,3]"},
		{[]ir.Type{typ(tensor.Bool, 2, 1), typ(tensor.Float64, 2, 3)}, nodes("y = SelectV2(x0, x1, x1)"), "BITCAST BITCAST SELECT_V2 BITCAST: f64[2,3]"},
		{[]ir.Type{typ(f32, -1, 3, 4)}, append(nodes("y = Sum(x0, axes)"), axes), "SUM: f32[4]"},
		{[]ir.Type{typ(f32, -1, 3, 4)}, append(nodes("y = Sum(x0, none)"), none), ": f32[?,3,4]"},
		{[]ir.Type{typ(f32, -1, 3), typ(i32, 1)}, nodes("y = Mean(x0, x1)"), "MEAN: f32[?]"},
		{[]ir.Type{typ(tensor.UInt8, -1, 3)}, append(nodes("y = Max(x0, axis)"), axis), "CAST REDUCE_MAX CAST: u8[?]"},
		{[]ir.Type{typ(f32, -1, 3)}, append(nodes("y = ArgMax(x0, axis)"), axis), "ARG_MAX: i64[?]"},
		{[]ir.Type{typ(i64, -1, 3)}, append(nodes("y = ArgMin(x0, axis)"), axis), "REDUCE_MIN EQUAL ARG_MAX: i64[?]"},
		{[]ir.Type{typ(f32, -1, 5), typ(i32)}, nodes("y = TopKV2(x0, x1)"), "TOPK_V2: f32[?,?]"},
		{[]ir.Type{typ(f32, 4, 3), typ(i64, 4)}, nodes("y = SegmentMean(x0, x1)"),
			"CAST REDUCE_MAX ADD UNSORTED_SEGMENT_SUM SHAPE STRIDED_SLICE PACK RESHAPE UNSORTED_SEGMENT_SUM MAXIMUM DIV: f32[?,3]"},
		{[]ir.Type{typ(tensor.Complex64, -1, 3)}, nodes("y = Conj(x0)"), "BITCAST MUL BITCAST: c64[?,3]"},
		{[]ir.Type{typ(f32, -1, 3)}, append(nodes("y = Cumsum(x0, axis)"), axis), "CUMSUM: f32[?,3]"},
	} {
		m, err := imported(c.in, c.nodes...)
		got := ""
		if err == nil {
			got = opsOf(m)
		} else if got = err.Error(); strings.Contains(got, c.want) {
			continue
		}
		if got != c.want {
			t.Errorf("%v %s: %q, want %q", c.in, c.nodes[0].Op, got, c.want)
		}
	}
}

func nodes(text ...string) (list []tfpb.NodeDef) { return graph(text...).Node }
