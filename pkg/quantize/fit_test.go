package quantize_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
)

// dense is a model of one FULLY_CONNECTED with normal weights, a few of them much larger than the others, behind a RELU.
func dense(rows, columns int) *ir.Model { return denseBehind("RELU", rows, columns) }

// denseBehind is that behind another operator, whose results reach below 0 unless it is a RELU.
func denseBehind(name string, rows, columns int) *ir.Model {
	rng := rand.New(rand.NewPCG(7, 9))
	data := make([]float32, rows*columns)
	for i := range data {
		data[i] = float32(rng.NormFloat64())
		if rng.IntN(200) == 0 {
			data[i] *= 3
		}
	}
	g := &ir.Graph{}
	x := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, columns}}, Range: &quant.Range{Min: -2, Max: 2}})
	from := &quant.Range{Max: 2}
	if name != "RELU" {
		from.Min = -2
	}
	h := g.Add(&ir.Value{Name: "h", Type: x.Type, Range: from})
	w := g.AddConst("w", tensor.F32(tensor.Shape{rows, columns}, data...))
	y := g.Add(&ir.Value{Name: "y", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, rows}}, Range: &quant.Range{Min: -9, Max: 9}})
	g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
	g.Nodes = []*ir.Node{
		{Op: name, Inputs: []*ir.Value{x}, Outputs: []*ir.Value{h}},
		{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{h, w}, Outputs: []*ir.Value{y}},
	}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

// reals are the numbers that the integers named "w" of a graph stand for.
func reals(t *testing.T, g *ir.Graph, columns int) []float64 {
	t.Helper()
	for _, v := range g.Values {
		if v.Const == nil || v.Quant == nil || len(v.Type.Shape) != 2 {
			continue
		}
		out := make([]float64, v.Type.Shape.Elements())
		for i := range out {
			n := int8(v.Const.Data[i*v.Type.DType.Bits()/8])
			if v.Type.DType == tensor.Int4 {
				n = int8(v.Const.Data[i/2]<<(4-i%2*4)) >> 4
			}
			out[i] = float64(n) * float64(v.Quant.Scale[i/columns])
		}
		return out
	}
	t.Fatal("there are no integers")
	return nil
}

// Where what weights are multiplied by has a mean, results are nearer with scales of the least error than with those of the largest weights where bits are few, and with errors that make up for each
// other nearer by much, in each scheme.
func TestFits(t *testing.T) {
	const rows, columns = 12, 300
	m := dense(rows, columns)
	weights := tensor.View[float32](m.Graphs[0].Nodes[1].Inputs[1].Const)
	rng := rand.New(rand.NewPCG(3, 4))
	samples := make([]float64, 40*columns)
	for i := range samples {
		samples[i] = 1 + rng.NormFloat64()/4
	}
	for name, opt := range map[string]quantize.Options{
		"4 bits": {Scheme: quantize.WeightOnly, Bits: 4}, "8 bits": {Scheme: quantize.WeightOnly}, "dynamic": {Scheme: quantize.Dynamic},
		"int8": {Scheme: quantize.Int8}, "int16x8": {Scheme: quantize.Int16x8},
	} {
		noise := map[quantize.Fit]float64{}
		for _, fit := range []quantize.Fit{quantize.ByLargest, quantize.ByError, quantize.Balanced} {
			opt.Fit = fit
			q, _, err := quantize.Run(m, carried(m), opt)
			if err != nil {
				t.Fatal(err)
			}
			got := reals(t, q.Graphs[0], columns)
			for s := range 40 {
				for r := range rows {
					d := 0.0
					for k := range columns {
						d += (got[r*columns+k] - float64(weights[r*columns+k])) * samples[s*columns+k]
					}
					noise[fit] += d * d
				}
			}
		}
		if noise[quantize.Balanced] > noise[quantize.ByLargest]/4 || name == "4 bits" && noise[quantize.ByError] > noise[quantize.ByLargest] {
			t.Errorf("%s: errors of %v by the largest, %v by the least error, %v balanced", name, noise[quantize.ByLargest], noise[quantize.ByError], noise[quantize.Balanced])
		}
	}
}

