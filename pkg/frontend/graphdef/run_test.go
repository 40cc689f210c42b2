package graphdef

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// attrs gives a node attributes: names, each followed by an int, float32, bool, string, []int, []string, tfpb.DataType or *tensor.Tensor of float32 or int32.
func attrs(n tfpb.NodeDef, pairs ...any) tfpb.NodeDef {
	for i := 0; i < len(pairs); i += 2 {
		var a tfpb.AttrValue
		switch x := pairs[i+1].(type) {
		case int:
			a = tfpb.AttrValue{Kind: tfpb.AttrI, I: int64(x)}
		case float32:
			a = tfpb.AttrValue{Kind: tfpb.AttrF, F: x}
		case bool:
			a = tfpb.AttrValue{Kind: tfpb.AttrB, B: x}
		case string:
			a = tfpb.AttrValue{Kind: tfpb.AttrS, S: []byte(x)}
		case tfpb.DataType:
			a = tfpb.AttrValue{Kind: tfpb.AttrType, Type: x}
		case []int:
			a = tfpb.AttrValue{Kind: tfpb.AttrList, List: &tfpb.ListValue{}}
			for _, v := range x {
				a.List.I = append(a.List.I, int64(v))
			}
		case []string:
			a = tfpb.AttrValue{Kind: tfpb.AttrList, List: &tfpb.ListValue{}}
			for _, v := range x {
				a.List.S = append(a.List.S, []byte(v))
			}
		case *tensor.Tensor:
			a = tfpb.AttrValue{Kind: tfpb.AttrTensor, Tensor: proto(x)}
		default:
			panic(fmt.Sprintf("attribute of type %T", x))
		}
		n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: pairs[i].(string), Value: a})
	}
	return n
}

// proto encodes a tensor of float32 or int32.
func proto(x *tensor.Tensor) *tfpb.TensorProto {
	d := tfpb.Float
	if x.DType == i32 {
		d = tfpb.Int32
	}
	number := func(b []byte, field, n int) []byte {
		return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field<<3)), uint64(n))
	}
	bytes := func(b []byte, field int, content []byte) []byte {
		return append(binary.AppendUvarint(binary.AppendUvarint(b, uint64(field<<3|2)), uint64(len(content))), content...)
	}
	var shape []byte
	for _, n := range x.Shape {
		shape = bytes(shape, 2, number(nil, 1, n))
	}
	p, err := tfpb.DecodeTensorProto(bytes(bytes(number(nil, 1, int(d)), 2, shape), 4, x.Data))
	if err != nil {
		panic(err)
	}
	return p
}

// constant makes a node of a constant.
func constant(name string, t *tensor.Tensor) tfpb.NodeDef {
	return attrs(node(name+" = Const()"), "value", t)
}

// imported converts a graph with the given inputs, named x0, x1 and so on, and the output y.
func imported(inputs []ir.Type, nodes ...tfpb.NodeDef) (*ir.Model, error) {
	g, opt := &tfpb.GraphDef{Node: nodes}, Options{Outputs: []Port{{Name: "y", Tensor: "y"}}}
	for i, typ := range inputs {
		name := fmt.Sprintf("x%d", i)
		g.Node = append(g.Node, node(name+" = Placeholder()"))
		opt.Inputs = append(opt.Inputs, Port{Name: name, Tensor: name, Type: typ})
	}
	res, err := Import(g, opt)
	if err != nil {
		return nil, err
	}
	return res.Model, ir.Verify(res.Model, op.Set)
}

// run executes a converted graph.
func run(t *testing.T, m *ir.Model, inputs ...*tensor.Tensor) *tensor.Tensor {
	t.Helper()
	build.Bind(m)
	var opt exec.Options
	for _, x := range inputs {
		opt.InputShapes = append(opt.InputShapes, x.Shape)
	}
	p, err := exec.Compile(m, 0, opt)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.NewSession().Run(inputs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Clone()
}

// noise returns a float32 tensor of random numbers.
func noise(r *rand.Rand, shape ...int) *tensor.Tensor {
	x := tensor.New(f32, shape)
	for i := range tensor.View[float32](x) {
		tensor.View[float32](x)[i] = float32(r.NormFloat64())
	}
	return x
}

// near demands that got is want up to the rounding of float32.
func near(t *testing.T, want, got *tensor.Tensor) {
	t.Helper()
	if !want.Shape.Equal(got.Shape) || want.DType != got.DType {
		t.Fatalf("%v%v, want %v%v", got.DType, got.Shape, want.DType, want.Shape)
	}
	x, y := tensor.View[float32](want), tensor.View[float32](got)
	for i := range x {
		if d := math.Abs(float64(x[i] - y[i])); d > 1e-5*math.Max(1, math.Abs(float64(x[i]))) || math.IsNaN(d) != math.IsNaN(float64(x[i])) {
			t.Fatalf("element %d is %v, want %v", i, y[i], x[i])
		}
	}
}
