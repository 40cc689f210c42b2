package ir

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/tensor"
)

func TestPatch(t *testing.T) {
	m := mustParse(t, `graph "g" {
  %0 = input "in" f32[2]
  %1 "a" f32[2] = NEG(%0)
  %2 "b" f32[2] = NEG(%1)
  %3 "c" f32[2] = NEG(%1)
  return %2, %1
}
`)
	g := m.Graphs[0]
	before := m.String()
	typ := Type{DType: tensor.Float32, Shape: tensor.Shape{2}}
	p := NewPatch(g)
	front := p.Value(&Value{Name: "front", Type: typ})
	first := p.Value(&Value{Name: "first", Type: typ})
	second := p.Value(&Value{Name: "second", Type: typ})
	last := p.Value(&Value{Name: "last", Type: typ})
	neg := func(from, to *Value) *Node { return &Node{Op: "NEG", Inputs: []*Value{from}, Outputs: []*Value{to}} }
	p.After(nil, neg(g.Values[0], front))
	p.Before(g.Nodes[0], neg(front, first))
	p.Before(g.Nodes[0], neg(first, second))
	p.After(g.Nodes[1], neg(g.Values[1], last)) // reads "a", although everybody else is to read "second"
	p.Replace(g.Values[1], g.Values[2])         // by way of "b" …
	p.Replace(g.Values[2], second)              // … to "second"
	p.Remove(g.Nodes[2])
	if got := m.String(); got != before {
		t.Fatalf("the graph changed before Apply:\n%s", got)
	}
	p.Apply()
	want := `graph "g" {
  %0 = input "in" f32[2]
  %3 = value "c" f32[2]
  %4 "front" f32[2] = NEG(%0)
  %5 "first" f32[2] = NEG(%4)
  %6 "second" f32[2] = NEG(%5)
  %1 "a" f32[2] = NEG(%0)
  %2 "b" f32[2] = NEG(%6)
  %7 "last" f32[2] = NEG(%1)
  return %6, %6
}
`
	if diff := cmp.Diff(want, m.String()); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

func TestSweepKeepsWhatIsReferredTo(t *testing.T) {
	m := mustParse(t, `graph "g" {
  %0 = input "in" f32[2]
  %1 = const "scales" f32[2] = [1 2]
  %2 = const "unused" f32[2] = [1 2]
  %3 = value "gate" f32[2]
  %4 = value "port" f32[2]
  %5 "a" f32[2] = WINDOW(%0) intermediates(%3)
  return %5
}
`)
	g := m.Graphs[0]
	g.Values[5].Carry = &Carry{Refs: []*Value{g.Values[1]}}
	g.Sweep(Port{Value: g.Values[4]})
	var names []string
	for _, v := range g.Values {
		names = append(names, v.Name)
	}
	if diff := cmp.Diff([]string{"in", "scales", "gate", "port", "a"}, names); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}
