package graphdef

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// functions gives a node attributes that are functions: names of attributes, each followed by the function's name.
func functions(n tfpb.NodeDef, pairs ...string) tfpb.NodeDef {
	for i := 0; i < len(pairs); i += 2 {
		a := tfpb.AttrValue{Kind: tfpb.AttrFunc, Func: &tfpb.NameAttrList{Name: pairs[i+1]}}
		n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: pairs[i], Value: a})
	}
	return n
}

// body makes a function of the argument a, and perhaps others, whose results are the given references.
func body(name string, args, results []string, nodes ...tfpb.NodeDef) tfpb.FunctionDef {
	f := tfpb.FunctionDef{Signature: tfpb.OpDef{Name: name}, NodeDef: nodes}
	for _, a := range args {
		f.Signature.InputArg = append(f.Signature.InputArg, tfpb.ArgDef{Name: a})
	}
	for i, r := range results {
		out := fmt.Sprint("r", i)
		f.Signature.OutputArg = append(f.Signature.OutputArg, tfpb.ArgDef{Name: out})
		f.Ret.Entries = append(f.Ret.Entries, tfpb.Entry[string]{Key: out, Value: r})
	}
	return f
}

// importScalar imports a graph with the node y, a function of x, a float32.
func importScalar(y tfpb.NodeDef, library []tfpb.FunctionDef, nodes ...tfpb.NodeDef) (*Result, error) {
	g := &tfpb.GraphDef{Node: append(nodes, node("x = Placeholder()"), y)}
	g.Library.Function = library
	return Import(g, Options{Inputs: []Port{{Name: "x", Tensor: "x", Type: ir.Type{DType: f32, Shape: tensor.Shape{}}}}, Outputs: []Port{{Name: "y", Tensor: "y"}}})
}

// TestBombs converts small graphs that stand for huge ones: functions and loops that call the next one twice.
func TestBombs(t *testing.T) {
	twice := func(operator string, pairs ...string) []tfpb.FunctionDef {
		var library []tfpb.FunctionDef
		for i := range 100 {
			next := make([]string, len(pairs))
			for k, p := range pairs {
				next[k] = strings.ReplaceAll(p, "#", fmt.Sprint(i+1))
			}
			library = append(library, body(fmt.Sprint("f", i), []string{"a"}, []string{"n:output:0"},
				functions(node("m = "+operator+"(a)"), next...), functions(node("n = "+operator+"(m:output:0)"), next...)))
		}
		last := body("f100", []string{"a"}, []string{"n:output:0"}, node("n = Exp(a)"))
		small := body("small", []string{"a"}, []string{"n:z:0"}, node("n = Less(a, a)"))
		return append(library, last, small)
	}
	for operator, c := range map[string]struct {
		y, inner []string
	}{
		"PartitionedCall": {[]string{"f", "f0"}, []string{"f", "f#"}},
		"While":           {[]string{"cond", "small", "body", "f0"}, []string{"cond", "small", "body", "f#"}},
	} {
		start := time.Now()
		_, err := importScalar(functions(node("y = "+operator+"(x)"), c.y...), twice(operator, c.inner...))
		if err == nil || !strings.Contains(err.Error(), "with its functions and loops") {
			t.Errorf("%s: error %v", operator, err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: took %v", operator, took)
		}
	}
}

func TestConstantsOfOneNumberAreBounded(t *testing.T) {
	n := constant("y", tensor.F32(tensor.Shape{8}, 1, 2, 3, 4, 5, 6, 7, 8))
	p := n.Attr.Get("value").Tensor
	l := newLimits(&tfpb.GraphDef{})
	l.expanded = maxExpanded
	if f := build.Try(func() { l.content(p) }); f != nil {
		t.Errorf("a constant that the graph holds: %v", f)
	}
	first := l.content(p)
	if second := l.content(p); first != second {
		t.Error("a constant is decoded twice")
	}
	p, err := tfpb.DecodeTensorProto([]byte{8, 1, 18, 5, 18, 3, 8, 200, 1}) // float32[200], without any value
	if err != nil {
		t.Fatal(err)
	}
	f := build.Try(func() { l.content(p) })
	if f == nil || f.Refused {
		t.Errorf("a constant that the graph doesn't hold: %v", f)
	}
}

func TestBranchesAreBounded(t *testing.T) {
	y := node("y = Case(k, x)")
	branches := make([]tfpb.NameAttrList, maxBranches+1)
	for i := range branches {
		branches[i].Name = "f"
	}
	f := body("f", []string{"a"}, []string{"a"})
	k := attrs(node("k = Cast(x)"), "DstT", tfpb.Int32)
	for n, want := range map[int]string{maxBranches: "", maxBranches + 1: "has more than 256 branches"} {
		y.Attr.Entries = []tfpb.Entry[tfpb.AttrValue]{{Key: "branches", Value: tfpb.AttrValue{Kind: tfpb.AttrList, List: &tfpb.ListValue{Func: branches[:n]}}}}
		_, err := importScalar(y, []tfpb.FunctionDef{f}, k)
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%d branches: error %v, want %q", n, err, want)
		}
	}
}

