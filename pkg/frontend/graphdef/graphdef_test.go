package graphdef

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// node makes a node: "name = Op(input, input)".
func node(text string) tfpb.NodeDef {
	name, rest, _ := strings.Cut(text, " = ")
	kind, inputs, _ := strings.Cut(strings.TrimSuffix(rest, ")"), "(")
	n := tfpb.NodeDef{Name: name, Op: kind}
	if inputs != "" {
		n.Input = strings.Split(inputs, ", ")
	}
	return n
}

func graph(nodes ...string) *tfpb.GraphDef {
	g := &tfpb.GraphDef{}
	for _, text := range nodes {
		g.Node = append(g.Node, node(text))
	}
	return g
}

func function(name string, args, results []string, ret map[string]string, nodes ...string) tfpb.FunctionDef {
	f := tfpb.FunctionDef{Signature: tfpb.OpDef{Name: name}, NodeDef: graph(nodes...).Node}
	for _, a := range args {
		f.Signature.InputArg = append(f.Signature.InputArg, tfpb.ArgDef{Name: a})
	}
	for _, r := range results {
		f.Signature.OutputArg = append(f.Signature.OutputArg, tfpb.ArgDef{Name: r})
		f.Ret.Entries = append(f.Ret.Entries, tfpb.Entry[string]{Key: r, Value: ret[r]})
	}
	return f
}

func call(n tfpb.NodeDef, f string) tfpb.NodeDef {
	n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: "f", Value: tfpb.AttrValue{
		Kind: tfpb.AttrFunc, Func: &tfpb.NameAttrList{Name: f},
	}})
	return n
}

var floatInput = Port{Name: "x", Tensor: "x:0", Type: ir.Type{DType: f32, Shape: []int{-1, 3}}}

func TestCallsAreWalked(t *testing.T) {
	g := graph("x = Placeholder", "call = PartitionedCall(x)", "y = Identity(call:1, ^x)")
	g.Node[1] = call(g.Node[1], "outer")
	g.Library.Function = []tfpb.FunctionDef{
		function("outer", []string{"a"}, []string{"p", "q"}, map[string]string{"p": "inner_call:output:0", "q": "both:output:1"},
			"inner_call = StatefulPartitionedCall(a)", "both = IdentityN(a, inner_call:output:0)"),
		function("inner", []string{"b"}, []string{"r"}, map[string]string{"r": "same:output:0"}, "same = Identity(b)"),
	}
	g.Library.Function[0].NodeDef[0] = call(g.Library.Function[0].NodeDef[0], "inner")
	res, err := Import(g, Options{Inputs: []Port{floatInput}, Outputs: []Port{{Name: "y", Tensor: "y:0"}}, Signature: "serving_default"})
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(res.Model, op.Set); err != nil {
		t.Error(err)
	}
	want := `graph "main" {
  %0 = input "x" f32[?,3]
  return %0
}
signature "serving_default" graph=0 inputs={"x"=%0} outputs={"y"=%0}
`
	if diff := cmp.Diff(want, res.Model.String()); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

func TestUnsupportedOperatorsAreListedAtOnce(t *testing.T) {
	g := graph("x = Placeholder", "a = Cholesky(x)", "b = Cholesky(a)", "c = SymbolicGradient(x)", "unused = Lu(x)",
		"d = IdentityN(b, c, unused)", "y = Identity(d)", "z = Identity(d:1)")
	_, err := Import(g, Options{Inputs: []Port{floatInput}, Outputs: []Port{{Name: "y", Tensor: "y"}, {Name: "z", Tensor: "z"}}})
	if _, ok := errors.AsType[*Unsupported](err); !ok {
		t.Fatalf("error %v, want *Unsupported", err)
	}
	want := `operators that can't be converted: Cholesky (2 nodes, the first is "a"); ` +
		`SymbolicGradient (node "c"): gradients are not part of a model`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestDamagedGraphs(t *testing.T) {
	calls := func(g *tfpb.GraphDef, f string) *tfpb.GraphDef {
		g.Node[1] = call(g.Node[1], f)
		g.Library.Function = []tfpb.FunctionDef{
			function("again", []string{"a"}, []string{"r"}, map[string]string{"r": "n:output:0"}, "n = PartitionedCall(a)"),
			function("lost", []string{"a"}, []string{"r"}, map[string]string{"r": "n:output:0"}),
			function("silent", []string{"a"}, []string{"r"}, nil),
		}
		g.Library.Function[0].NodeDef[0] = call(g.Library.Function[0].NodeDef[0], "again")
		return g
	}
	for name, c := range map[string]struct {
		g    *tfpb.GraphDef
		want string
	}{
		"cycle":            {graph("x = Placeholder", "a = Identity(b)", "b = Identity(a)", "y = Identity(a)"), `node "a", Identity: the graph has a cycle through it`},
		"itself":           {graph("x = Placeholder", "y = Identity(y)"), `node "y", Identity: the graph has a cycle through it`},
		"no node":          {graph("x = Placeholder", "y = Identity(a)"), `node "y", Identity: there is no node "a"`},
		"no output":        {graph("x = Placeholder"), `there is no node "y"`},
		"no such result":   {graph("x = Placeholder", "a = Identity(x)", "y = Identity(a:1)"), `there is no "a:1"`},
		"bad reference":    {graph("x = Placeholder", "y = Identity(x:-1)"), `"x:-1" names no result of a node`},
		"no operand":       {graph("x = Placeholder", "y = Identity()"), `node "y", Identity: has 0 inputs, input 0 is missing`},
		"no value":         {graph("x = Placeholder", "y = Const()"), `node "y", Const: the value is missing`},
		"another input":    {graph("x = Placeholder", "y = Placeholder"), `which is not among the inputs`},
		"calls itself":     {calls(graph("x = Placeholder", "y = PartitionedCall(x)"), "again"), `function "again" calls itself`},
		"arguments":        {calls(graph("x = Placeholder", "y = PartitionedCall(x, x)"), "again"), `function "again" has 1 arguments, and is given 2`},
		"function's node":  {calls(graph("x = Placeholder", "y = PartitionedCall(x)"), "lost"), `function "lost": there is no node "n"`},
		"function's value": {calls(graph("x = Placeholder", "y = PartitionedCall(x)"), "silent"), `function "silent": "" names no result of a node`},
		"no function":      {calls(graph("x = Placeholder", "y = PartitionedCall(x)"), "none"), `there is no function "none"`},
		"not frozen":       {graph("x = Placeholder", "y = VariableV2"), `it must be frozen first`},
	} {
		_, err := Import(c.g, Options{Inputs: []Port{floatInput}, Outputs: []Port{{Name: "y", Tensor: "y"}}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}
