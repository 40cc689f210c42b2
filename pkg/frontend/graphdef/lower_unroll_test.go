package graphdef

import (
	"fmt"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// nest makes loops of 16 rounds in each other, of one node each.
func nest(depth int) *tfpb.GraphDef {
	g := graph("x = Placeholder", "zero = Const", "limit = Const", "w = StatelessWhile(zero, x, limit)", "y = Identity(w:1)")
	number := func(n *tfpb.NodeDef, v int) {
		p, err := tfpb.DecodeTensorProto([]byte{0x08, 3, 0x12, 0, 0x38, byte(v)})
		if err != nil {
			panic(err)
		}
		n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: "value", Value: tfpb.AttrValue{Kind: tfpb.AttrTensor, Tensor: p}})
	}
	loop := func(n *tfpb.NodeDef, level int) {
		for _, f := range []string{"cond", "body"} {
			n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: f, Value: tfpb.AttrValue{Kind: tfpb.AttrFunc, Func: &tfpb.NameAttrList{Name: fmt.Sprint(f, level)}}})
		}
	}
	number(&g.Node[1], 0)
	number(&g.Node[2], 16)
	loop(&g.Node[3], 0)
	for level := range depth {
		nodes := []string{"one = Const", "next = AddV2(i, one:output:0)", "sum = Tanh(a)"}
		result := "sum:z:0"
		if level < depth-1 {
			nodes = append(nodes, "zero = Const", "limit = Const", "w = StatelessWhile(zero:output:0, sum:z:0, limit:output:0)")
			result = "w:output:1"
		}
		f := function(fmt.Sprint("body", level), []string{"i", "a", "n"}, []string{"r0", "r1", "r2"}, map[string]string{"r0": "next:z:0", "r1": result, "r2": "n"}, nodes...)
		number(&f.NodeDef[0], 1)
		if level < depth-1 {
			number(&f.NodeDef[3], 0)
			number(&f.NodeDef[4], 16)
			loop(&f.NodeDef[5], level+1)
		}
		g.Library.Function = append(g.Library.Function, f, function(fmt.Sprint("cond", level), []string{"i", "a", "n"}, []string{"r"}, map[string]string{"r": "less:z:0"}, "less = Less(i, n)"))
	}
	return g
}

// TestLoopsInLoops tries to write short loops out, which would take more operators, and must not take all day for the inner ones.
func TestLoopsInLoops(t *testing.T) {
	for depth := 1; depth <= 8; depth++ {
		res, err := Import(nest(depth), Options{Inputs: []Port{floatInput}, Outputs: []Port{{Name: "y", Tensor: "y"}}})
		if err != nil {
			t.Fatalf("%d loops: %v", depth, err)
		}
		nodes, whiles := 0, 0
		for _, g := range res.Model.Graphs {
			nodes += len(g.Nodes)
			for _, n := range g.Nodes {
				if n.Op == "WHILE" {
					whiles++
				}
			}
		}
		if nodes > 8*depth || whiles != depth {
			t.Errorf("%d loops become %d nodes, %d of them WHILE", depth, nodes, whiles)
		}
	}
}
