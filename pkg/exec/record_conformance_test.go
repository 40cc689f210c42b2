//go:build conformance

package exec_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// models is where conformance/run.py leaves the float models.
const models = "../../conformance/.corpus/out"

// tallies takes ranges and, if there are any tallies, histograms.
type tallies struct {
	ranges  []kernel.F32Range
	tallies []kernel.F32Tally
}

func (r *tallies) Record(i int, found kernel.F32Range, _ int) {
	r.ranges[i].Min, r.ranges[i].Max = min(r.ranges[i].Min, found.Min), max(r.ranges[i].Max, found.Max)
}

func (r *tallies) Tally(i int) *kernel.F32Tally {
	if r.tallies == nil {
		return nil
	}
	return &r.tallies[i]
}

// BenchmarkRecord runs models plainly, with the range of each activation, and with its histogram.
func BenchmarkRecord(b *testing.B) {
	for _, name := range []string{"mobilenetv2", "efficientnetb0", "efficientnet_lite0", "resnet50", "unet", "conv1d_audio", "transformer", "lstm"} {
		data, err := os.ReadFile(filepath.Join(models, name, "model.tflite"))
		if err != nil {
			b.Fatalf("%v: python3 conformance/run.py corpus models makes them", err)
		}
		m, err := tflite.Decode(data)
		if err != nil {
			b.Fatal(err)
		}
		p, err := exec.Compile(m, 0, exec.Options{})
		if err != nil {
			b.Fatal(err)
		}
		var inputs []*tensor.Tensor
		for i, v := range p.Inputs() {
			shape := v.Type.Shape.Clone()
			for d := range shape {
				shape[d] = max(shape[d], 1)
			}
			t := tensor.New(v.Type.DType, shape)
			if t.DType == tensor.Float32 {
				for j, x := 0, tensor.View[float32](t); j < len(x); j++ {
					x[j] = float32((j*7919+i)%1000) / 1000
				}
			}
			inputs = append(inputs, t)
		}
		n := 0
		for _, seen := range p.Observed() {
			n += len(seen)
		}
		for _, c := range []struct {
			name string
			by   exec.Recorder
		}{{"plain", nil}, {"ranges", &tallies{ranges: make([]kernel.F32Range, n)}}, {"histograms", &tallies{make([]kernel.F32Range, n), make([]kernel.F32Tally, n)}}} {
			s := p.NewSession()
			b.Run(name+"/"+c.name, func(b *testing.B) {
				for b.Loop() {
					var err error
					if c.by == nil {
						_, err = s.Run(inputs, nil)
					} else {
						_, err = s.Record(inputs, c.by)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
