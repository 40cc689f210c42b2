package pass

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchGelu finds GELU, x·Φ(x) with the normal distribution function Φ, by the functions that it is written with: 2Φ(x) = 1 + erf(x/√2) = erfc(-x/√2),
// or approximately 1 + tanh(√(2/π)·(x + 0.044715·x³)) (Hendrycks and Gimpel, 2016). Products may be in any order, with the numbers anywhere.
var matchGelu = rules{"MUL": {gelu}}

// cubic is the weight of x³ in the approximation.
const cubic = 0.044715

func gelu(r *rewriter, n *ir.Node) bool {
	out := n.Outputs[0]
	if activationOf(n) != op.None || out.Type.DType != tensor.Float32 {
		return false
	}
	for _, part := range r.product(out).parts {
		approximate, half := false, 0.5
		var candidates []*ir.Value
		var fits func(x *ir.Value) bool
		if erfc := r.by(part, "TF_ERFC"); erfc != nil {
			candidates = r.product(erfc.Inputs[0]).seen
			fits = func(x *ir.Value) bool { return r.product(erfc.Inputs[0], x).is(-math.Sqrt2/2, x) }
		} else if a, ok := r.affine(part); !ok || !near(a.c, a.k) {
			continue
		} else if erf := r.by(a.v, "TF_ERF"); erf != nil {
			half /= a.c
			candidates = r.product(erf.Inputs[0]).seen
			fits = func(x *ir.Value) bool { return r.product(erf.Inputs[0], x).is(math.Sqrt2/2, x) }
		} else if tanh := r.by(a.v, "TANH"); tanh != nil {
			half /= a.c
			approximate = true
			candidates = r.cubed(tanh.Inputs[0])
			fits = func(x *ir.Value) bool { return r.geluTanh(tanh.Inputs[0], x) }
		}
		for _, x := range candidates {
			if alike(x, out) && fits(x) && r.product(out, x, part).is(half, x, part) {
				r.become(n, "GELU", &op.Gelu{Approximate: approximate}, x)
				return true
			}
		}
	}
	return false
}

// cubed returns the values that x may be where v is the argument of the approximation's hyperbolic tangent: those in its sums and products.
func (r *rewriter) cubed(v *ir.Value) []*ir.Value {
	var found []*ir.Value
	for _, part := range r.product(v).seen {
		found = append(found, part)
		if sum := r.plain(part, "ADD"); sum != nil {
			for _, w := range sum.Inputs {
				found = append(found, r.product(w).seen...)
			}
		}
	}
	return found
}

// geluTanh reports whether v is √(2/π)·(x + 0.044715·x³), or √(2/π)·x·(1 + 0.044715·x²).
func (r *rewriter) geluTanh(v, x *ir.Value) bool {
	scale := math.Sqrt(2 / math.Pi)
	p := r.product(v, x)
	for _, part := range p.parts {
		sum := r.plain(part, "ADD")
		if sum == nil || part == x {
			continue
		}
		for i, a := range sum.Inputs {
			b := sum.Inputs[1-i]
			if a == x && p.is(scale, part) && r.product(b, x).is(cubic, x, x, x) {
				return true
			}
			if one, ok := splat(a); ok && one == 1 && p.is(scale, part, x) && r.product(b, x).is(cubic, x, x) {
				return true
			}
		}
	}
	return false
}
