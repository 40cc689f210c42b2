package convert

import (
	"bytes"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// newImported returns a model as importers make them, whose constants have memory of their own: a table that GATHER looks up and products multiply by.
func newImported(t *testing.T) *Float {
	t.Helper()
	const width = 256 // many pages
	g := &ir.Graph{Name: "main"}
	rows := g.Add(&ir.Value{Name: "rows", Type: ir.Type{DType: tensor.Int32, Shape: tensor.Shape{1}}})
	g.Inputs = []*ir.Value{rows}
	constant := func(name string) *ir.Value {
		w := g.AddConst(name, tensor.New(tensor.Float32, tensor.Shape{width, width}))
		for i, list := 0, tensor.View[float32](w.Const); i < len(list); i++ {
			list[i] = float32(i%61+len(name)) / 64
		}
		w.Const.Own = true
		return w
	}
	typ := ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, width}}
	x, y := g.Add(&ir.Value{Name: "x", Type: typ}), g.Add(&ir.Value{Name: "y", Type: typ})
	g.Nodes = []*ir.Node{
		{Op: "GATHER", Attr: &op.Gather{}, Inputs: []*ir.Value{constant("table"), rows}, Outputs: []*ir.Value{x}},
		{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{x, constant("weights"), nil}, Outputs: []*ir.Value{y}},
	}
	g.Outputs = []*ir.Value{y}
	f := &Float{Source: "imported", Model: &ir.Model{Graphs: []*ir.Graph{g}}}
	if err := f.file(Source{}); err != nil {
		t.Fatal(err)
	}
	return f
}

// written returns what a file has at the moment.
func written(t *testing.T, f *tflite.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A result stays what it is when the float model is put in one piece after it, and the other way round: constants that both have stay where both find them.
func TestPuttingTogetherLeavesTheOtherModel(t *testing.T) {
	for _, opt := range []Options{{Scheme: Float16}, {Scheme: Dynamic}, {Scheme: WeightOnly}} {
		f := newImported(t)
		float := written(t, f.File)
		res, err := Finish(f, opt, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := written(t, res.Model)
		for i, step := range []func() []byte{f.Bytes, res.Bytes} {
			step()
			if !bytes.Equal(written(t, res.Model), want) {
				t.Errorf("%s: the result is another one after step %d", opt.Scheme, i)
			}
			if !bytes.Equal(written(t, f.File), float) || !bytes.Equal(f.Bytes(), float) {
				t.Errorf("%s: the float model is another one after step %d", opt.Scheme, i)
			}
		}
		f = newImported(t)
		if res, err = Finish(f, opt, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(res.Bytes(), want) || !bytes.Equal(f.Bytes(), float) || !bytes.Equal(written(t, res.Model), want) {
			t.Errorf("%s: bytes differ when the result is put together first", opt.Scheme)
		}
		if one := res.Bytes(); &one[0] != &res.Bytes()[0] {
			t.Errorf("%s: the result is put together twice", opt.Scheme)
		}
	}
}
