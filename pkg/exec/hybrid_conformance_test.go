//go:build conformance

package exec_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// hybridCorpus is where conformance/golden_hybrid.py leaves models with integer weights and float activations, and what LiteRT's kernels make of them.
const hybridCorpus = "../../conformance/.corpus/hybrid"

// TestHybridModelsAgree runs whole models of each scheme. Where a float differs in its last digit an activation may become the integer beside, which is 1/255 of a range away: what is
// allowed is four times the distance of LiteRT's other kernels from its reference kernels, in any of the outputs, which counts as 1e-5 at least.
// An output of one number has no range to measure by, and is left to the log, which has the distances by scheme.
func TestHybridModelsAgree(t *testing.T) {
	dirs, err := filepath.Glob(hybridCorpus + "/[^.]*/model.tflite")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no models below %s (%v): python3 conformance/run.py makes them", hybridCorpus, err)
	}
	found := map[string][]float64{}
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
			values := readNPZ(t, filepath.Join(dir, "inputs.npz"))
			var inputs []*tensor.Tensor
			for i := range m.Graphs[0].Inputs {
				inputs = append(inputs, values[fmt.Sprintf("in%d", i)])
			}
			out, err := run(m, inputs)
			if err != nil {
				t.Fatal(err)
			}
			reference, builtin, xnnpack := readNPZ(t, filepath.Join(dir, "reference.npz")), readNPZ(t, filepath.Join(dir, "builtin.npz")), readNPZ(t, filepath.Join(dir, "xnnpack.npz"))
			worst, peers := 0.0, 0.0
			for i, got := range out {
				name := fmt.Sprintf("out%d", i)
				if want := reference[name]; want.DType == tensor.Float32 && got.Shape.Equal(want.Shape) {
					from := func(x *tensor.Tensor) float64 {
						return distance(tensor.View[float32](x), tensor.View[float32](want)).relative
					}
					worst, peers = max(worst, from(got)), max(peers, from(builtin[name]), from(xnnpack[name]))
				}
			}
			allowed := 4 * max(peers, goldenTolerance)
			for i, got := range out {
				if got.Elements() == 1 && got.DType == tensor.Float32 {
					continue
				}
				if err := compare(got, reference[fmt.Sprintf("out%d", i)], allowed); err != nil {
					t.Errorf("output %d %q (%.2g allowed): %v", i, m.Graphs[0].Outputs[i].Name, allowed, err)
				}
			}
			scheme := dir[strings.LastIndex(dir, ".")+1:]
			found[scheme] = append(found[scheme], worst)
			t.Logf("%.2g of the range away from the reference kernels, whose peers are %.2g away", worst, peers)
		})
	}
	for _, scheme := range slices.Sorted(maps.Keys(found)) {
		far := slices.Sorted(slices.Values(found[scheme]))
		t.Logf("%-14s %3d models, median %.2g, at most %.2g of the range away", scheme, len(far), far[len(far)/2], far[len(far)-1])
	}
}
