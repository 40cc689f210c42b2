package exec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestTraceTellsWhatRuns demands the beginning and the end of each node, those of a loop within it, and nothing of a later run without.
func TestTraceTellsWhatRuns(t *testing.T) {
	p, err := exec.Compile(testmodel.While(), 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, told := p.NewSession(), []string{}
	in := []*tensor.Tensor{tensor.Of(tensor.Int32, tensor.Shape{1}, []int32{2}), tensor.Of(tensor.Float32, tensor.Shape{2}, []float32{3, -1})}
	if _, err := s.Trace(in, func(graph, node int, done bool) {
		told = append(told, fmt.Sprintf("%d.%d%s", graph, node, map[bool]string{false: "(", true: ")"}[done]))
	}); err != nil {
		t.Fatal(err)
	}
	want := "0.0( 1.0( 1.0) 2.0( 2.0) 2.1( 2.1) 1.0( 1.0) 0.0)"
	if got := strings.Join(told, " "); got != want {
		t.Errorf("have %s, want %s", got, want)
	}
	if _, err := s.Run(in, nil); err != nil || len(told) != 10 {
		t.Errorf("a run without a trace told something: %d, %v", len(told), err)
	}
}
