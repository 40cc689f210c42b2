//go:build conformance

package exec_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// corpus is where conformance/run.py leaves what LiteRT computes; conformance/compare.py says what is in it.
const corpus = "../../conformance/.corpus/golden"

// eachModel runs test for every model of the corpus that package exec can execute. The others are logged: quantized ones, and ones with custom operators.
func eachModel(t *testing.T, test func(t *testing.T, dir string, m *ir.Model)) {
	t.Helper()
	dirs, err := filepath.Glob(corpus + "/[^.]*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no models below %s (%v): python3 conformance/run.py makes them", corpus, err)
	}
	ran := 0
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, "model.tflite"))
			if err != nil {
				t.Fatal(err)
			}
			m, err := tflite.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if integer(m) {
				t.Skip("integer model")
			}
			ran++
			test(t, dir, m)
		})
	}
	t.Logf("%d of %d models ran", ran, len(dirs))
	if ran == 0 {
		t.Error("no model ran")
	}
}

// integer reports whether a model computes on quantized tensors: more than what DEQUANTIZE makes floats of.
func integer(m *ir.Model) bool {
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			for _, v := range n.Inputs {
				if v != nil && v.Quant != nil && v.Type.DType == tensor.Int8 && n.Op != "DEQUANTIZE" {
					return true
				}
			}
		}
	}
	return false
}

// readNPZ returns the arrays of an archive by name.
func readNPZ(t *testing.T, path string) map[string]*tensor.Tensor {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := npy.OpenArchive(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	arrays := map[string]*tensor.Tensor{}
	for _, e := range entries {
		a, err := e.Array()
		if err != nil {
			t.Fatal(err)
		}
		d, ok := dtypes[a.Type]
		if !ok {
			t.Fatalf("%s: array %q of %v", path, e.Name, a.Type)
		}
		x := tensor.New(d, a.Shape)
		if err := a.ReadRows(x.Data, 0); err != nil {
			t.Fatal(err)
		}
		arrays[e.Name] = x
	}
	return arrays
}

// TestOperatorsAgree feeds each operator of the main graphs LiteRT's own inputs, and compares with LiteRT's results.
func TestOperatorsAgree(t *testing.T) {
	worst := map[string]far{}
	count := map[string]int{}
	eachModel(t, func(t *testing.T, dir string, m *ir.Model) {
		values := readNPZ(t, filepath.Join(dir, "tensors.npz"))
		g := m.Graphs[0]
		index := g.Index()
		skipped := 0
		for i, n := range g.Nodes {
			alone, inputs, want := isolate(m, n, index, values)
			if want == nil {
				skipped++
				continue
			}
			got, err := run(alone, inputs)
			if err != nil {
				t.Errorf("node %d %s: %v", i, n.Op, err)
				continue
			}
			for j := range got {
				if want[j].DType == tensor.Float32 && got[j].Shape.Equal(want[j].Shape) {
					d := distance(tensor.View[float32](got[j]), tensor.View[float32](want[j]))
					if d.relative > worst[n.Op].relative {
						worst[n.Op] = d
					}
				}
				if err := compare(got[j], want[j], goldenTolerance*cancellation(alone.Graphs[0], inputs, want[j])); err != nil && !(n.Op == "QUANTIZE" && tie(n, inputs[0], got[j], want[j])) {
					t.Errorf("node %d %s, result %d %q: %v", i, n.Op, j, n.Outputs[j].Name, err)
				}
			}
			count[n.Op]++
		}
		if skipped > 0 {
			t.Logf("%d of %d nodes left out: LiteRT did not compute them", skipped, len(g.Nodes))
		}
	})
	for _, op := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%-30s %5d nodes, at most %.2g of the range away", op, count[op], worst[op].relative)
	}
}

// cancellation returns how many times larger than the range of its result the bias of the graph's only node is, at least 1: a layer's sums start from it, and are
// rounded to its precision, in one order here and in another in LiteRT. Of SOFTMAX it is the greatest result, since its functions are rounded to their own precision.
func cancellation(g *ir.Graph, inputs []*tensor.Tensor, result *tensor.Tensor) float64 {
	n := g.Nodes[0]
	if result.DType != tensor.Float32 {
		return 1
	}
	least, most := limits(tensor.View[float32](result))
	span := max(most-least, math.SmallestNonzeroFloat32)
	switch n.Op {
	case "SOFTMAX":
		return max(1, most/span)
	case "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED":
	default:
		return 1
	}
	v := n.Inputs[len(n.Inputs)-1]
	if v == nil || len(v.Type.Shape) != 1 || v.Type.DType != tensor.Float32 {
		return 1
	}
	bias := v.Const
	if i := slices.Index(g.Inputs, v); i >= 0 {
		bias = inputs[i]
	}
	lo, hi := limits(tensor.View[float32](bias))
	return max(1, max(math.Abs(lo), math.Abs(hi))/span)
}

