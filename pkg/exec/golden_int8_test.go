package exec_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestGoldenInt8 runs models of single operators on int8 tensors and demands the bytes of LiteRT's reference kernels.
func TestGoldenInt8(t *testing.T) {
	golden := openArchive(t, "testdata/golden_int8.zip")
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
			s := p.NewSession()
			for range 2 {
				out, err := s.Run(inputs, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, got := range out {
					want := readNPY(t, golden.read(t, fmt.Sprintf("%s.out%d.npy", name, i)))
					if got.DType != want.DType || !got.Shape.Equal(want.Shape) || !bytes.Equal(got.Data, want.Data) {
						t.Errorf("output %d: %v", i, compare(got, want, 0))
					}
				}
			}
		})
	}
}
