package convert

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

func numbersOf[T tensor.Element](t *testing.T, d tensor.DType, shape tensor.Shape, values ...T) *tensor.Tensor {
	t.Helper()
	x := tensor.New(d, shape)
	if copy(tensor.View[T](x), values) != len(values) || len(values) != shape.Elements() {
		t.Fatalf("%d numbers for %v", len(values), shape)
	}
	return x
}

// A fully connected layer of int16 activations, int8 weights with a scale for each channel, and an int64 bias gives what one finds by hand.
func TestSimulation(t *testing.T) {
	g := &ir.Graph{Name: "main"}
	value := func(name string, d tensor.DType, q *quant.Params) *ir.Value {
		return g.Add(&ir.Value{Name: name, Type: ir.Type{DType: d, Shape: tensor.Shape{1, 2}}, Quant: q})
	}
	x, y := value("x", tensor.Float32, nil), value("y", tensor.Float32, nil)
	xq, yq := value("xq", tensor.Int16, quant.PerTensor(0.5, 0)), value("yq", tensor.Int16, quant.PerTensor(0.1, 0))
	w := g.AddConst("w", numbersOf[int8](t, tensor.Int8, tensor.Shape{2, 2}, 2, 4, 1, -3))
	w.Quant = &quant.Params{Scale: []float32{0.25, 0.5}, Zero: []int64{0, 0}}
	b := g.AddConst("b", numbersOf[int64](t, tensor.Int64, tensor.Shape{2}, 3, -1))
	b.Quant = &quant.Params{Scale: []float32{0.125, 0.25}, Zero: []int64{0, 0}}
	g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
	g.Nodes = []*ir.Node{
		{Op: "QUANTIZE", Inputs: []*ir.Value{x}, Outputs: []*ir.Value{xq}},
		{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{xq, w, b}, Outputs: []*ir.Value{yq}},
		{Op: "DEQUANTIZE", Inputs: []*ir.Value{yq}, Outputs: []*ir.Value{y}},
	}
	m := &ir.Model{Graphs: []*ir.Graph{g}}
	if err := simulate(m); err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m, op.Set); err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// 1.2 and -0.6 are stored as 1 and -0.5; the products with the bias are 0.375 and 1, stored as 0.4 and 1.
	out, err := p.NewSession().Run([]*tensor.Tensor{numbersOf[float32](t, tensor.Float32, tensor.Shape{1, 2}, 1.2, -0.6)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	scale := float32(0.1)
	if diff := cmp.Diff([]float32{4 * scale, 10 * scale}, tensor.View[float32](out[0])); diff != "" {
		t.Error(diff)
	}
}

// Simulated models are sound, no operator computes on stored integers, and their outputs are about what the float model's are.
func TestChooseForInt16(t *testing.T) {
	for _, build := range []func() *ir.Model{testmodel.Conv, testmodel.Residual, testmodel.Attention} {
		c := newChoosing(t, build(), "random:normal?samples=30&seed=3")
		opt := Options{Scheme: Int16x8}
		_, chosen, choice, err := c.choose(t, opt, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(chosen.Calibrator, choice.Trials)
		best := slices.IndexFunc(choice.Trials, func(o Trial) bool { return o.Calibrator == chosen.Calibrator.String() })
		for i, o := range choice.Trials {
			if b := choice.Trials[best].SQNR; o.SQNR > b || o.SQNR == b && i < best {
				t.Errorf("%v is chosen of %v", chosen.Calibrator, choice.Trials)
			}
		}
		if o := choice.Trials[0]; o.SQNR < 30 || o.SQNR > 100 {
			t.Errorf("minmax: %v dB", o.SQNR)
		}
		stats, err := Calibrate(t.Context(), c.float, opt, c.manifest, &Pool{Samples: c}, nil)
		if err != nil {
			t.Fatal(err)
		}
		opt.Quantize.IO = IOFloat32
		m, _, err := quantizeModel(c.float, opt, stats)
		if err != nil {
			t.Fatal(err)
		}
		if err := simulate(m); err != nil {
			t.Fatal(err)
		}
		if err := ir.Verify(m, op.Set); err != nil {
			t.Error(err)
		}
		pairs := 0
		for _, n := range m.Graphs[0].Nodes {
			if n.Op == "DEQUANTIZE" {
				pairs++
				continue
			}
			for _, v := range slices.Concat(n.Inputs, n.Outputs) {
				if v != nil && stored(v) && n.Op != "QUANTIZE" {
					t.Errorf("%s computes on %q %v", n.Op, v.Name, v.Type)
				}
			}
		}
		if pairs < len(c.float.Model.Graphs[0].Nodes) {
			t.Errorf("%d results are stored as integers, of %d operators", pairs, len(c.float.Model.Graphs[0].Nodes))
		}
	}
}
