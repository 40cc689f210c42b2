package quantize_test

import (
	"hash/fnv"
	"math/rand/v2"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// mixture draws choices for the operators of a model, most of which are all's, and for constants of theirs.
func mixture(m *ir.Model, all quantize.Scheme, r *rand.Rand) quantize.Options {
	opt := quantize.Options{Scheme: all, Own: map[*ir.Node]quantize.Choice{}, Constants: map[quantize.Operand]quantize.Choice{}}
	weights := []quantize.Choice{
		{Float: true, By: "it wants to"}, {Scheme: quantize.Float16, By: "half"}, {Scheme: quantize.Dynamic, By: "hybrid"}, {Scheme: quantize.WeightOnly, By: "stored", PerTensor: true},
		{Scheme: quantize.WeightOnly, Bits: 4, By: "in 4 bits"},
	}
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			if r.IntN(3) == 0 {
				opt.Own[n] = weights[r.IntN(len(weights))]
			}
			for _, v := range n.Inputs {
				if v != nil && v.Const != nil && v.Type.DType == tensor.Float32 && r.IntN(6) == 0 {
					opt.Constants[quantize.Operand{Node: n, Value: v}] = weights[r.IntN(len(weights))]
				}
			}
		}
	}
	return opt
}

// On the random graphs, with choices drawn for operators and constants: the result is sound, integer operators are what LiteRT's kernels take, and others compute on floats.
func TestMixturesMeetKernels(t *testing.T) {
	floats, integers, stored := 0, 0, 0
	randomGraphs(t, func(seed string, content []byte) {
		h := fnv.New64()
		_, _ = h.Write([]byte(seed))
		r := rand.New(rand.NewPCG(h.Sum64(), 0))
		if r.IntN(4) > 0 {
			return
		}
		m, err := tflite.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		for _, all := range []quantize.Scheme{quantize.Int8, quantize.Int16x8, quantize.Dynamic} {
			opt := mixture(m, all, r)
			before := m.String()
			q, report, err := quantize.Run(m, carried(m), opt)
			if err != nil {
				t.Fatalf("%s, %s: %v", seed, all, err)
			}
			if m.String() != before {
				t.Fatalf("%s, %s: the float model has changed", seed, all)
			}
			if err := ir.Verify(q, op.Set); err != nil {
				t.Errorf("%s, %s: %v\n%s", seed, all, err, q)
			}
			stored += report.Weights
			for _, f := range report.Float {
				if f.Reason == "" {
					t.Errorf("%s, %s: %s %q stays float for no reason", seed, all, f.Op, f.Output)
				}
			}
			for _, g := range q.Graphs {
				for i, n := range g.Nodes {
					switch {
					case n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" || len(n.Outputs) == 0:
					case n.Outputs[0].Quant != nil:
						integers++
						if why := meetsKernel(n); all == quantize.Int8 && why != "" {
							t.Errorf("%s: node %d %s: %s", seed, i, n.Op, why)
						}
					case n.Outputs[0].Type.DType == tensor.Float32:
						floats++
						for _, v := range n.Inputs {
							if v != nil && v.Const == nil && v.Quant != nil {
								t.Errorf("%s, %s: node %d %s computes floats of the integers %q", seed, all, i, n.Op, v.Name)
							}
						}
					}
				}
			}
		}
	})
	if floats < 1000 || integers < 1000 || stored < 400 {
		t.Errorf("only %d float operators, %d integer ones and %d stored constants in all graphs", floats, integers, stored)
	}
}
