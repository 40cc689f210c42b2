package graphdef

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestVariablesThatChange adds to a variable, by order alone, in front of one of two readings.
func TestVariablesThatChange(t *testing.T) {
	g := graph("x = Placeholder", "v = VarHandleOp", "w = VarHandleOp", "before = ReadVariableOp(v)", "call = StatefulPartitionedCall(v, x, ^before)",
		"after = ReadVariableOp(v, ^call)", "fixed = ReadVariableOp(w)", "y = AddV2(before, after)", "z = Identity(fixed)")
	g.Node[4] = call(g.Node[4], "add")
	f := function("add", []string{"h", "d"}, nil, nil, "change = AssignAddVariableOp(h, d)", "end = NoOp(^change)")
	f.ControlRet.Entries = []tfpb.Entry[string]{{Key: "end", Value: "end"}}
	g.Library.Function = []tfpb.FunctionDef{f}
	res, err := Import(g, Options{
		Inputs:  []Port{{Name: "x", Tensor: "x", Type: ir.Type{DType: f32, Shape: tensor.Shape{2}}}},
		Outputs: []Port{{Name: "y", Tensor: "y"}, {Name: "z", Tensor: "z"}}, Signature: "s",
		Variables: func(n *tfpb.NodeDef) (*tensor.Tensor, error) { return tensor.F32(tensor.Shape{2}, 1, 2), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(res.Model, op.Set); err != nil {
		t.Error(err)
	}
	var order []string
	for _, n := range res.Model.Graphs[0].Nodes {
		order = append(order, n.Op)
	}
	const nodes = "CALL_ONCE VAR_HANDLE READ_VARIABLE READ_VARIABLE ADD ASSIGN_VARIABLE READ_VARIABLE ADD"
	if diff := cmp.Diff(nodes, strings.Join(order, " ")); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if v := res.Model.Graphs[0].Outputs[1]; v.Const == nil {
		t.Error("a variable that does not change is no constant")
	}
	if n := len(res.Model.Graphs); n != 2 {
		t.Errorf("%d graphs, want one that fills the variable beside the main one", n)
	}
}

func TestVariablesThatCantChange(t *testing.T) {
	for name, c := range map[string]struct {
		value *tensor.Tensor
		node  string
		want  string
	}{
		"type":     {&tensor.Tensor{DType: tensor.Float16, Shape: tensor.Shape{1}, Data: make([]byte, 2)}, "c = AssignVariableOp(v, x)", "a variable of f16 changes"},
		"operator": {tensor.F32(tensor.Shape{2}, 1, 2), "c = ResourceScatterUpdate(v, x, x)", "the model changes a variable while it runs"},
	} {
		g := graph("x = Placeholder", "v = VarHandleOp", c.node, "r = ReadVariableOp(v, ^c)", "y = Identity(r)")
		_, err := Import(g, Options{
			Inputs:    []Port{{Name: "x", Tensor: "x", Type: ir.Type{DType: f32, Shape: tensor.Shape{2}}}},
			Outputs:   []Port{{Name: "y", Tensor: "y"}},
			Variables: func(*tfpb.NodeDef) (*tensor.Tensor, error) { return c.value, nil },
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// TestVariablesThatChangeInLoops adds to a variable in a loop, and in branches, which only the order shows.
func TestVariablesThatChangeInLoops(t *testing.T) {
	change := body("change", []string{"h", "a"}, []string{"h", "a"}, node("c = AssignAddVariableOp(h, a)"))
	change.ControlRet.Entries = []tfpb.Entry[string]{{Key: "c", Value: "c"}}
	library := []tfpb.FunctionDef{change, body("more", []string{"h", "a"}, []string{"n:z:0"}, node("n = Less(a, a)"))}
	cases := node("c = Case(k, v, x)")
	cases.Attr.Entries = []tfpb.Entry[tfpb.AttrValue]{{Key: "branches", Value: tfpb.AttrValue{
		Kind: tfpb.AttrList, List: &tfpb.ListValue{Func: []tfpb.NameAttrList{{Name: "change"}, {Name: "change"}}},
	}}}
	for _, n := range []tfpb.NodeDef{
		functions(node("c = While(v, x)"), "cond", "more", "body", "change"),
		functions(node("c = If(x, v, x)"), "then_branch", "change", "else_branch", "change"),
		cases,
	} {
		g := graph("x = Placeholder", "v = VarHandleOp", "r = ReadVariableOp(v, ^c)", "y = Identity(r)")
		g.Node = append(g.Node, n, attrs(node("k = Cast(x)"), "DstT", tfpb.Int32))
		g.Library.Function = library
		_, err := Import(g, Options{
			Inputs: []Port{{Name: "x", Tensor: "x", Type: ir.Type{DType: f32, Shape: tensor.Shape{}}}}, Outputs: []Port{{Name: "y", Tensor: "y"}},
			Variables: func(*tfpb.NodeDef) (*tensor.Tensor, error) { return tensor.F32(tensor.Shape{}, 1), nil },
		})
		if err == nil || !strings.Contains(err.Error(), `function "change" changes a variable in a way that can't be converted`) {
			t.Errorf("%s: error %v", n.Op, err)
		}
	}
}
