package exec_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// seen is what an observer is shown.
type seen struct {
	Name  string
	Range quant.Range
	Data  []byte
}

type recorder []seen

func (r *recorder) Observe(v *ir.Value, t *tensor.Tensor, found quant.Range) {
	*r = append(*r, seen{v.Name, found, bytes.Clone(t.Data)})
}

// TestValuesShareMemory compares random graphs in which reshapes are their operand's memory, and sums and negations overwrite it, with the same in which all values have
// their own.
func TestValuesShareMemory(t *testing.T) {
	var ops []op.Op
	for _, name := range op.Set.Names() {
		o := *op.Set.Lookup(name)
		o.Same, o.Over = false, false
		ops = append(ops, o)
	}
	apart := op.NewSet(ops)
	rapid.Check(t, func(t *rapid.T) {
		g, x := drawReshapes(t)
		run := func(set *op.OpSet) (all recorder, out [][]byte) {
			p, err := exec.Compile(&ir.Model{Graphs: []*ir.Graph{g}}, 0, exec.Options{Set: set})
			if err != nil {
				t.Fatal(err)
			}
			s := p.NewSession()
			for range 2 { // what a run leaves does not matter to the next
				all, out = nil, nil
				results, err := s.Run([]*tensor.Tensor{x}, &all)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range results {
					out = append(out, bytes.Clone(r.Data))
				}
			}
			return all, out
		}
		got, out := run(op.Set)
		want, wantOut := run(apart)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("observed (-apart +shared):\n%s", d)
		}
		if d := cmp.Diff(wantOut, out); d != "" {
			t.Errorf("results (-apart +shared):\n%s", d)
		}
	})
}

// drawReshapes returns a graph of sums, negations and reshapes of twelve numbers, and an input.
func drawReshapes(t *rapid.T) (*ir.Graph, *tensor.Tensor) {
	shapes := []tensor.Shape{{12}, {3, 4}, {2, 6}, {1, 12, 1}}
	g := &ir.Graph{Name: "main"}
	value := func(name string, s tensor.Shape) *ir.Value {
		v := &ir.Value{Name: name, Type: ir.Type{DType: tensor.Float32, Shape: s}}
		g.Values = append(g.Values, v)
		return v
	}
	g.Inputs = []*ir.Value{value("x", shapes[0])}
	values := map[int][]*ir.Value{0: g.Inputs} // by their shape
	for i := range rapid.IntRange(4, 30).Draw(t, "nodes") {
		shape := rapid.SampledFrom(keys(values)).Draw(t, "shape")
		operand := func() *ir.Value { return rapid.SampledFrom(values[shape]).Draw(t, "operand") }
		n := &ir.Node{Op: rapid.SampledFrom([]string{"ADD", "NEG", "RESHAPE", "RESHAPE"}).Draw(t, "op"), Inputs: []*ir.Value{operand()}}
		switch n.Op {
		case "ADD":
			n.Attr, n.Inputs = &op.Arith{}, append(n.Inputs, operand())
		case "RESHAPE":
			shape = rapid.IntRange(0, len(shapes)-1).Draw(t, "new shape")
			n.Attr = &op.Reshape{NewShape: shapes[shape]}
		}
		y := value(fmt.Sprint("v", i), shapes[shape])
		n.Outputs = []*ir.Value{y}
		g.Nodes = append(g.Nodes, n)
		values[shape] = append(values[shape], y)
		if rapid.IntRange(0, 4).Draw(t, "is a result") == 0 {
			g.Outputs = append(g.Outputs, y)
		}
	}
	x := tensor.New(tensor.Float32, shapes[0])
	for i := range tensor.View[float32](x) {
		tensor.View[float32](x)[i] = float32(i) + 0.5
	}
	return g, x
}

func keys(m map[int][]*ir.Value) (list []int) {
	for i := range 4 {
		if m[i] != nil {
			list = append(list, i)
		}
	}
	return list
}
