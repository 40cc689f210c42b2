package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchPrelu finds PRELU, x where it is positive, else alpha·x with a constant alpha that broadcasts to x: RELU(x) - alpha·RELU(-x), with the negative
// part also as MINIMUM(x, 0) or (x - |x|)/2, and a SELECT by the sign of x.
var matchPrelu = rules{"ADD": {preluRelus}, "SUB": {preluRelus}, "SELECT": {preluSelect}, "SELECT_V2": {preluSelect}}

func preluRelus(r *rewriter, n *ir.Node) bool {
	x, p, ok := r.relus(n)
	return ok && r.prelu(n, x, p)
}

func preluSelect(r *rewriter, n *ir.Node) bool {
	x, positive, negative, ok := r.branches(n)
	if !ok || positive != x {
		return false
	}
	p := r.product(negative, x)
	return p.of(x) && r.prelu(n, x, p)
}

// prelu puts PRELU of x in the place of n. Alpha is the number and the constant in p.
func (r *rewriter) prelu(n *ir.Node, x *ir.Value, p product) bool {
	if len(p.consts) != 1 || !alike(x, n.Outputs[0]) || len(x.Type.Shape) > 4 {
		return false
	}
	alpha := p.consts[0]
	f, ok := floats(alpha)
	if !ok || len(alpha.Type.Shape) > len(x.Type.Shape) {
		return false
	}
	if p.scale != 1 {
		t := tensor.New(tensor.Float32, alpha.Type.Shape)
		for i, v := range f {
			tensor.View[float32](t)[i] = v * float32(p.scale)
		}
		alpha = r.constant(alpha.Name+"/slope", t)
	}
	r.become(n, "PRELU", nil, x, alpha)
	return true
}

// relus reads n as RELU(x) + p·x⁻, where x⁻ is x where it is negative, else 0. p has no parts, and its numbers are those that x is multiplied by.
func (r *rewriter) relus(n *ir.Node) (x *ir.Value, p product, ok bool) {
	if activationOf(n) != op.None {
		return nil, p, false
	}
	for i, v := range n.Inputs {
		relu := r.by(v, "RELU")
		if relu == nil || n.Op == "SUB" && i == 1 {
			continue
		}
		x = relu.Inputs[0]
		p = r.product(n.Inputs[1-i], x)
		if len(p.parts) != 1 {
			continue
		}
		times, ok := r.negativePart(p.parts[0], x)
		if !ok {
			continue
		}
		if p.scale *= times; n.Op == "SUB" {
			p.scale = -p.scale
		}
		p.parts = nil
		return x, p, true
	}
	return nil, p, false
}

// negativePart reports whether v is a multiple of x⁻, and which.
func (r *rewriter) negativePart(v, x *ir.Value) (times float64, ok bool) {
	n := r.plain(v, "RELU", "MINIMUM", "SUB")
	if n == nil {
		return 0, false
	}
	switch n.Op {
	case "RELU":
		return -1, r.product(n.Inputs[0], x).is(-1, x)
	case "MINIMUM":
		y, c, ok := withScalar(n)
		return 1, ok && y == x && c == 0
	default:
		abs := r.by(n.Inputs[1], "ABS")
		return 2, n.Inputs[0] == x && abs != nil && abs.Inputs[0] == x
	}
}
