package exec_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestOracleInt8 runs the int8 models of the quantizer's tests on random inputs and demands what LiteRT's reference kernels give: the same integers, and
// floats as near as those of single operators.
func TestOracleInt8(t *testing.T) {
	ran := testOracle(t, "testdata/oracle_int8.zip")
	oracles, err := filepath.Glob("../quantize/testdata/oracle/*/int8*.tflite")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range oracles {
		if !ran[path] {
			t.Errorf("%s has no case", path)
		}
	}
}

// TestOracleInt16 is TestOracleInt8 for TFLiteConverter's int16x8 models, of which LiteRT does not run all.
func TestOracleInt16(t *testing.T) {
	if n := len(testOracle(t, "testdata/oracle_int16.zip")); n < 10 {
		t.Errorf("%d models", n)
	}
}

// testOracle runs the models of an archive and returns their paths.
func testOracle(t *testing.T, archive string) map[string]bool {
	golden := openArchive(t, archive)
	ran := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(golden)) {
		name, ok := strings.CutSuffix(file, ".in0.npy")
		if !ok {
			continue
		}
		var path string
		var graph int
		if _, err := fmt.Sscanf(name[strings.LastIndex(name, "."):], ".%d", &graph); err != nil {
			t.Fatal(err)
		}
		path = filepath.Join("../quantize/testdata/oracle", name[:strings.LastIndex(name, ".")]+".tflite")
		ran[path] = true
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := tflite.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			p, err := exec.Compile(m, graph, exec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var inputs []*tensor.Tensor
			for i := range m.Graphs[graph].Inputs {
				inputs = append(inputs, readNPY(t, golden.read(t, fmt.Sprintf("%s.in%d.npy", name, i))))
			}
			out, err := p.NewSession().Run(inputs, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range out {
				if err := compare(got, readNPY(t, golden.read(t, fmt.Sprintf("%s.out%d.npy", name, i))), goldenTolerance); err != nil {
					t.Errorf("output %d: %v", i, err)
				}
			}
		})
	}
	return ran
}
