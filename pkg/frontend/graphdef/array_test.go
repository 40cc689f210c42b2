package graphdef

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestOperatorsOfArrays holds what operators on arrays become: the type of the result and the operators, with constants and dead ones left out.
func TestOperatorsOfArrays(t *testing.T) {
	ints := func(name string, list ...int32) tfpb.NodeDef {
		return constant(name, tensor.I32(tensor.Shape{len(list)}, list...))
	}
	scalar := func(name string, x int32) tfpb.NodeDef { return constant(name, tensor.I32(tensor.Shape{}, x)) }
	open := []ir.Type{typed(f32, -1, 3, 4)}
	for name, c := range map[string]struct {
		inputs []ir.Type
		nodes  []tfpb.NodeDef
		want   string
	}{
		"reshape":            {open, []tfpb.NodeDef{ints("s", -1, 12), node("y = Reshape(x0, s)")}, "f32[?,12] RESHAPE"},
		"reshape to itself":  {[]ir.Type{typed(f32, 2, 3)}, []tfpb.NodeDef{ints("s", 2, -1), node("y = Reshape(x0, s)")}, "f32[2,3]"},
		"reshape by data":    {[]ir.Type{typed(f32, 6), typed(i64, 2)}, []tfpb.NodeDef{node("y = Reshape(x0, x1)")}, "f32[?,?] CAST RESHAPE"},
		"expand":             {open, []tfpb.NodeDef{scalar("a", -1), node("y = ExpandDims(x0, a)")}, "f32[?,3,4,1] RESHAPE"},
		"expand two unknown": {[]ir.Type{typed(f32, -1, -1)}, []tfpb.NodeDef{scalar("a", 1), node("y = ExpandDims(x0, a)")}, "f32[?,1,?] EXPAND_DIMS"},
		"transpose":          {open, []tfpb.NodeDef{ints("p", 0, -1, 1), node("y = Transpose(x0, p)")}, "f32[?,4,3] TRANSPOSE"},
		"transpose f64": {[]ir.Type{typed(tensor.Float64, 2, 3)}, []tfpb.NodeDef{
			ints("p", 1, 0), node("y = Transpose(x0, p)"),
		}, "f64[3,2] BITCAST TRANSPOSE BITCAST"},
		"slice from the end": {open, []tfpb.NodeDef{
			ints("b", 0, -1), ints("e", 0, 0), ints("s", 1, 1), attrs(node("y = StridedSlice(x0, b, e, s)"), "begin_mask", 1, "end_mask", 1, "shrink_axis_mask", 2),
		}, "f32[?,4] STRIDED_SLICE"},
		"new axis only": {open, []tfpb.NodeDef{
			ints("b", 0), ints("s", 1), attrs(node("y = StridedSlice(x0, b, b, s)"), "new_axis_mask", 1),
		}, "f32[1,?,3,4] RESHAPE"},
		"plain slice": {[]ir.Type{typed(f32, 4, 5)}, []tfpb.NodeDef{
			ints("b", 1, 2), ints("e", 3, 4), ints("s", 1, 1), node("y = StridedSlice(x0, b, e, s)"),
		}, "f32[2,2] SLICE"},
		"slice by data": {[]ir.Type{typed(f32, -1, 5), typed(i32, 1)}, []tfpb.NodeDef{
			ints("s", 1), attrs(node("y = StridedSlice(x0, x1, x1, s)"), "end_mask", 1)}, "f32[?,5] STRIDED_SLICE"},
		"empty parts": {[]ir.Type{typed(f32, 2, 3), typed(f32, 0, 3)}, []tfpb.NodeDef{
			scalar("a", 0), node("y = ConcatV2(x0, x1, a)"),
		}, "f32[2,3]"},
		"pack truths": {[]ir.Type{typed(tensor.Bool, -1)}, []tfpb.NodeDef{
			attrs(node("y = Pack(x0, x0)"), "axis", 1),
		}, "bool[?,2] RESHAPE RESHAPE CONCATENATION"},
		"pad nothing": {open, []tfpb.NodeDef{
			constant("p", tensor.I32(tensor.Shape{3, 2}, 0, 0, 0, 0, 0, 0)), node("y = Pad(x0, p)"),
		}, "f32[?,3,4]"},
		"tile once":            {open, []tfpb.NodeDef{ints("m", 1, 1, 1), node("y = Tile(x0, m)")}, "f32[?,3,4]"},
		"broadcast by reshape": {[]ir.Type{typed(f32, 2, 3)}, []tfpb.NodeDef{ints("s", 1, 2, 3), node("y = BroadcastTo(x0, s)")}, "f32[1,2,3] RESHAPE"},
		"update one row": {[]ir.Type{typed(f32, 4, 3), typed(i32, 1, 1), typed(f32, 1, 3)}, []tfpb.NodeDef{
			node("y = TensorScatterUpdate(x0, x1, x2)"),
		}, "f32[4,3] RESHAPE CONCATENATION DYNAMIC_UPDATE_SLICE"},
		"update known rows": {[]ir.Type{typed(f32, 4, 3), typed(f32, 2, 3)}, []tfpb.NodeDef{
			constant("i", tensor.I32(tensor.Shape{2, 1}, 1, 1)), node("y = TensorScatterUpdate(x0, i, x1)"),
		}, "f32[4,3] GATHER SELECT_V2"},
		"strings of a matrix": {[]ir.Type{typed(tensor.String, -1, 2), typed(i32, 3)}, []tfpb.NodeDef{
			node("y = Gather(x0, x1)"),
		}, "str[3,2] RESHAPE GATHER_ND"},
		"roll open": {open, []tfpb.NodeDef{
			scalar("s", 1), scalar("a", 0), node("y = Roll(x0, s, a)"),
		}, "f32[?,3,4] SHAPE STRIDED_SLICE RANGE SUB FLOOR_MOD GATHER"},
		"size": {open, []tfpb.NodeDef{node("y = Size(x0)")}, "i32[] SHAPE REDUCE_PROD"},
		"rank": {open, []tfpb.NodeDef{node("y = Rank(x0)")}, "i32[]"},
		"images of bytes": {[]ir.Type{typed(tensor.UInt8, -1, 4, 4, 3)}, []tfpb.NodeDef{
			ints("s", 8, 8), node("y = ResizeBilinear(x0, s)"),
		}, "f32[?,8,8,3] CAST RESIZE_BILINEAR"},
		"patches": {[]ir.Type{typed(f32, -1, 8, 8, 3)}, []tfpb.NodeDef{
			attrs(node("y = ExtractImagePatches(x0)"), "ksizes", []int{1, 2, 2, 1}, "strides", []int{1, 2, 2, 1}, "rates", []int{1, 1, 1, 1}, "padding", "VALID"),
		}, "f32[?,4,4,12] RESHAPE GATHER RESHAPE"},
		"fake quantization": {open, []tfpb.NodeDef{
			attrs(node("y = FakeQuantWithMinMaxArgs(x0)"), "min", float32(-1), "max", float32(1)),
		}, "f32[?,3,4] QUANTIZE DEQUANTIZE"},
		"of four bits": {open, []tfpb.NodeDef{
			attrs(node("y = FakeQuantWithMinMaxArgs(x0)"), "num_bits", 4),
		}, "f32[?,3,4] MINIMUM MAXIMUM SUB MUL ADD FLOOR MUL ADD"},
		"channels first": {[]ir.Type{typed(f32, -1, 8, 4, 4)}, []tfpb.NodeDef{
			attrs(node("y = DepthToSpace(x0)"), "block_size", 2, "data_format", "NCHW"),
		}, "f32[?,2,8,8] TRANSPOSE DEPTH_TO_SPACE TRANSPOSE"},
	} {
		m, err := imported(c.inputs, c.nodes...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		g := m.Graphs[0]
		made := g.Producers()
		live := map[*ir.Node]bool{}
		var mark func(v *ir.Value)
		mark = func(v *ir.Value) {
			if n := made[v]; n != nil && !live[n] {
				live[n] = true
				for _, in := range n.Inputs {
					mark(in)
				}
			}
		}
		mark(g.Outputs[0])
		got := []string{g.Outputs[0].Type.String()}
		for _, n := range g.Nodes {
			if live[n] {
				got = append(got, n.Op)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
