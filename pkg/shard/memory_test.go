//go:build !race

// The race detector's own memory counts as this process's.

package shard

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// sizedConvs returns convolutions over images of so many pixels a side.
func sizedConvs(size, channels, layers int) *ir.Model {
	f32 := func(dims ...int) ir.Type { return ir.Type{DType: tensor.Float32, Shape: dims} }
	x := &ir.Value{Name: "image", Type: f32(1, size, size, channels)}
	g := &ir.Graph{Name: "main", Inputs: []*ir.Value{x}, Values: []*ir.Value{x}}
	for i := range layers {
		w := make([]float32, channels*3*3*channels)
		for k := range w {
			w[k] = float32(k%13-6) / 512
		}
		weights := g.AddConst(fmt.Sprintf("w%d", i), tensor.F32(tensor.Shape{channels, 3, 3, channels}, w...))
		bias := g.AddConst(fmt.Sprintf("b%d", i), tensor.New(tensor.Float32, tensor.Shape{channels}))
		y := g.Add(&ir.Value{Name: fmt.Sprintf("y%d", i), Type: f32(1, size, size, channels)})
		g.Nodes = append(g.Nodes, &ir.Node{
			Op: "CONV_2D", Attr: &op.Conv2D{Padding: op.Same, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Activation: op.Relu},
			Inputs: []*ir.Value{x, weights, bias}, Outputs: []*ir.Value{y},
		})
		x = y
	}
	g.Outputs = []*ir.Value{x}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

// heldBy returns what the heap grows by when something is made that stays.
func heldBy(make func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	make()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// constantSamples are all the same.
type constantSamples struct{ sample []*tensor.Tensor }

func (c constantSamples) Sample(int) ([]*tensor.Tensor, error) { return c.sample, nil }

// What a model and its shards are said to take is what they take, of models whose weights are most of it and of models whose activations are.
func TestMemory(t *testing.T) {
	for name, build := range map[string]*ir.Model{"activations": sizedConvs(256, 16, 4), "weights": sizedConvs(4, 256, 6)} {
		t.Run(name, func(t *testing.T) {
			data, err := tflite.Encode(build)
			if err != nil {
				t.Fatal(err)
			}
			var m *Model
			model := heldBy(func() {
				if m, err = Load(append([]byte{}, data...), ""); err != nil {
					t.Fatal(err)
				}
			})
			sample := constantSamples{[]*tensor.Tensor{tensor.New(tensor.Float32, m.inputs[0].Shape)}}
			var kept *Collection
			shard := heldBy(func() {
				kept = Collect(m, sample, Spec{Observe: calib.Spec{Histogram: true}})
				if err := kept.Add(t.Context(), Range{Last: 2}, nil); err != nil {
					t.Fatal(err)
				}
			})
			said := m.Memory(calib.Spec{Histogram: true})
			t.Logf("the model takes %d KiB, said to be %d; a shard %d KiB, said to be %d", model>>10, said.Model>>10, shard>>10, said.Shard>>10)
			if most := said.Model + said.Shard; model+shard > most+1<<20 || most > 3*(model+shard)+4<<20 {
				t.Errorf("model and shard take %d bytes, said to be %d", model+shard, most)
			}
			runtime.KeepAlive(kept)
			runtime.KeepAlive(m)
		})
	}
}
