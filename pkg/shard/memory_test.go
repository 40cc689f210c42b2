//go:build !race

// The race detector's own memory counts as this process's.

package shard

import (
	"runtime"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

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
	for name, build := range map[string]*ir.Model{"activations": testmodel.Chain(256, 16, 4), "weights": testmodel.Chain(4, 256, 6)} {
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
