package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// set makes a constant of a placeholder: a number in all elements of its shape, a scalar if it declares none.
func (s *scope) set(name string, x float64) {
	r, err := parseRef(name)
	n := s.nodes[r.node]
	if err != nil || n == nil {
		build.Damaged("the outputs depend on no placeholder %q that could be set", name)
	}
	switch n.Op {
	case "Placeholder", "PlaceholderV2", "PlaceholderWithDefault":
	default:
		build.Damaged("node %q, %s, is no placeholder to set", n.Name, n.Op)
	}
	t, err := placeholder(n)
	if err != nil {
		build.Damaged("placeholder %q: %w", name, err)
	}
	if t.Unranked {
		t.Shape, t.Unranked = tensor.Shape{}, false
	}
	if !t.Static() {
		build.Damaged("placeholder %q has the shape %v, which no number fills: make it an input", name, t.Shape)
	}
	s.give(r, s.b.Const(r.node, filled(name, ir.Type{DType: standIn(t.DType), Shape: t.Shape}, x)))
}

// filled returns a tensor of one number, which its type must be able to hold.
func filled(name string, t ir.Type, x float64) *tensor.Tensor {
	if n := t.Shape.Elements(); n < 0 || n > mostFilled {
		build.Damaged("placeholder %q has the shape %v, which is too large to be set: make it an input", name, t.Shape)
	}
	v := tensor.New(t.DType, t.Shape)
	exact := true
	switch t.DType {
	case tensor.Float32:
		fill(v, float32(x))
	case tensor.Float64:
		fill(v, x)
	case tensor.Int32:
		fill(v, int32(x))
		exact = float64(int32(x)) == x
	case tensor.Int64:
		fill(v, int64(x))
		exact = float64(int64(x)) == x
	case tensor.Bool:
		for i := range v.Data {
			v.Data[i] = byte(x)
		}
		exact = x == 0 || x == 1
	default:
		build.Damaged("placeholder %q is %v: only those of numbers and truth values can be set", name, t.DType)
	}
	if !exact {
		build.Damaged("placeholder %q is %v, which does not hold %v", name, t.DType, x)
	}
	return v
}

// mostFilled bounds the elements of a placeholder that is set.
const mostFilled = 1 << 20

func fill[T float32 | float64 | int32 | int64](v *tensor.Tensor, x T) {
	for i := range tensor.View[T](v) {
		tensor.View[T](v)[i] = x
	}
}
