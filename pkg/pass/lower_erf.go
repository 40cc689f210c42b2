package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// lowerErf expands what no pattern took of TF_ERF, the error function, and TF_ERFC, 1 less it, for which TFLite has no operators, by
//
//	erf(x) = tanh(x·p(x²)),  1 - erf(x) = 2·logistic(-2·x·p(x²))
//
// with the polynomial p of erfCoef. The error of erf is at most 2e-7 of the value for all x, that of 1 - erf is at most 3e-7.
var lowerErf = rules{"TF_ERF": {expandErf}, "TF_ERFC": {expandErfc}}

// erfCoef is the polynomial in t that stands for artanh(erf(√t))/√t: the one for which erf has the least greatest relative error over √t ≤ 4.2, 7.1e-8,
// found by least squares that are weighted anew until all peaks of the error are equal, then rounded to float32. The last coefficient is positive, so that tanh is
// ±1 for greater x.
var erfCoef = []float32{
	0x1.20dd76p+0, 0x1.a4f204p-4, -0x1.998e0ep-13, -0x1.4259d4p-11, 0x1.62d19ap-14, -0x1.41be2ep-18, 0x1.d94abp-26, 0x1.74a3dp-28,
}

func expandErf(r *rewriter, n *ir.Node) bool {
	y := r.erfArgument(n, 1)
	r.become(n, "TANH", nil, y)
	return true
}

func expandErfc(r *rewriter, n *ir.Node) bool {
	y := r.erfArgument(n, -2)
	y = r.then(n, "LOGISTIC", nil, y)
	r.become(n, "MUL", &op.Fused{}, y, r.number("2", 2))
	return true
}

// erfArgument adds scale·x·p(x²) in front of n, whose operand is x, by Horner's scheme. The scale is a power of two.
func (r *rewriter) erfArgument(n *ir.Node, scale float32) *ir.Value {
	x := n.Inputs[0]
	t := r.then(n, "SQUARE", nil, x)
	last := len(erfCoef) - 1
	y := r.then(n, "MUL", &op.Fused{}, t, r.number("erf/c", scale*erfCoef[last]))
	for i := last - 1; ; i-- {
		y = r.then(n, "ADD", &op.Arith{}, y, r.number("erf/c", scale*erfCoef[i]))
		if i == 0 {
			return r.then(n, "MUL", &op.Fused{}, y, x)
		}
		y = r.then(n, "MUL", &op.Fused{}, y, t)
	}
}

// then adds an elementwise node in front of n, the type of whose result is that of n's, and returns what it makes.
func (r *rewriter) then(n *ir.Node, name string, attr ir.Attr, inputs ...*ir.Value) *ir.Value {
	out := n.Outputs[0]
	y := r.value(out.Name+"/"+name, ir.Type{DType: out.Type.DType, Shape: out.Type.Shape.Clone(), Unranked: out.Type.Unranked})
	r.before(n, &ir.Node{Op: name, Attr: attr, Inputs: inputs, Outputs: []*ir.Value{y}})
	return y
}

// number adds a float32 scalar to the graph.
func (r *rewriter) number(name string, x float32) *ir.Value {
	return r.constant(name, tensor.F32(tensor.Shape{}, x))
}
