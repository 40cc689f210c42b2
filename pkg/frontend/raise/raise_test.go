package raise_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// TestText raises graphs in the form of graphText.
func TestText(t *testing.T) {
	golden.Cases(t, "testdata/*.txtar", func(t *testing.T, c *golden.Case) {
		g := parseGraph(t, c.Section("graph"))
		before := graphText(g)
		raised, err := raise.Graph(g, strings.Fields(c.Section("keep")))
		if err != nil {
			c.Want("error", err.Error()+"\n")
			return
		}
		c.Want("raised", graphText(raised))
		if after := graphText(g); after != before {
			t.Errorf("the graph was changed to\n%s", after)
		}
	})
}

// frozen is a graph of testdata with TensorFlow's values of it.
type frozen struct {
	Name            string
	Inputs, Outputs []string
	Runs            []struct{ Inputs, Outputs [][]number }
}

// number is a number or a truth.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "true":
		*n = 1
	case "false":
		*n = 0
	default:
		return json.Unmarshal(b, (*float64)(n))
	}
	return nil
}

func frozenGraphs(t testing.TB) []frozen {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []frozen
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func load(t testing.TB, name string) *tfpb.GraphDef {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".pb"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := tfpb.DecodeGraphDef(data)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestFrozen raises graphs that TensorFlow made, and, where all values are scalars, compares results with TensorFlow's.
func TestFrozen(t *testing.T) {
	for _, c := range frozenGraphs(t) {
		t.Run(c.Name, func(t *testing.T) {
			g, err := raise.Graph(load(t, c.Name), c.Outputs)
			if err != nil {
				t.Fatal(err)
			}
			checkOps(t, g)
			for _, r := range c.Runs {
				feeds := map[string]float64{}
				for i, name := range c.Inputs {
					if len(r.Inputs[i]) != 1 {
						return
					}
					feeds[strings.TrimSuffix(name, ":0")] = float64(r.Inputs[i][0])
				}
				got, err := run(g, feeds, c.Outputs)
				if err != nil {
					t.Fatal(err)
				}
				for i := range got {
					if want := float64(r.Outputs[i][0]); math.Abs(got[i]-want) > 1e-5*math.Abs(want) {
						t.Errorf("%s of %v is %v, TensorFlow has %v", c.Outputs[i], feeds, got[i], want)
					}
				}
			}
		})
	}
}

// checkOps looks for what must not be left, for what refers to nothing, and for functions that nothing calls.
func checkOps(t testing.TB, g *tfpb.GraphDef) {
	t.Helper()
	bodies := [][]tfpb.NodeDef{g.Node}
	called := map[string]bool{}
	for i := range g.Library.Function {
		bodies = append(bodies, g.Library.Function[i].NodeDef)
	}
	for i, nodes := range bodies {
		names := map[string]bool{}
		if i > 0 {
			for _, a := range g.Library.Function[i-1].Signature.InputArg {
				names[a.Name] = true
			}
		}
		for _, n := range nodes {
			if names[n.Name] {
				t.Errorf("there are two of %q", n.Name)
			}
			names[n.Name] = true
			if slices.Contains([]string{"Enter", "Exit", "Merge", "Switch", "NextIteration", "LoopCond", "_SwitchN"}, n.Op) {
				t.Errorf("%s %q is left", n.Op, n.Name)
			}
			for _, e := range n.Attr.Entries {
				if e.Value.Func != nil {
					called[e.Value.Func.Name] = true
				}
				if e.Value.List != nil {
					for _, f := range e.Value.List.Func {
						called[f.Name] = true
					}
				}
			}
		}
		for _, n := range nodes {
			for _, input := range n.Input {
				name, _, _ := strings.Cut(strings.TrimPrefix(input, "^"), ":")
				if !names[name] {
					t.Errorf("%q reads %q, which is not there", n.Name, input)
				}
			}
		}
	}
	for i := range g.Library.Function {
		if f := g.Library.Function[i].Signature.Name; !called[f] {
			t.Errorf("nothing calls %q", f)
		}
	}
}
