//go:build conformance

package graphdef_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// verdict is what came of a case.
type verdict string

const (
	agrees     verdict = "agrees"
	closed     verdict = "closed"     // agrees if the inputs' open dimensions are given, and is refused if not
	refused    verdict = "refused"    // with an error that says why
	unrunnable verdict = "unrunnable" // converted, but package exec has no kernel for an operator: LiteRT judges these
	wrong      verdict = "wrong"      // other values than TensorFlow's, a broken graph, or a panic
)

// outcome is a line of .corpus/tfops/octet.json.
type outcome struct {
	Group   string         `json:"group"`
	Case    string         `json:"case"`
	Verdict verdict        `json:"verdict"`
	Why     string         `json:"why,omitempty"`
	Ops     map[string]int `json:"ops"`
	Lite    lite           `json:"lite"`
	graph   []byte
}

// TestOperatorsAgreeWithTensorFlow converts every one-operator graph and compares what package exec makes of it with TensorFlow's values, before the passes
// and after. A case may be refused if TFLiteConverter refuses it too, or if testdata/refused.txt says why.
func TestOperatorsAgreeWithTensorFlow(t *testing.T) {
	excuses := readExcuses(t)
	var outcomes []outcome
	for _, group := range groups(t) {
		t.Run(group.name, func(t *testing.T) {
			var flatbuffers [][]byte
			for i, c := range group.cases {
				if c.Failed != "" {
					flatbuffers = append(flatbuffers, nil)
					continue
				}
				o := judge(t, group, i)
				o.Group, o.Case, o.Lite = group.name, c.Name, c.Lite
				outcomes = append(outcomes, o)
				flatbuffers = append(flatbuffers, o.graph)
				key := group.name + "/" + c.Name
				switch _, excused := excuses[key]; {
				case o.Verdict == wrong:
					t.Errorf("%s: %s", key, o.Why)
				case (o.Verdict == refused || o.Verdict == closed) && c.Lite.Ops != nil && !excused:
					t.Errorf("%s is refused, which TFLiteConverter lowers to %v: %s", key, c.Lite.Ops, o.Why)
				case o.Verdict != refused && o.Verdict != closed && excused:
					t.Errorf("%s is converted: remove it from testdata/refused.txt", key)
				}
			}
			group.store(t, flatbuffers)
		})
	}
	report(t, outcomes)
}

// judge converts case i and runs it. Samples of different shapes are run on the graph with open dimensions, and on one with each sample's shapes.
func judge(t *testing.T, g *group, i int) (o outcome) {
	defer func() {
		if r := recover(); r != nil {
			o = outcome{Verdict: wrong, Why: fmt.Sprintf("panic: %v", r)}
		}
	}()
	c := &g.cases[i]
	def, err := tfpb.DecodeGraphDef(g.read(t, fmt.Sprintf("%d.pb", i)))
	if err != nil {
		return outcome{Verdict: wrong, Why: err.Error()}
	}
	samples := g.samples(t, i)
	o.Verdict = agrees
	var problems []string
	for _, settled := range []bool{false, true} {
		m, err := c.convert(def, nil, settled)
		if err != nil && verdictOf(err) == refused && len(c.open()) > 0 { // what can't be done with open dimensions may be possible with known ones
			o.Verdict, o.Why = closed, "open dimensions: "+err.Error()
			m, err = c.convert(def, samples[0].shapes(), settled)
			samples = samples[:1]
		}
		if err != nil {
			return outcome{Verdict: verdictOf(err), Why: err.Error()}
		}
		for s, sample := range samples {
			if err := c.run(m, sample); err != nil {
				if v := verdictOf(err); v == wrong || o.Verdict != wrong {
					o.Verdict = v
				}
				problems = append(problems, fmt.Sprintf("sample %d, %s: %v", s, stage(settled), err))
			}
		}
		if settled {
			o.Ops = countOps(m)
			if o.graph, err = tflite.Encode(m); err != nil {
				return outcome{Verdict: wrong, Why: "encode: " + err.Error()}
			}
		}
	}
	if o.Verdict != agrees && o.Verdict != closed {
		o.Why = problems[0]
	}
	return o
}

func stage(settled bool) string {
	if settled {
		return "after the passes"
	}
	return "before the passes"
}

// fault is a difference from TensorFlow, or a graph that can't be right.
type fault struct{ error }

func verdictOf(err error) verdict {
	var f fault
	var u *exec.UnsupportedError
	switch {
	case errors.As(err, &f):
		return wrong
	case errors.As(err, &u):
		return unrunnable
	}
	return refused
}

// convert imports a case's graph; shapes, if any, are the inputs'.
func (c *testCase) convert(def *tfpb.GraphDef, shapes []tensor.Shape, settled bool) (*ir.Model, error) {
	opt := graphdef.Options{Signature: "serving_default"}
	for i, p := range c.Inputs {
		port := graphdef.Port{Name: fmt.Sprintf("in%d", i), Tensor: p.Name}
		if shapes != nil {
			port.Type = ir.Type{DType: p.dtype(), Shape: shapes[i]}
		}
		opt.Inputs = append(opt.Inputs, port)
	}
	for i, p := range c.Outputs {
		opt.Outputs = append(opt.Outputs, graphdef.Port{Name: fmt.Sprintf("out%d", i), Tensor: p.Name})
	}
	keep := make([]string, len(c.Outputs))
	for i, p := range c.Outputs {
		keep[i] = p.Name
	}
	def, err := raise.Graph(def, keep)
	if err != nil {
		return nil, err
	}
	res, err := graphdef.Import(def, opt)
	if err != nil {
		return nil, err
	}
	m := res.Model
	if settled {
		if err := pass.Settle(m, pass.Import); err != nil {
			return nil, fault{fmt.Errorf("passes: %w", err)}
		}
	}
	build.Bind(m)
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			if strings.HasPrefix(n.Op, "TF_") && settled {
				return nil, fault{fmt.Errorf("%s is left after the passes", n.Op)}
			} else if strings.HasPrefix(n.Op, "TF_") {
				return m, nil // not a graph of TFLite's yet
			}
		}
	}
	if err := ir.Verify(m, op.Set); err != nil {
		return nil, fault{fmt.Errorf("verify: %w", err)}
	}
	return m, nil
}

// run compares what package exec makes of a sample with TensorFlow's values.
func (c *testCase) run(m *ir.Model, s sample) error {
	var shapes []tensor.Shape
	for _, in := range s.inputs {
		shapes = append(shapes, in.Shape)
	}
	for _, g := range m.Graphs {
		if slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return strings.HasPrefix(n.Op, "TF_") }) {
			return nil
		}
	}
	p, err := exec.Compile(m, 0, exec.Options{InputShapes: shapes})
	if err != nil {
		var u *exec.UnsupportedError
		if errors.As(err, &u) {
			return err
		}
		if c.strings() {
			return &exec.UnsupportedError{}
		}
		return fault{fmt.Errorf("compile: %w", err)}
	}
	got, err := p.NewSession().Run(s.inputs, nil)
	if err != nil {
		return fault{fmt.Errorf("run: %w", err)}
	}
	if len(got) != len(s.outputs) {
		return fault{fmt.Errorf("%d outputs, want %d", len(got), len(s.outputs))}
	}
	for i, want := range s.outputs {
		if err := compare(want, got[i], c.Random, c.noise()); err != nil {
			return fault{fmt.Errorf("output %d: %w", i, err)}
		}
	}
	return nil
}

func countOps(m *ir.Model) map[string]int {
	found := map[string]int{}
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			found[n.Op]++
		}
	}
	return found
}
