package pass

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// near reports whether a constant of a pattern has the wanted value: within two roundings to float32, which is what writing it as a product or a
// quotient of two others costs.
func near(have, want float64) bool { return math.Abs(have-want) <= 0x1p-22*math.Abs(want) }

// plain is by for nodes that apply no activation to their result.
func (r *rewriter) plain(v *ir.Value, ops ...string) *ir.Node {
	if n := r.by(v, ops...); n != nil && activationOf(n) == op.None {
		return n
	}
	return nil
}

// withScalar returns what a node of two operands combines with a float32 constant of one element, on either side.
func withScalar(n *ir.Node) (x *ir.Value, c float64, ok bool) {
	if n == nil || len(n.Inputs) != 2 {
		return nil, 0, false
	}
	for i, v := range n.Inputs {
		if f, ok := splat(v); ok {
			return n.Inputs[1-i], float64(f), true
		}
	}
	return nil, 0, false
}

// alike reports whether two values have the same type. Equal types with unknown dimensions are taken for the same only where one value is computed
// from the other, element by element.
func alike(v, w *ir.Value) bool {
	return v.Type.DType == w.Type.DType && v.Type.Unranked == w.Type.Unranked && v.Type.Shape.Equal(w.Type.Shape)
}

// release removes the nodes that made values which nothing reads any more.
func (r *rewriter) release(values []*ir.Value) {
	for _, v := range values {
		if v != nil {
			r.drop(r.maker[v])
		}
	}
}

// indices adds an int32 vector to the graph.
func (r *rewriter) indices(name string, values []int) *ir.Value {
	t := tensor.New(tensor.Int32, tensor.Shape{len(values)})
	for i, v := range values {
		tensor.View[int32](t)[i] = int32(v)
	}
	return r.constant(name, t)
}

// axesOf returns the resolved, sorted axes in a constant operand for a tensor of the given rank.
func axesOf(v *ir.Value, rank int) ([]int, bool) {
	list, ok := ints(v)
	if !ok {
		return nil, false
	}
	axes := make([]int, 0, len(list))
	for _, a := range list {
		axis, err := tensor.Axis(a, rank)
		if err != nil {
			return nil, false
		}
		axes = append(axes, axis)
	}
	slices.Sort(axes)
	return slices.Compact(axes), true
}

// all reports whether every element of list is want.
func all(list []int, want int) bool {
	return !slices.ContainsFunc(list, func(v int) bool { return v != want })
}