// TestLoopsReadVariables gives a loop the handle of a variable, which it hands on, and reads.
func TestLoopsReadVariables(t *testing.T) {
	library := []tfpb.FunctionDef{
		body("more", []string{"h", "a"}, []string{"n:z:0"}, attrs(node("v = ReadVariableOp(h)")), node("n = Less(a, v:value:0)")),
		body("next", []string{"h", "a"}, []string{"same:output:0", "n:z:0"}, node("same = Identity(h)"), node("v = ReadVariableOp(h)"), node("n = AddV2(a, v:value:0)")),
		body("other", []string{"h", "a"}, []string{"w", "a"}, node("w = VarHandleOp()")),
	}
	loop := func(body string) (*Result, error) {
		g := graph("x = Placeholder()", "v = VarHandleOp()", "y = Identity(loop:1)")
		g.Node = append(g.Node, functions(node("loop = While(v, x)"), "cond", "more", "body", body))
		g.Library.Function = library
		return Import(g, Options{
			Inputs: []Port{{Name: "x", Tensor: "x", Type: ir.Type{DType: f32, Shape: tensor.Shape{}}}}, Outputs: []Port{{Name: "y", Tensor: "y"}},
			Variables: func(*tfpb.NodeDef) (*tensor.Tensor, error) { return tensor.F32(nil, 3), nil },
		})
	}
	res, err := loop("next")
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(res.Model, op.Set); err != nil {
		t.Error(err)
	}
	if got := tensor.View[float32](run(t, res.Model, tensor.F32(tensor.Shape{}, -4))); !slices.Equal(got, []float32{5}) {
		t.Errorf("got %v, want 5", got)
	}
	if n := len(res.Model.Graphs[0].Nodes[0].Inputs); n != 1 {
		t.Errorf("the loop has %d variables, want 1", n)
	}
	if _, err = loop("other"); err == nil || !strings.Contains(err.Error(), "variable 0 of the loop becomes another kind of thing") {
		t.Errorf("error %v", err)
	}
}

// TestUnsupportedOperatorsInLoopsAreListed finds the operators of bodies and branches that can't be converted.
func TestUnsupportedOperatorsInLoopsAreListed(t *testing.T) {
	library := []tfpb.FunctionDef{
		body("more", []string{"a"}, []string{"n:z:0"}, node("n = Less(a, a)")),
		body("next", []string{"a"}, []string{"n:z:0"}, node("b = Cholesky(a)"), node("p = Less(a, a)"),
			functions(node("n = If(p:z:0, b:output:0)"), "then_branch", "qr", "else_branch", "lu")),
		body("qr", []string{"a"}, []string{"q:q:0"}, node("q = Qr(a)")),
		body("lu", []string{"a"}, []string{"l:lu:0"}, node("l = Lu(a)")),
	}
	_, err := importScalar(functions(node("y = While(x)"), "cond", "more", "body", "next"), library)
	var u *Unsupported
	if !errors.As(err, &u) || len(u.Ops) != 1 || u.Ops[0].Op != "Cholesky" {
		t.Errorf("error %v", err)
	}
	library[1].NodeDef[0].Op = "Exp"
	if _, err = importScalar(functions(node("y = While(x)"), "cond", "more", "body", "next"), library); !errors.As(err, &u) || len(u.Ops) != 2 {
		t.Errorf("error %v", err)
	}
}

func TestDamagedControlFlow(t *testing.T) {
	library := []tfpb.FunctionDef{
		body("one", []string{"a"}, []string{"a"}),
		body("two", []string{"a"}, []string{"a", "a"}),
		body("none", []string{"a"}, nil),
		body("wide", []string{"a"}, []string{"c:output:0"}, constant("c", tensor.F32(tensor.Shape{1}, 1))),
		body("false", []string{"a"}, []string{"c:output:0"}, constant("c", tensor.F32(tensor.Shape{}, 0))),
		body("true", []string{"a"}, []string{"c:output:0"}, constant("c", tensor.F32(tensor.Shape{}, 1))),
		body("integer", []string{"a"}, []string{"c:output:0"}, constant("c", tensor.I32(tensor.Shape{}, 1))),
	}
	while := func(cond, body string) tfpb.NodeDef {
		return functions(node("y = While(x)"), "cond", cond, "body", body)
	}
	choose := func(a, b string) tfpb.NodeDef {
		return functions(node("y = If(x, x)"), "then_branch", a, "else_branch", b)
	}
	for name, c := range map[string]struct {
		y    tfpb.NodeDef
		want string
	}{
		"too many results":       {while("one", "two"), "the body of a loop of 1 variables has 2 results"},
		"two conditions":         {while("two", "one"), "the condition has 2 results"},
		"another rank":           {while("one", "wide"), "variable 0 of the loop is f32[], and becomes f32[1]"},
		"another type":           {while("one", "integer"), "variable 0 of the loop is f32[], and becomes i32[]"},
		"no end":                 {while("true", "true"), "the loop never ends"},
		"no function":            {while("one", "three"), `there is no function "three"`},
		"no body":                {functions(node("y = While(x)"), "cond", "one"), `attribute "body", a function, is missing`},
		"results of branches":    {choose("one", "two"), "the branches have 1 and 2 results"},
		"ranks of branches":      {choose("one", "wide"), "result 0 is f32[] in one branch and f32[1] in the other"},
		"no branches":            {node("y = Case(x, x)"), "has no branches"},
		"branches of no results": {choose("none", "none"), `has 0 results: there is no "y"`},
	} {
		if _, err := importScalar(c.y, library); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	for _, y := range []tfpb.NodeDef{while("false", "one"), while("false", "true"), while("one", "one")} {
		if _, err := importScalar(y, library); err != nil {
			t.Error(err)
		}
	}
}