// isolate makes a model of one node whose operands are inputs, or what they are in its model if they are constants or variables. It returns LiteRT's tensors for
// inputs and outputs, or nil where LiteRT did not compute one.
func isolate(m *ir.Model, n *ir.Node, index map[*ir.Value]int, values map[string]*tensor.Tensor) (alone *ir.Model, inputs, outputs []*tensor.Tensor) {
	g := &ir.Graph{Name: n.Op}
	copies := map[*ir.Value]*ir.Value{}
	copyOf := func(v *ir.Value, x *tensor.Tensor) *ir.Value {
		if w, ok := copies[v]; ok {
			return w
		}
		w := *v
		if x != nil {
			w.Type.Shape = x.Shape
		}
		copies[v] = g.Add(&w)
		return &w
	}
	c := *n
	c.Inputs, c.Outputs = nil, nil
	for _, v := range n.Inputs {
		switch {
		case v == nil:
			c.Inputs = append(c.Inputs, nil)
		case v.Const != nil || v.Variable:
			c.Inputs = append(c.Inputs, copyOf(v, nil))
		default:
			x := values[strconv.Itoa(index[v])]
			if x == nil {
				return nil, nil, nil
			}
			if copies[v] == nil {
				inputs = append(inputs, x)
				g.Inputs = append(g.Inputs, copyOf(v, x))
			}
			c.Inputs = append(c.Inputs, copies[v])
		}
	}
	for _, v := range n.Outputs {
		x := values[strconv.Itoa(index[v])]
		if x == nil {
			return nil, nil, nil
		}
		outputs = append(outputs, x)
		c.Outputs = append(c.Outputs, copyOf(v, x))
	}
	g.Nodes, g.Outputs = []*ir.Node{&c}, c.Outputs
	return &ir.Model{Graphs: append([]*ir.Graph{g}, m.Graphs[1:]...)}, inputs, outputs
}

// run computes graph 0 of a model in the shapes of the inputs.
func run(m *ir.Model, inputs []*tensor.Tensor) ([]*tensor.Tensor, error) {
	shapes := make([]tensor.Shape, len(inputs))
	for i, x := range inputs {
		shapes[i] = x.Shape
	}
	p, err := exec.Compile(m, 0, exec.Options{InputShapes: shapes})
	if err != nil {
		return nil, err
	}
	return p.NewSession().Run(inputs, nil)
}

// tie reports whether integers that a QUANTIZE made of x differ by one only where x lies in the middle between two of them, as near as float32 can tell.
func tie(n *ir.Node, x, got, want *tensor.Tensor) bool {
	if x.DType != tensor.Float32 || len(n.Outputs[0].Quant.Scale) != 1 || !neighbours(got, want) {
		return false
	}
	for i := range got.Data {
		if got.Data[i] != want.Data[i] {
			q := float64(tensor.View[float32](x)[i]) / float64(n.Outputs[0].Quant.Scale[0])
			if math.Abs(math.Abs(q-math.Trunc(q))-0.5) > 1e-4 {
				return false
			}
		}
	}
	return true
}

// TestModelsAgree runs whole models. LiteRT's two sets of kernels differ, and errors add up: what is allowed is four times the distance between them.
func TestModelsAgree(t *testing.T) {
	eachModel(t, func(t *testing.T, dir string, m *ir.Model) {
		inputs := readNPZ(t, filepath.Join(dir, "inputs.npz"))
		builtin := readNPZ(t, filepath.Join(dir, "builtin.npz"))
		xnnpack := readNPZ(t, filepath.Join(dir, "xnnpack.npz"))
		g := m.Graphs[0]
		for sample := range inputs["in0"].Shape[0] {
			var in []*tensor.Tensor
			for i := range g.Inputs {
				in = append(in, row(inputs[fmt.Sprintf("in%d", i)], sample))
			}
			out, err := run(m, in)
			var unsupported *exec.UnsupportedError
			if errors.As(err, &unsupported) {
				t.Fatal(unsupported)
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range out {
				name := fmt.Sprintf("out%d", i)
				if builtin[name].Shape[0] <= sample {
					continue // its shape differs from sample to sample
				}
				want, other := row(builtin[name], sample), row(xnnpack[name], sample)
				allowed := goldenTolerance
				if want.DType == tensor.Float32 {
					allowed = max(allowed, 4*distance(tensor.View[float32](other), tensor.View[float32](want)).relative)
				}
				if err := compare(got, want, allowed); err != nil {
					t.Errorf("sample %d, output %d %q (%.2g allowed): %v", sample, i, g.Outputs[i].Name, allowed, err)
				}
			}
		}
	})
}

// row returns element i along the first axis.
func row(x *tensor.Tensor, i int) *tensor.Tensor {
	shape := slices.Clone(x.Shape[1:])
	n := x.DType.Bytes(shape.Elements())
	return &tensor.Tensor{DType: x.DType, Shape: shape, Data: tensor.Aligned(x.DType, x.Data[i*n:(i+1)*n])}
}
