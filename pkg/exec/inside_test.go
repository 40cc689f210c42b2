package exec_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestObserveInside observes what LSTMs with intermediates let see of their inside, with and without its numbers being counted.
func TestObserveInside(t *testing.T) {
	golden := openArchive(t, "testdata/golden_ops.zip")
	for name, want := range map[string][]string{
		"unidirectional_sequence_lstm-plain":        {"hidden", "t14"},
		"unidirectional_sequence_lstm-everything":   {"gate 0", "gate 1", "gate 2", "gate 3", "hidden", "t19"},
		"unidirectional_sequence_lstm-coupled_norm": {"gate 1", "gate 2", "gate 3", "hidden", "t11"},
		"lstm-peephole_projection":                  {"hidden", "t18"},
		"lstm-basic":                                nil,
	} {
		m, err := tflite.Decode(golden.read(t, name+".tflite"))
		if err != nil {
			t.Fatal(err)
		}
		g := m.Graphs[0]
		n := g.Nodes[0]
		for i := range 5 {
			label := fmt.Sprintf("gate %d", i)
			if i == 4 {
				label = "hidden"
			}
			n.Intermediates = append(n.Intermediates, g.Add(&ir.Value{Name: label, Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{0}}}))
		}
		p, err := exec.Compile(m, 0, exec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		x := readNPY(t, golden.read(t, name+".in0.npy"))
		inputs := []*tensor.Tensor{x}
		for i := 1; i < len(g.Inputs); i++ {
			inputs = append(inputs, readNPY(t, golden.read(t, fmt.Sprintf("%s.in%d.npy", name, i))))
		}
		seen := newRecording(t, p)
		if _, err := p.NewSession().Record(inputs, seen); err != nil {
			t.Fatal(err)
		}
		outside := map[string]bool{}
		for _, v := range slices.Concat(g.Inputs, n.Outputs) {
			outside[v.Name] = true
		}
		var observed, listed []string
		for v := range maps.Keys(seen.ranges) {
			if !outside[v.Name] {
				observed = append(observed, v.Name)
			}
			if total := seen.tally(v).Histogram().Total(); total != seen.ranges[v].Count {
				t.Errorf("%s: %q: %d numbers are counted of %d", name, v.Name, total, seen.ranges[v].Count)
			}
		}
		for _, v := range p.Observed()[0] {
			if !outside[v.Name] {
				listed = append(listed, v.Name)
			}
		}
		slices.Sort(observed)
		slices.Sort(listed)
		if diff := cmp.Diff(want, observed); diff != "" {
			t.Errorf("%s: observed (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(want, listed); diff != "" {
			t.Errorf("%s: listed (-want +got):\n%s", name, diff)
		}
	}
}
