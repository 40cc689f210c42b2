package verify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// chain makes a model of operators one behind the other: "x f32 -QUANTIZE- q i8 -RELU- y i8". Its signature calls the first value "in" and the last one "out".
func chain(text string) Model {
	words := strings.Fields(text)
	g := &ir.Graph{}
	value := func(name, kind string) *ir.Value {
		v := &ir.Value{Name: name, Type: ir.Type{Shape: tensor.Shape{1, 4}}}
		switch kind {
		case "f32":
			v.Type.DType = tensor.Float32
		case "wide": // of another shape
			v.Type.DType, v.Type.Shape = tensor.Float32, tensor.Shape{1, 5}
		case "i8":
			v.Type.DType, v.Quant = tensor.Int8, quant.PerTensor(0.5, 3)
		case "i16":
			v.Type.DType, v.Quant = tensor.Int16, quant.PerTensor(0.01, 0)
		case "i32":
			v.Type.DType = tensor.Int32
		}
		return g.Add(v)
	}
	x := value(words[0], words[1])
	g.Inputs = []*ir.Value{x}
	for i := 2; i < len(words); i += 3 {
		y := value(words[i+1], words[i+2])
		name := strings.Trim(words[i], "-")
		attr, _ := op.Set.NewAttr(name)
		g.Nodes = append(g.Nodes, &ir.Node{Op: name, Attr: attr, Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}})
		x = y
	}
	g.Outputs = []*ir.Value{x}
	sig := &ir.Signature{Key: "s", Inputs: []ir.Port{{Name: "in", Value: g.Inputs[0]}}, Outputs: []ir.Port{{Name: "out", Value: x}}}
	return Model{Model: &ir.Model{Graphs: []*ir.Graph{g}, Signatures: []*ir.Signature{sig}}, Signature: sig, Digest: text}
}

func TestMatch(t *testing.T) {
	float := "x f32 -RELU- h f32 -TANH- y f32"
	for _, c := range []struct {
		name, float, quantized string
		want                   string
		alone                  int
	}{
		{"same names", float, "x i8 -RELU- h i8 -TANH- y i8", "x=x h=h y=y", 0},
		{"float borders", float, "x f32 -QUANTIZE- x_i8 i8 -RELU- h i8 -TANH- y_i8 i8 -DEQUANTIZE- y f32", "x=x x_i8=x h=h y_i8=y y=y", 0},
		{"another type between", float, "x i8 -QUANTIZE- w i16 -RELU- h i16 -TANH- y i16", "x=x w=x h=h y=y", 0},
		{"other names", float, "a i8 -RELU- b i8 -TANH- c i8", "a=x c=y", 1},
		{"another shape", "x f32 -RELU- h wide -TANH- y f32", "x i8 -RELU- h i8 -TANH- y i8", "x=x y=y", 1},
		{"integers of no scale", float, "x i8 -RELU- h i32 -TANH- y i8", "x=x y=y", 0},
		{"a name twice", "x f32 -RELU- h f32 -RELU- h f32 -TANH- y f32", "x i8 -RELU- h i8 -TANH- y i8", "x=x y=y", 1},
	} {
		p, err := Match(chain(c.float), chain(c.quantized))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, x := range p.tensors {
			got = append(got, x.quantized.Name+"="+x.float.Name)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" || p.alone != c.alone {
			t.Errorf("%s: %d are alone, want %d; (-want +got)\n%s", c.name, p.alone, c.alone, diff)
		}
	}
	if _, err := Match(chain(float), chain("x i32 -RELU- y i8")); err == nil || !strings.Contains(err.Error(), `input "x" is f32[1,4], in the quantized model i32[1,4]`) {
		t.Errorf("integers for real numbers: %v", err)
	}
	two := chain(float)
	two.Graphs[0].Outputs = append(two.Graphs[0].Outputs, two.Graphs[0].Values[1])
	if _, err := Match(two, chain(float)); err == nil || !strings.Contains(err.Error(), "2 and 1 outputs") {
		t.Errorf("another number of outputs: %v", err)
	}
}

