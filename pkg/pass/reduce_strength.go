package pass

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// reduceStrength replaces operators by cheaper ones: quotients by products, powers by what they are for some exponents, the square of a difference by
// SQUARED_DIFFERENCE.
var reduceStrength = rules{"DIV": {divideByConstant, divideByRoot}, "POW": {powerOf}, "SQUARE": {squaredDifference}}

// divideByConstant multiplies by the reciprocals instead, as TFLiteConverter does, where they are normal numbers.
func divideByConstant(r *rewriter, n *ir.Node) bool {
	c := n.Inputs[1]
	list, ok := floats(c)
	if !ok || !float32s(n) || n.Inputs[0].Const != nil {
		return false
	}
	reciprocals := make([]float32, len(list))
	for i, x := range list {
		y := 1 / x
		if a := math.Abs(float64(y)); !(a >= 0x1p-126 && a <= math.MaxFloat32) {
			return false
		}
		reciprocals[i] = y
	}
	r.become(n, "MUL", cloneAttr(n.Attr), n.Inputs[0], r.constant(c.Name, tensor.F32(c.Type.Shape, reciprocals...)))
	return true
}

// divideByRoot makes x / SQRT(y) the product of x and RSQRT(y), and 1 / SQRT(y) RSQRT(y).
func divideByRoot(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[1], "SQRT")
	if m == nil || !float32s(n) || !float32s(m) {
		return false
	}
	x, y := n.Inputs[0], m.Inputs[0]
	if uniformly(x, 1) && within(x.Type.Shape, y.Type) && activationOf(n) == op.None {
		r.become(n, "RSQRT", nil, y)
		return true
	}
	root := r.value(m.Outputs[0].Name, m.Outputs[0].Type)
	r.before(n, &ir.Node{Op: "RSQRT", Inputs: []*ir.Value{y}, Outputs: []*ir.Value{root}})
	r.become(n, "MUL", cloneAttr(n.Attr), x, root)
	return true
}

// powerOf makes powers to 2, ½ and -½ a product or a root.
func powerOf(r *rewriter, n *ir.Node) bool {
	x, c := n.Inputs[0], n.Inputs[1]
	if !unquantized(n) || c.Const == nil || !within(c.Type.Shape, x.Type) {
		return false
	}
	if uniformly(c, 2) {
		r.become(n, "MUL", &op.Fused{}, x, x)
		return true
	}
	switch f, ok := uniform(c); {
	case ok && f == 0.5:
		r.become(n, "SQRT", nil, x)
	case ok && f == -0.5:
		r.become(n, "RSQRT", nil, x)
	default:
		return false
	}
	return true
}

// squaredDifference starts from the square of a difference that nothing else reads. SQUARED_DIFFERENCE broadcasts up to four dimensions.
func squaredDifference(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], "SUB")
	if m == nil || !float32s(n) || !float32s(m) || activationOf(m) != op.None {
		return false
	}
	if t := n.Outputs[0].Type; t.Unranked || len(t.Shape) > 4 && !sameShape(m.Inputs[0].Type, m.Inputs[1].Type) {
		return false
	}
	r.become(n, "SQUARED_DIFFERENCE", nil, m.Inputs[0], m.Inputs[1])
	return true
}
