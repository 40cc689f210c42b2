//go:build !race

// The race detector makes pools drop some of what they hold.

package shard

import (
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestSamplesDoNotAllocate demands that a sample takes no memory but the list of the graph's outputs, once some have been through: not for its activations,
// nor for what is recorded of them.
func TestSamplesDoNotAllocate(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func() *ir.Model
	}{{"conv", testmodel.Conv}, {"residual", testmodel.Residual}, {"attention", testmodel.Attention}, {"lstm", testmodel.LSTM}} {
		for name, what := range map[string]calib.Spec{"ranges": {}, "histograms": {Histogram: true}} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				data, err := tflite.Encode(c.build())
				if err != nil {
					t.Fatal(err)
				}
				m, err := Load(data, "")
				if err != nil {
					t.Fatal(err)
				}
				observer := &collecting{calib.NewCollector(m.tensors, what), m.slots}
				var in []*tensor.Tensor
				for _, input := range m.inputs {
					x := tensor.New(input.DType, input.Shape)
					for i := range x.Elements() {
						tensor.View[float32](x)[i] = float32(i%17)/8 - 1
					}
					in = append(in, x)
				}
				session := m.session()
				sample := func() {
					if _, err := session.Run(in, observer); err != nil {
						t.Fatal(err)
					}
					observer.EndSample(0)
				}
				sample()
				if n := testing.AllocsPerRun(5, sample); n > 1 {
					t.Errorf("%v allocations for a sample", n)
				}
			})
		}
	}
}
