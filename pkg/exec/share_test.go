package exec_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestSessionsShareAProgram runs each model of TestGolden in several goroutines at once, each with a session of its own: all get the same bits.
func TestSessionsShareAProgram(t *testing.T) {
	golden := openArchive(t, "testdata/golden_ops.zip")
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
		results := make([][]*tensor.Tensor, 3)
		var wait sync.WaitGroup
		for g := range results {
			wait.Go(func() {
				s := p.NewSession()
				for range 2 {
					out, err := s.Run(inputs, nil)
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					results[g] = out
				}
			})
		}
		wait.Wait()
		for _, other := range results[1:] {
			for i, x := range other {
				if !bytes.Equal(x.Data, results[0][i].Data) {
					t.Errorf("%s: output %d differs from session to session", name, i)
				}
			}
		}
	}
}
