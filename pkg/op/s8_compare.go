package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// s8Comparison is a test of two int8 numbers, rescaled to one scale.
type s8Comparison func(x, y int32) bool

// s8Comparisons are the operators that compare int8 tensors with parameters of their own.
var s8Comparisons = map[string]s8Comparison{
	"EQUAL":         func(x, y int32) bool { return x == y },
	"NOT_EQUAL":     func(x, y int32) bool { return x != y },
	"LESS":          func(x, y int32) bool { return x < y },
	"LESS_EQUAL":    func(x, y int32) bool { return x <= y },
	"GREATER":       func(x, y int32) bool { return x > y },
	"GREATER_EQUAL": func(x, y int32) bool { return x >= y },
}

// prepare returns the kernel of a node on int8 operands.
func (t s8Comparison) prepare(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, y := o.perTensor(n.Inputs[0]), o.perTensor(n.Inputs[1])
	c := kernel.NewS8Compare(x.Zero, y.Zero, multiplier(float64(x.Scale)), multiplier(float64(y.Scale)), t)
	return func(call *Call) error {
		a, b := call.In[0], call.In[1]
		kernel.Binary(tensor.View[bool](call.Out[0]), i8(a), a.Shape, i8(b), b.Shape, c.Row)
		return nil
	}, o.err
}
