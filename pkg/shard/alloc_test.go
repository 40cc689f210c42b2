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

// TestSamplesDoNotAllocate demands that a sample takes no memory once some have been through: not for its activations, nor for what is recorded of them.
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
				collector := calib.NewCollector(m.tensors, what)
				var in []*tensor.Tensor
				for _, input := range m.inputs {
					x := tensor.New(input.DType, input.Shape)
					for i := range x.Elements() {
						tensor.View[float32](x)[i] = float32(i%17)/8 - 1
					}
					in = append(in, x)
				}
				session := m.program.NewSession()
				sample := func() {
					if _, err := session.Record(in, collector); err != nil {
						t.Fatal(err)
					}
					collector.EndSample(0)
				}
				sample()
				if n := testing.AllocsPerRun(5, sample); n > 0 {
					t.Errorf("%v allocations for a sample", n)
				}
			})
		}
	}
}

// again are samples of one tensor that use memory again.
type again struct{ shape tensor.Shape }

func (a again) Sample(int) ([]*tensor.Tensor, error) {
	return []*tensor.Tensor{tensor.New(tensor.Float32, a.shape)}, nil
}

func (a again) SampleInto(_ int, out []*tensor.Tensor) error {
	if out[0] == nil {
		out[0] = tensor.New(tensor.Float32, a.shape)
	}
	return nil
}

// TestMoreSamplesTakeNoMoreMemory demands that reading ahead needs none either.
func TestMoreSamplesTakeNoMoreMemory(t *testing.T) {
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	m, err := Load(data, "")
	if err != nil {
		t.Fatal(err)
	}
	run := func(samples int) float64 {
		return testing.AllocsPerRun(3, func() {
			if _, err := Run(t.Context(), m, again{m.inputs[0].Shape}, Spec{Range: Range{0, samples}}, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := run(200), run(1200); many-few > 250 { // goroutines that wait for each other take some
		t.Errorf("%v allocations for 200 samples, %v for 1200", few, many)
	}
}
