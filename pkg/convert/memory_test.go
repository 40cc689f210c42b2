package convert

import (
	"io"
	"runtime"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
)

// allocated returns how much memory a function asks for, beside n bytes.
func allocated(n int, f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
}

// Beside a flatbuffer, converting it takes the memory of the result; running it, the weights of products once more. What is allocated in all bounds what there is at any time, and does not
// depend on when the collector runs. conformance/huge.py measures whole programs, on a model of more than 2 GB.
func TestMemoryBesideTheModel(t *testing.T) {
	const width, layers, slack = 1024, 4, 0.11 // for scales, and what else is small
	const weights = 4 * width * width * layers
	g := &ir.Graph{Name: "main"}
	typ := ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, width}}
	at := g.Add(&ir.Value{Name: "x", Type: typ})
	g.Inputs = []*ir.Value{at}
	for i := range layers {
		w := g.AddConst("w", tensor.New(tensor.Float32, tensor.Shape{width, width}))
		for k, list := 0, tensor.View[float32](w.Const); k < len(list); k++ {
			list[k] = float32((k*7+i)%61)/1000 - 0.03
		}
		y := g.Add(&ir.Value{Name: "y", Type: typ})
		g.Nodes = append(g.Nodes, &ir.Node{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{at, w, nil}, Outputs: []*ir.Value{y}})
		at = y
	}
	g.Outputs = []*ir.Value{at}
	c := newChoosing(t, &ir.Model{Graphs: []*ir.Graph{g}}, "random:normal?samples=2")
	file := c.float.Bytes()

	var float *Float
	check := func(what string, most float64, f func()) {
		t.Helper()
		if got := allocated(weights, f); got > most+slack {
			t.Errorf("%s: %.2f bytes a byte of the weights, want at most %.2f", what, got, most)
		}
	}
	check("load", 0, func() {
		var err error
		if float, err = Load(Source{Name: "m.tflite", Data: file}, true); err != nil {
			t.Fatal(err)
		}
	})
	job, err := Plan(float, Options{Scheme: Int8}, c.manifest)
	if err != nil {
		t.Fatal(err)
	}
	stats, err := Calibrate(t.Context(), float, Options{Scheme: Int8}, c.manifest, &Pool{Workers: 1, Samples: c}, nil)
	if err != nil {
		t.Fatal(err)
	}
	check("run", 1, func() {
		if _, err := (&Pool{Workers: 1, Samples: c}).Calibrate(t.Context(), job, nil); err != nil {
			t.Fatal(err)
		}
	})
	for _, s := range []struct {
		name string
		opt  Options
		most float64 // the result
	}{
		{"none", Options{Scheme: None}, 0},
		{"float16", Options{Scheme: Float16}, 0.5},
		{"dynamic", Options{Scheme: Dynamic}, 0.25},
		{"weight-only", Options{Scheme: WeightOnly}, 0.25},
		{"weight-only of 4 bits", Options{Scheme: WeightOnly, Quantize: quantize.Options{Bits: 4}}, 0.125},
		{"weight-only of 4 bits in blocks", Options{Scheme: WeightOnly, Quantize: quantize.Options{Bits: 4, Block: 32}}, 0.125 + 1./64},
		{"int8", Options{Scheme: Int8}, 0.25},
		{"int16x8", Options{Scheme: Int16x8}, 0.25},
	} {
		check(s.name, s.most, func() {
			res, err := Finish(float, s.opt, stats)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := res.Model.WriteTo(io.Discard); err != nil {
				t.Fatal(err)
			}
			if n := float64(res.Model.Size()) / weights; n < s.most {
				t.Errorf("%s: the result has %.3f of the bytes of the weights, which is less than %.3f", s.name, n, s.most)
			}
		})
	}
}
