package quantize_test

import (
	"math"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
)

// Under int16x8 the bias of a channel whose weights are next to 0 is stored in steps that LiteRT's kernel multiplies by more than 0: it fits into 32 bits, and stands for what it did.
func TestBiasBesideWeightsNextToZero(t *testing.T) {
	g := &ir.Graph{}
	value := func(name string, r quant.Range, shape ...int) *ir.Value {
		return g.Add(&ir.Value{Name: name, Type: ir.Type{DType: tensor.Float32, Shape: shape}, Range: &r})
	}
	x := value("x", quant.Range{Min: -1, Max: 1}, 1, 2)
	w := g.AddConst("w", tensor.F32(tensor.Shape{2, 2}, 1, -0.5, 1e-30, 2e-31))
	b := g.AddConst("b", tensor.F32(tensor.Shape{2}, 0.25, -0.75))
	y := value("y", quant.Range{Min: -1, Max: 2}, 1, 2)
	g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
	g.Nodes = []*ir.Node{{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{x, w, b}, Outputs: []*ir.Value{y}}}
	m := &ir.Model{Graphs: []*ir.Graph{g}}
	for _, fit := range []quantize.Fit{quantize.ByLargest, quantize.ByError} {
		q, _, err := quantize.Run(m, carried(m), quantize.Options{Scheme: quantize.Int16x8, Fit: fit})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range q.Graphs[0].Values {
			if v.Type.DType != tensor.Int64 {
				continue
			}
			for i, n := range tensor.View[int64](v.Const) {
				want := [2]float64{0.25, -0.75}[i]
				if got := float64(n) * float64(v.Quant.Scale[i]); math.Abs(float64(n)) > math.MaxInt32 || math.Abs(got-want) > 1e-4 {
					t.Errorf("%v: bias %d is %d, which stands for %v, want %v", fit, i, n, got, want)
				}
			}
		}
	}
}
