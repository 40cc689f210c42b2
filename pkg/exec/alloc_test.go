package exec_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// allocating lists the cases of TestGolden that may allocate in each run: results whose shapes or kernels follow from operands that are no constants, and loops
// whose variables grow.
var allocating = map[string]bool{
	"broadcast_args-shapes": true, "fill-runtime": true, "range-down": true, "range-int32": true, "range-int64": true,
	"reshape-runtime": true, "resize_bilinear-runtime_size": true, "slice-runtime": true, "transpose_conv-runtime_shape": true, "unique-int32": true,
	"where-bool": true, "where-float": true, "where-int32": true, "where-none": true, "while_growing": true,
}

// TestRunDoesNotAllocate demands that a second run of a model needs no memory of its own.
func TestRunDoesNotAllocate(t *testing.T) {
	for _, path := range []string{"testdata/golden_ops.zip", "testdata/golden_int8.zip"} {
		t.Run(path, func(t *testing.T) { runDoesNotAllocate(t, openArchive(t, path)) })
	}
}

func runDoesNotAllocate(t *testing.T, golden archive) {
	t.Helper()
	for _, file := range slices.Sorted(maps.Keys(golden)) {
		name, ok := strings.CutSuffix(file, ".tflite")
		if !ok {
			continue
		}
		m, err := tflite.Decode(golden.read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		p, err := exec.Compile(m, 0, exec.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var inputs []*tensor.Tensor
		for i := range p.Inputs() {
			inputs = append(inputs, readNPY(t, golden.read(t, fmt.Sprintf("%s.in%d.npy", name, i))))
		}
		s := p.NewSession()
		run := func() {
			if _, err := s.Run(inputs, nil); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		run() // after an odd number of iterations a loop's two sets of variables have changed places
		n := testing.AllocsPerRun(3, run)
		if (n > 0) != allocating[name] {
			t.Errorf("%s: %v allocations in each run", name, n)
		}
	}
}
