package pass

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// unknownSizes are what TestPassesKeepValues gives to unknown dimensions in turn: the first unknown dimension of a model takes the first number, the next one
// the second, and so on, from the start again. A case must run with one of the rows at least.
var unknownSizes = [][]int{{1}, {2}, {3}, {8}, {1, 2}, {2, 1}, {2, 3}, {3, 8}, {2, 8, 8}, {1, 8, 6}}

// notExecuted lists the operators without arithmetic that cases are about: state, others' own, and what front ends write for passes to replace.
var notExecuted = []string{"CUSTOM", "VAR_HANDLE", "ASSIGN_VARIABLE", "TF_ERF", "TF_ERFC"}

// valueTolerance is by how much results may differ, relative to the greater of 1 and the largest element.
const valueTolerance = 2e-5

// TestPassesKeepValues runs the sections "in" and "out" of every case on the same inputs: the results must be the same, but for rounding, and each value must
// have the shape that the graph declares. Cases with operators that have no arithmetic (notExecuted) are left out.
func TestPassesKeepValues(t *testing.T) {
	golden.Cases(t, "testdata/*.txtar", func(t *testing.T, c *golden.Case) {
		in, out := parseCase(t, c, "in"), parseCase(t, c, "out")
		ran := false
		var last error
		for _, sizes := range unknownSizes {
			shapes, unknown := inputShapes(in.Graphs[0], sizes)
			rng := seeded(t.Name(), sizes)
			inputs := randomInputs(in.Graphs[0], shapes, rng)
			want, err := execute(in, shapes, inputs)
			if u, ok := errors.AsType[*exec.UnsupportedError](err); ok {
				for _, n := range u.Nodes {
					if kind, _, _ := strings.Cut(n.Op, " "); !slices.Contains(notExecuted, kind) {
						t.Fatal(err)
					}
				}
				t.Skip(err)
			}
			if err != nil {
				last = err
				if !unknown {
					break
				}
				continue
			}
			ran = true
			got, err := execute(out, shapes, inputs)
			if err != nil {
				t.Fatalf("inputs of shapes %v: the pass broke the graph: %v", shapes, err)
			}
			if len(got) != len(want) {
				t.Fatalf("%d outputs, want %d", len(got), len(want))
			}
			for i := range want {
				if err := sameValues(got[i], want[i]); err != nil {
					t.Errorf("inputs of shapes %v: output %d: %v", shapes, i, err)
				}
			}
			if !unknown {
				break
			}
		}
		if !ran {
			t.Errorf("the graph runs with none of the sizes: %v", last)
		}
	})
}

func parseCase(t *testing.T, c *golden.Case, section string) *ir.Model {
	t.Helper()
	m, err := ir.Parse(c.Section(section), op.Set)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func seeded(name string, sizes []int) *rand.Rand {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, name, sizes)
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

// inputShapes returns the shapes of a graph's inputs with sizes in the place of unknown dimensions, and whether there were any.
func inputShapes(g *ir.Graph, sizes []int) (shapes []tensor.Shape, unknown bool) {
	next := 0
	for _, v := range g.Inputs {
		s := v.Type.Shape.Clone()
		for i := range s {
			if s[i] < 0 {
				s[i], unknown = sizes[next%len(sizes)], true
				next++
			}
		}
		shapes = append(shapes, s)
	}
	return shapes, unknown
}

// randomInputs makes inputs of floats between -8 and 8, most of them near 0, small integers that are not negative, and truth values.
func randomInputs(g *ir.Graph, shapes []tensor.Shape, rng *rand.Rand) []*tensor.Tensor {
	var inputs []*tensor.Tensor
	for i, v := range g.Inputs {
		x := tensor.New(v.Type.DType, shapes[i])
		for j := range x.Elements() {
			switch x.DType {
			case tensor.Float32:
				tensor.View[float32](x)[j] = float32(math.Trunc(rng.NormFloat64()*256)/128) * []float32{0.25, 1, 4}[j%3]
			case tensor.Int32:
				tensor.View[int32](x)[j] = rng.Int32N(3)
			case tensor.Int64:
				tensor.View[int64](x)[j] = rng.Int64N(3)
			case tensor.Int16:
				tensor.View[int16](x)[j] = int16(rng.Int32N(3))
			default:
				for k := range x.DType.Size() {
					x.Data[j*x.DType.Size()+k] = byte(rng.IntN(2))
				}
			}
		}
		inputs = append(inputs, x)
	}
	return inputs
}

// declared is an observer that compares the shape of each value with the one that the graph declares.
type declared struct{ err error }

func (d *declared) Observe(v *ir.Value, x *tensor.Tensor, _ quant.Range) {
	if x == nil { // it is inside an operator
		return
	}
	ok := v.Type.Unranked || len(v.Type.Shape) == len(x.Shape)
	for i := range v.Type.Shape {
		ok = ok && (v.Type.Shape[i] < 0 || v.Type.Shape[i] == x.Shape[i])
	}
	if !ok && d.err == nil {
		d.err = fmt.Errorf("%q is declared %v and has the shape %v", v.Name, v.Type, x.Shape)
	}
}

func execute(m *ir.Model, shapes []tensor.Shape, inputs []*tensor.Tensor) ([]*tensor.Tensor, error) {
	p, err := exec.Compile(m, 0, exec.Options{InputShapes: shapes})
	if err != nil {
		return nil, err
	}
	d := &declared{}
	out, err := p.NewSession().Run(inputs, d)
	if err == nil {
		err = d.err
	}
	for i, v := range p.Outputs() {
		if err == nil {
			d.Observe(v, out[i], quant.Range{})
			err = d.err
		}
	}
	return out, err
}

// sameValues compares two results: floats up to valueTolerance, with NaN equal to NaN, all else exactly.
func sameValues(got, want *tensor.Tensor) error {
	if got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("%v%v, want %v%v", got.DType, got.Shape, want.DType, want.Shape)
	}
	if got.DType != tensor.Float32 {
		if string(got.Data) != string(want.Data) {
			return fmt.Errorf("% x, want % x", got.Data, want.Data)
		}
		return nil
	}
	g, w := tensor.View[float32](got), tensor.View[float32](want)
	largest := 1.0
	for _, x := range w {
		if a := math.Abs(float64(x)); a < math.Inf(1) {
			largest = max(largest, a)
		}
	}
	for i := range w {
		same := g[i] == w[i] || g[i] != g[i] && w[i] != w[i] || math.Abs(float64(g[i])-float64(w[i])) <= valueTolerance*largest
		if !same {
			return fmt.Errorf("element %d is %v, want %v\n%s", i, g[i], w[i], strings.Trim(fmt.Sprint(g), "[]"))
		}
	}
	return nil
}
