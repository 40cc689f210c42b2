package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
)

// dumpOf returns the arrays that a dump of one run holds, as text by name.
func dumpOf(t *testing.T, m *ir.Model, float bool, in ...*tensor.Tensor) map[string]string {
	t.Helper()
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	d := &dump{archive: npy.NewWriter(&file), float: float, names: uniqueNames(m), told: map[*ir.Value]bool{}, seen: map[*ir.Value]int{}, result: &dumped{}}
	if _, err := p.NewSession().Watch(in, d.add); err != nil {
		t.Fatal(err)
	}
	if err := d.archive.Close(); err != nil || d.err != nil {
		t.Fatal(err, d.err)
	}
	entries, err := npy.OpenArchive(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		a, err := e.Array()
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, a.RowSize()*int64(a.Rows()))
		if err := a.ReadRows(data, 0); err != nil {
			t.Fatal(err)
		}
		switch x := (&tensor.Tensor{Data: data}); a.Type {
		case npy.Float32:
			x.DType = tensor.Float32
			found[e.Name] = fmt.Sprint(a.Shape, tensor.View[float32](x))
		case npy.Int32:
			x.DType = tensor.Int32
			found[e.Name] = fmt.Sprint(a.Shape, tensor.View[int32](x))
		default:
			found[e.Name] = fmt.Sprintf("%v %v", a.Shape, data)
		}
	}
	return found
}

// TestDumpHoldsLoops demands what a loop computes in each of its iterations, under a name each.
func TestDumpHoldsLoops(t *testing.T) {
	got := dumpOf(t, testmodel.While(), false, tensor.Of(tensor.Int32, tensor.Shape{1}, []int32{1}), tensor.Of(tensor.Float32, tensor.Shape{2}, []float32{3, -1}))
	want := map[string]string{
		"i": "[1] [1]", "x": "[2] [3 -1]", "i/end": "[1] [3]", "x/end": "[2] [12 -4]",
		"i~1.0": "[1] [1]", "i~1.0#2": "[1] [2]", "i~1.0#3": "[1] [3]", "x~1.1": "[2] [3 -1]", "x~1.1#2": "[2] [6 -2]", "x~1.1#3": "[2] [12 -4]",
		"less": "[1] [1]", "less#2": "[1] [1]", "less#3": "[1] [0]",
		"i~2.0": "[1] [1]", "i~2.0#2": "[1] [2]", "x~2.1": "[2] [3 -1]", "x~2.1#2": "[2] [6 -2]",
		"i/next": "[1] [2]", "i/next#2": "[1] [3]", "x/next": "[2] [6 -2]", "x/next#2": "[2] [12 -4]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestDumpOfIntegers demands parameters beside integers, or real numbers in their place.
func TestDumpOfIntegers(t *testing.T) {
	q := ir.Type{DType: tensor.Int8, Shape: tensor.Shape{3}}
	x, y := &ir.Value{Name: "x", Type: q, Quant: quant.PerTensor(0.5, 1)}, &ir.Value{Name: "y", Type: q, Quant: quant.PerTensor(0.5, 1)}
	g := &ir.Graph{Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}, Values: []*ir.Value{x, y}}
	g.Nodes = []*ir.Node{{Op: "RELU", Inputs: g.Inputs, Outputs: g.Outputs}}
	m := &ir.Model{Graphs: []*ir.Graph{g}}
	in := tensor.Of(tensor.Int8, tensor.Shape{3}, []int8{1, -1, 5})
	want := map[string]string{
		"x": "[3] [1 255 5]", "x:scale": "[1] [0.5]", "x:zero_point": "[1] [1 0 0 0 0 0 0 0]",
		"y": "[3] [1 1 5]", "y:scale": "[1] [0.5]", "y:zero_point": "[1] [1 0 0 0 0 0 0 0]",
	}
	if d := cmp.Diff(want, dumpOf(t, m, false, in)); d != "" {
		t.Error(d)
	}
	want = map[string]string{"x": "[3] [0 -1 2]", "y": "[3] [0 0 2]"}
	if d := cmp.Diff(want, dumpOf(t, m, true, in)); d != "" {
		t.Error(d)
	}
}
