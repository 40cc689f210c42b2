package exec_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// goldenTolerance bounds the distance from LiteRT's builtin kernels, relative to a tensor's range.
const goldenTolerance = 1e-5

// TestGolden runs models of single operators and compares with what LiteRT makes of them.
func TestGolden(t *testing.T) {
	golden := openArchive(t, "testdata/golden_ops.zip")
	seen := map[string]bool{}
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
			for _, g := range m.Graphs {
				for _, n := range g.Nodes {
					seen[n.Op] = true
				}
			}
			var inputs []*tensor.Tensor
			for i := range m.Graphs[0].Inputs {
				inputs = append(inputs, readNPY(t, golden.read(t, fmt.Sprintf("%s.in%d.npy", name, i))))
			}
			p, err := exec.Compile(m, 0, exec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s := p.NewSession()
			// Twice, since nothing may be left of the first run.
			for range 2 {
				out, err := s.Run(inputs, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, got := range out {
					want := readNPY(t, golden.read(t, fmt.Sprintf("%s.out%d.npy", name, i)))
					if err := compare(got, want, goldenTolerance); err != nil {
						t.Errorf("output %d %v", i, err)
					}
				}
			}
		})
	}
	for _, name := range op.Set.Names() {
		if o := op.Set.Lookup(name); o.Executable() && !seen[name] {
			t.Errorf("%s has no golden case", name)
		}
	}
}