// What a converter numbers has other names in each model; graphs that do not run do not count.
func TestMatchNumbered(t *testing.T) {
	split := func(names ...string) Model {
		m := chain("x f32 -RELU- h f32 -TANH- y f32")
		g := m.Graphs[0]
		n := &ir.Node{Op: "UNPACK", Attr: &op.Unpack{}, Inputs: []*ir.Value{g.Values[1]}}
		for _, name := range names {
			n.Outputs = append(n.Outputs, g.Add(&ir.Value{Name: name, Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{4}}}))
		}
		g.Nodes = append(g.Nodes, n)
		m.Graphs = append(m.Graphs, chain("z f32 -RELU- other f32").Graphs[0])
		return m
	}
	p, err := Match(split("a", "b"), split("a1", "a2"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.tensors); n != 5 || p.alone != 0 || p.tensors[4].float.Name != "b" {
		t.Errorf("%d activations are paired, %d are alone: %+v", n, p.alone, p.tensors)
	}
	if p, err = Match(split("a", "b"), split("a1", "a2", "a3")); err != nil || p.alone != 3 {
		t.Errorf("another number of results: %d are alone (%v)", p.alone, err)
	}
}

// Inputs and outputs are found by the signatures' names, whatever their order.
func TestMatchPorts(t *testing.T) {
	swapped := func(swap bool, names ...string) Model {
		m := chain("x f32 -RELU- h f32 -TANH- y f32")
		g := m.Graphs[0]
		g.Outputs = []*ir.Value{g.Values[1], g.Values[2]}
		if swap {
			g.Outputs[0], g.Outputs[1] = g.Outputs[1], g.Outputs[0]
		}
		m.Signature.Outputs = []ir.Port{{Name: names[0], Value: g.Values[1]}, {Name: names[1], Value: g.Values[2]}}
		return m
	}
	for _, c := range []struct {
		quantized Model
		want      []int
	}{{swapped(false, "a", "b"), []int{0, 1}}, {swapped(true, "a", "b"), []int{1, 0}}, {swapped(true, "a", "c"), []int{0, 1}}} {
		p, err := Match(swapped(false, "a", "b"), c.quantized)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, p.outputs); diff != "" {
			t.Error(diff)
		}
	}
}

// A model is the same as itself, and what an operator adds shows as a drop.
func TestResult(t *testing.T) {
	float := chain("x f32 -RELU- h f32 -TANH- y f32")
	run := func(q Model) *Result {
		t.Helper()
		p, err := Match(float, q)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Prepare([]*Pairing{p}, Question{Task: Classify, Tensors: true})
		if err != nil {
			t.Fatal(err)
		}
		s := c.Session()
		for range 3 {
			if err := s.Sample([]*tensor.Tensor{tensor.F32(tensor.Shape{1, 4}, 0.1, -0.4, 0.9, 0.7)}, nil); err != nil {
				t.Fatal(err)
			}
		}
		r, err := p.Result(s.Part(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	same := run(chain("x f32 -RELU- h f32 -TANH- y f32"))
	for _, x := range same.Tensors {
		if x.SQNR != 200 || x.Samples != 3 || x.Elements != 12 {
			t.Errorf("%+v", x)
		}
	}
	if len(same.Tensors) != 3 || same.Score.Agreement != 1 || same.Score.Drop != 0 || same.Unpaired != 0 {
		t.Errorf("%+v", same)
	}
	r := run(chain("x f32 -QUANTIZE- x_i8 i8 -DEQUANTIZE- x_real f32 -RELU- h f32 -TANH- y f32"))
	if got := r.WorstTensors()[0]; got.SQNR >= 20 || got.Max < 0.1 || got.Max > 0.25 {
		t.Errorf("the worst is %+v", got)
	}
	if o := r.WorstOperators()[0]; o.Op != "QUANTIZE" || *o.Drop < 180 {
		t.Errorf("the worst operator is %+v", o)
	}
	if _, err := r.Encode(); err != nil {
		t.Error(err)
	}
}
