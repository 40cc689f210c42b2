package exec_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// hybridTolerance bounds the distance from LiteRT's kernels, as goldenTolerance does, where they add up floats or call a library's functions. Elsewhere an operator's integers
// decide, and its result is the same to the bit.
var hybridTolerance = map[string]float64{
	"TRANSPOSE_CONV":              goldenTolerance, // LiteRT adds up products that are scaled already
	"LSTM":                        goldenTolerance,
	"UNIDIRECTIONAL_SEQUENCE_RNN": goldenTolerance, "UNIDIRECTIONAL_SEQUENCE_LSTM": goldenTolerance,
	"BIDIRECTIONAL_SEQUENCE_RNN": goldenTolerance, "BIDIRECTIONAL_SEQUENCE_LSTM": goldenTolerance,
	"RNN": goldenTolerance, "SVDF": goldenTolerance,
}

// TestGoldenHybrid runs models of single operators on float activations and integer weights.
func TestGoldenHybrid(t *testing.T) {
	golden := openArchive(t, "testdata/golden_hybrid.zip")
	for _, file := range slices.Sorted(maps.Keys(golden)) {
		name, ok := strings.CutSuffix(file, ".tflite")
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			m, err := tflite.Decode(golden.read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			p, err := exec.Compile(m, 0, exec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var inputs []*tensor.Tensor
			for i := range m.Graphs[0].Inputs {
				inputs = append(inputs, readNPY(t, golden.read(t, fmt.Sprintf("%s.in%d.npy", name, i))))
			}
			tolerance := toleranceOf(m.Graphs[0].Nodes[0])
			s := p.NewSession()
			for range 2 {
				out, err := s.Run(inputs, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, got := range out {
					want := readNPY(t, golden.read(t, fmt.Sprintf("%s.out%d.npy", name, i)))
					err := compare(got, want, tolerance)
					if err == nil && tolerance == 0 && !slices.Equal(tensor.View[float32](got), tensor.View[float32](want)) {
						err = fmt.Errorf("is off by a unit in the last place")
					}
					if err != nil {
						t.Errorf("output %d: %v", i, err)
					}
				}
			}
		})
	}
}

func toleranceOf(n *ir.Node) float64 {
	if a, ok := n.Attr.(*op.FullyConnected); ok && a.Activation == op.Tanh {
		return goldenTolerance
	}
	return hybridTolerance[n.Op]
}
