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
func TestGoldenInt8(t *testing.T) { testGolden(t, "testdata/golden_int8.zip") }

// TestGoldenInt16 is TestGoldenInt8 for int16 tensors beside int8 weights. GELU may be a step away: LiteRT's table of it is made by erfc and tanh of the C library, whose last bit
// depends on the version.
func TestGoldenInt16(t *testing.T) { testGolden(t, "testdata/golden_int16.zip") }

// TestGoldenLSTM is TestGoldenInt8 for LSTMs, whose states are outputs, too, and for several steps of SVDFs.
func TestGoldenLSTM(t *testing.T) { testGolden(t, "testdata/golden_lstm.zip") }

func testGolden(t *testing.T, path string) {
	golden := openArchive(t, path)
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
					if strings.HasPrefix(name, "gelu") && want.DType == tensor.Int16 {
						nearInt16(t, got, want)
					} else if got.DType != want.DType || !got.Shape.Equal(want.Shape) || !bytes.Equal(got.Data, want.Data) {
						t.Errorf("output %d: %v", i, compare(got, want, 0))
					}
				}
			}
		})
	}
}

// nearInt16 demands elements that are at most a step away.
func nearInt16(t *testing.T, got, want *tensor.Tensor) {
	t.Helper()
	if got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		t.Fatalf("%v of %v, want %v of %v", got.DType, got.Shape, want.DType, want.Shape)
	}
	x := tensor.View[int16](got)
	for i, y := range tensor.View[int16](want) {
		if d := int(x[i]) - int(y); d < -1 || d > 1 {
			t.Errorf("element %d is %d, want %d", i, x[i], y)
		}
	}
}
