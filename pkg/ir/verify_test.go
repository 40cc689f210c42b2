package ir

import (
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

func mustParse(t *testing.T, text string) *Model {
	t.Helper()
	m, err := Parse(text, testSet{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const chain = `graph "g" {
  %0 = input "in" f32[2]
  %1 = const "c" f32[2] = [1 2]
  %2 = variable "state" f32[2]
  %3 "a" f32[2] = NEG(%0)
  %4 "b" f32[2] = WINDOW(%3, %1, _, %2)
  return %4
}
signature "s" graph=0 inputs={"x"=%0} outputs={"y"=%4}
`

func TestVerifyAccepts(t *testing.T) {
	if err := Verify(mustParse(t, chain), testSet{}); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(m *Model, g *Graph)
		want string
	}{
		{"no graph", func(m *Model, g *Graph) { m.Graphs = nil }, "model has no graph"},
		{"nil value", func(m *Model, g *Graph) { g.Values = append(g.Values, nil) }, "value 5 is nil"},
		{"listed twice", func(m *Model, g *Graph) { g.Values = append(g.Values, g.Values[3]) }, `value "a" is listed twice`},
		{"unlisted input", func(m *Model, g *Graph) { g.Nodes[1].Inputs[0] = &Value{} }, "node 1 WINDOW: input 0 is not listed"},
		{"unlisted output", func(m *Model, g *Graph) { g.Nodes[1].Outputs[0] = &Value{} }, "node 1 WINDOW: output 0 is not listed"},
		{"absent output", func(m *Model, g *Graph) { g.Nodes[1].Outputs[0] = nil }, "node 1 WINDOW: output 0 is not listed"},
		{"too early", func(m *Model, g *Graph) { g.Nodes[0], g.Nodes[1] = g.Nodes[1], g.Nodes[0] }, `node 0 WINDOW: input 0 "a" is used before it is made`},
		{"made twice", func(m *Model, g *Graph) { g.Nodes[1].Outputs[0] = g.Values[3] }, `node 1 WINDOW: output 0 "a" is made twice`},
		{"constant made", func(m *Model, g *Graph) { g.Nodes[1].Outputs[0] = g.Values[1] }, `node 1 WINDOW: output 0 "c" is made twice`},
		{"graph output", func(m *Model, g *Graph) { g.Nodes = g.Nodes[:1] }, "output 0 is not made"},
		{"set", func(m *Model, g *Graph) { g.Nodes[0].Inputs = nil }, "node 0 NEG: has no single input"},
		{"type", func(m *Model, g *Graph) { g.Values[1].Type.DType = tensor.Int32 }, `value "c": is i32[2] and holds f32[2]`},
		{"shape", func(m *Model, g *Graph) { g.Values[1].Type.Shape = tensor.Shape{1, 2} }, `value "c": is f32[1,2] and holds f32[2]`},
		{"size", func(m *Model, g *Graph) { g.Values[1].Const.Data = g.Values[1].Const.Data[:4] }, `value "c": f32[2] holds 4 bytes`},
		{"no scale", func(m *Model, g *Graph) { g.Values[1].Quant = &quant.Params{} }, `value "c": has 0 scales and 0 zero points`},
		{"axis", func(m *Model, g *Graph) {
			g.Values[1].Quant = &quant.Params{Scale: []float32{1, 2}, Zero: []int64{0, 0}, Axis: 1}
		}, `value "c": has 2 scales along axis 1 of [2]`},
		{"signature's graph", func(m *Model, g *Graph) { m.Signatures[0].Graph = 1 }, `signature "s": graph 1 does not exist`},
		{"port", func(m *Model, g *Graph) { m.Signatures[0].Outputs[0].Value = &Value{} }, `signature "s": port "y" is no value of graph 0`},
	} {
		m := mustParse(t, chain)
		c.bend(m, m.Graphs[0])
		err := Verify(m, testSet{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestVerifyReturnsAllViolations(t *testing.T) {
	m := mustParse(t, chain)
	m.Graphs[0].Nodes[0].Inputs = nil
	m.Graphs[0].Values[1].Const.Data = nil
	err := Verify(m, testSet{})
	if err == nil || len(strings.Split(err.Error(), "\n")) != 2 {
		t.Errorf("error %v, want two", err)
	}
}