// What has no mean is not multiplied by weights whose errors make up for each other, since that makes single errors larger.
func TestBalancedNeedsMean(t *testing.T) {
	for _, m := range []*ir.Model{denseBehind("TANH", 12, 300), denseBehind("SIN", 12, 300)} {
		for _, opt := range []quantize.Options{{Scheme: quantize.WeightOnly}, {Scheme: quantize.Dynamic}, {Scheme: quantize.Int8}, {Scheme: quantize.Int16x8}} {
			var found [2][]float64
			for i, fit := range []quantize.Fit{quantize.ByError, quantize.Balanced} {
				opt.Fit = fit
				q, _, err := quantize.Run(m, carried(m), opt)
				if err != nil {
					t.Fatal(err)
				}
				found[i] = reals(t, q.Graphs[0], 300)
			}
			if !slices.Equal(found[0], found[1]) {
				t.Errorf("%s behind %s: weights are balanced", opt.Scheme, m.Graphs[0].Nodes[0].Op)
			}
		}
	}
}

// Blocks get the scales of the least error as well, one scale for a tensor too, and a block of zeros has a scale other than 0.
func TestFitsOfBlocks(t *testing.T) {
	m := dense(8, 64)
	data := tensor.View[float32](m.Graphs[0].Nodes[1].Inputs[1].Const)
	clear(data[:32])
	missing := func(opt quantize.Options) (sum float64) {
		q, _, err := quantize.Run(m, &calib.Stats{}, opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range q.Graphs[0].Values {
			if v.Blocks == nil && (v.Quant == nil || v.Const == nil) {
				continue
			}
			for i, x := range data {
				n := int8(v.Const.Data[i/2]<<(4-i%2*4)) >> 4
				scale := 0.0
				if v.Blocks != nil {
					half := tensor.View[uint16](v.Blocks.Scales.Const)[i/32]
					scale = halfValue(half)
				} else {
					scale = float64(v.Quant.Scale[0])
				}
				if scale <= 0 {
					t.Fatalf("%+v: weight %d has the scale %v", opt, i, scale)
				}
				d := float64(n)*scale - float64(x)
				sum += d * d
			}
		}
		return sum
	}
	for _, opt := range []quantize.Options{{Scheme: quantize.WeightOnly, Bits: 4, Block: 32}, {Scheme: quantize.WeightOnly, Bits: 4, PerTensor: true}} {
		largest := missing(opt)
		opt.Fit = quantize.ByError
		byError := missing(opt)
		opt.Fit = quantize.Balanced
		if balanced := missing(opt); !(byError < 0.95*largest) || balanced != byError {
			t.Errorf("blocks of %d: square errors of %v by the largest, %v by the least, %v balanced", opt.Block, largest, byError, balanced)
		}
	}
}

// halfValue is a number in half precision that is not negative.
func halfValue(h uint16) float64 {
	exponent, fraction := int(h>>10), float64(h&1023)
	if exponent == 0 {
		return fraction / (1 << 24)
	}
	value := 1 + fraction/1024
	for ; exponent > 15; exponent-- {
		value *= 2
	}
	for ; exponent < 15; exponent++ {
		value /= 2
	}
	return value
}

// What has no scales has no fit, nor do TFLiteConverter's rules.
func TestFitsRefused(t *testing.T) {
	for _, opt := range []quantize.Options{
		{Scheme: quantize.Float16, Fit: quantize.ByError}, {Scheme: quantize.Dynamic, Fit: quantize.Balanced, Compat: quantize.TFLite}, {Scheme: quantize.WeightOnly, Fit: 3},
	} {
		if opt.Validate() == nil {
			t.Errorf("%+v is taken", opt)
		}
	}
	for _, name := range append(quantize.Fits(), "") {
		if f, err := quantize.ParseFit(name); err != nil || name != "" && f.String() != name {
			t.Errorf("%q is %v, %v", name, f, err)
		}
	}
	if _, err := quantize.ParseFit("best"); err == nil {
		t.Error("best is taken")
	}
}
