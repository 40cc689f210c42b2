package raise_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// fuzzOps are the operators of graphs that are made of bytes.
var fuzzOps = []string{"Placeholder", "Const", "Identity", "AddV2", "Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond", "_SwitchN", "NoOp", "Assign", "RefMerge"}

// fromBytes makes a graph of four bytes a node: the operator, two inputs and a node that is waited for; an input of 255 is none.
func fromBytes(data []byte) *tfpb.GraphDef {
	g := &tfpb.GraphDef{}
	for i := 0; i+4 <= len(data); i += 4 {
		n := tfpb.NodeDef{Name: fmt.Sprint("n", i/4), Op: fuzzOps[int(data[i]&15)%len(fuzzOps)]}
		for _, b := range data[i+1 : i+3] {
			if b != 255 {
				n.Input = append(n.Input, fmt.Sprintf("n%d:%d", b&63, b>>6))
			}
		}
		if data[i+3] != 255 {
			n.Input = append(n.Input, fmt.Sprintf("^n%d", data[i+3]))
		}
		set(&n, "frame_name", fmt.Sprint("f", data[i]>>6))
		set(&n, "num_outs", "3")
		if data[i]&16 != 0 {
			set(&n, "is_constant", "true")
		}
		g.Node = append(g.Node, n)
	}
	return g
}

func FuzzGraph(f *testing.F) {
	f.Add([]byte{0, 255, 255, 255, 6, 0, 255, 255, 5, 1, 6, 255, 9, 2, 255, 255, 4, 2, 3, 255, 2, 64 + 4, 255, 255, 8, 5, 255, 255, 7, 4, 255, 255}, 7)
	f.Add([]byte{0, 255, 255, 255, 4, 0, 0, 255, 2, 1, 255, 255, 2, 65, 255, 255, 1, 255, 255, 2, 1, 255, 255, 3, 5, 4, 5, 255}, 6)
	f.Fuzz(func(t *testing.T, data []byte, keep int) {
		if len(data) > 4*64 {
			return
		}
		g := fromBytes(data)
		before := graphText(g)
		raised, err := raise.Graph(g, []string{fmt.Sprintf("n%d", keep)})
		if after := graphText(g); after != before {
			t.Errorf("the graph was changed from\n%s\nto\n%s", before, after)
		}
		if err == nil && raised != g {
			checkOps(t, raised)
		}
	})
}

// TestDamage cuts a frozen graph's messages and changes their bytes: what comes out is a graph or an error.
func TestDamage(t *testing.T) {
	for _, name := range []string{"mixed", "lowered_while"} {
		data, err := os.ReadFile("testdata/" + name + ".pb")
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(data); i += 5 {
			changed := bytes.Clone(data)
			changed[i] ^= 0x15
			if g, err := tfpb.DecodeGraphDef(changed); err == nil && len(g.Node) > 0 {
				_, _ = raise.Graph(g, []string{g.Node[len(g.Node)-1].Name})
			}
		}
	}
}

// TestDeep raises a long chain, conditionals in conditionals, and many that share their insides.
func TestDeep(t *testing.T) {
	chain := parseGraph(t, "p = Placeholder\ns = Switch p p\nm = Merge s s:1\n")
	last := "m"
	for i := range 30000 {
		n := tfpb.NodeDef{Name: fmt.Sprint("c", i), Op: "Neg", Input: []string{last}}
		last = n.Name
		chain.Node = append(chain.Node, n)
	}
	if _, err := raise.Graph(chain, []string{last}); err != nil {
		t.Error(err)
	}
	for _, deep := range []int{50, 600} {
		nested := parseGraph(t, "x0 = Placeholder\n")
		add := func(name, op string, inputs ...string) {
			nested.Node = append(nested.Node, tfpb.NodeDef{Name: name, Op: op, Input: inputs})
		}
		for i := range deep { // x(i+1) is x(i) in one branch of p(i)
			p, s := fmt.Sprint("p", i), fmt.Sprint("s", i)
			add(p, "Greater", fmt.Sprint("x", i), fmt.Sprint("x", i))
			add(s, "Switch", fmt.Sprint("x", i), p)
			add(fmt.Sprint("x", i+1), "Neg", s)
		}
		join := fmt.Sprint("x", deep)
		for i := deep - 1; i >= 0; i-- {
			m := fmt.Sprint("m", i)
			add(m, "Merge", join, fmt.Sprintf("s%d:1", i))
			add("a"+m, "Neg", m)
			add("b"+m, "Neg", m)
			join = "b" + m
		}
		if _, err := raise.Graph(nested, []string{join}); (err != nil) != (deep > 256) {
			t.Errorf("%d: %v", deep, err)
		}
	}
}
