package graphdef

import (
	"fmt"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Attrs are a node's attributes by name: an int, float32, bool, string, tensor.DType, []int or []float32.
type Attrs map[string]any

// Apply emits what a TensorFlow operator means for the given operands, for front ends of libraries that are written in terms of TensorFlow. It
// abandons the caller's rule as the operator's own does.
func Apply(b *build.Builder, name, op string, attrs Attrs, in ...*ir.Value) []*ir.Value {
	o := Ops.Lookup(op)
	if o == nil || o.Lower == nil {
		build.Refuse("TensorFlow's operator %s", op)
	}
	n := &tfpb.NodeDef{Name: name, Op: op}
	for key, x := range attrs {
		n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: key, Value: attrValue(x)})
	}
	w := newWalk(&tfpb.GraphDef{}, Options{})
	w.main = b
	c := &Context{Builder: b, Def: n, scope: &scope{walk: w, b: b}, first: len(b.Graph.Values)}
	for _, v := range in {
		c.edges = append(c.edges, Edge{Value: v})
	}
	if f := build.Try(func() { o.Lower(c) }); f != nil {
		panic(&build.Failure{Refused: f.Refused, Err: fmt.Errorf("%s: %w", op, f.Err)})
	}
	values := make([]*ir.Value, len(c.results))
	for i, e := range c.results {
		values[i] = e.Value
	}
	return values
}

func attrValue(x any) tfpb.AttrValue {
	switch x := x.(type) {
	case int:
		return tfpb.AttrValue{Kind: tfpb.AttrI, I: int64(x)}
	case float32:
		return tfpb.AttrValue{Kind: tfpb.AttrF, F: x}
	case bool:
		return tfpb.AttrValue{Kind: tfpb.AttrB, B: x}
	case string:
		return tfpb.AttrValue{Kind: tfpb.AttrS, S: []byte(x)}
	case tensor.DType:
		for t, d := range dtypes {
			if d == x {
				return tfpb.AttrValue{Kind: tfpb.AttrType, Type: t}
			}
		}
	case []int:
		list := &tfpb.ListValue{}
		for _, i := range x {
			list.I = append(list.I, int64(i))
		}
		return tfpb.AttrValue{Kind: tfpb.AttrList, List: list}
	case []float32:
		return tfpb.AttrValue{Kind: tfpb.AttrList, List: &tfpb.ListValue{F: x}}
	}
	panic(fmt.Sprintf("graphdef: no attribute is of type %T", x))
}
