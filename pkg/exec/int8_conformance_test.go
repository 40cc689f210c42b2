//go:build conformance

package exec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestInt8ModelsAgree runs whole int8 models and demands the integers of LiteRT's reference kernels. Models that compute on floats as well, between DEQUANTIZE and QUANTIZE, may be a step
// away where a float lies in the middle between two integers.
func TestInt8ModelsAgree(t *testing.T) { testModelsAgree(t, "../../conformance/.corpus/int8") }

// TestInt16ModelsAgree is TestInt8ModelsAgree for the corpus' float models as int16x8.
func TestInt16ModelsAgree(t *testing.T) { testModelsAgree(t, "../../conformance/.corpus/int16") }

// testModelsAgree runs the models that conformance/golden_int8.py or golden_int16.py left in a folder.
func testModelsAgree(t *testing.T, corpus string) {
	dirs, err := filepath.Glob(corpus + "/*/model.tflite")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no models below %s (%v): python3 conformance/run.py makes them", corpus, err)
	}
	for _, path := range dirs {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := tflite.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			values := readNPZ(t, filepath.Join(dir, "tensors.npz"))
			var inputs []*tensor.Tensor
			for i := range m.Graphs[0].Inputs {
				inputs = append(inputs, values[fmt.Sprintf("in%d", i)])
			}
			out, err := run(m, inputs)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range out {
				if err := compare(got, values[fmt.Sprintf("out%d", i)], goldenTolerance); err != nil {
					t.Errorf("output %d %q: %v", i, m.Graphs[0].Outputs[i].Name, err)
				}
			}
		})
	}
}
