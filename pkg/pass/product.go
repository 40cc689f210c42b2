package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// product is a float32 value as a product: a number, constants of more than one element, and other values, each as often as it is a factor.
type product struct {
	scale  float64
	consts []*ir.Value
	parts  []*ir.Value
	seen   []*ir.Value // every value on the way that is no constant, v itself included
}

// productLimit bounds the factors that product looks at.
const productLimit = 12

// product takes v apart into its factors through MUL, DIV by a number, NEG, SQUARE and POW, but leaves the values in whole as they are.
func (r *rewriter) product(v *ir.Value, whole ...*ir.Value) product {
	p := product{scale: 1}
	budget := productLimit
	var expand func(v *ir.Value)
	expand = func(v *ir.Value) {
		if c, ok := splat(v); ok {
			p.scale *= float64(c)
			return
		}
		if v.Const != nil {
			p.consts = append(p.consts, v)
			return
		}
		if !slices.Contains(p.seen, v) {
			p.seen = append(p.seen, v)
		}
		n := r.plain(v, "MUL", "DIV", "NEG", "SQUARE", "POW")
		if n == nil || budget <= 0 || slices.Contains(whole, v) {
			p.parts = append(p.parts, v)
			return
		}
		budget--
		times, divisor := 1, 1.0
		switch n.Op {
		case "MUL":
			expand(n.Inputs[0])
			expand(n.Inputs[1])
			return
		case "SQUARE":
			times = 2
		case "NEG":
			divisor = -1
		case "DIV", "POW":
			c, ok := splat(n.Inputs[1])
			switch {
			case n.Op == "DIV" && ok && c != 0:
				divisor = float64(c)
			case n.Op == "POW" && ok && (c == 2 || c == 3):
				times = int(c)
			default:
				p.parts = append(p.parts, v)
				return
			}
		}
		for range times {
			expand(n.Inputs[0])
		}
		p.scale /= divisor
	}
	expand(v)
	return p
}

// is reports whether p is scale times the given values, in any order, and nothing else.
func (p product) is(scale float64, parts ...*ir.Value) bool {
	return near(p.scale, scale) && len(p.consts) == 0 && p.of(parts...)
}

// of reports whether the factors of p that are no constants are the given values, in any order.
func (p product) of(parts ...*ir.Value) bool {
	if len(parts) != len(p.parts) {
		return false
	}
	rest := slices.Clone(p.parts)
	for _, v := range parts {
		i := slices.Index(rest, v)
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return true
}

// affine is a value of the form c + k·v.
type affine struct {
	c, k float64
	v    *ir.Value
}

// affine reads v as c + k·v', where v' is no product with a number: ADD and SUB of a number, and products.
func (r *rewriter) affine(v *ir.Value) (a affine, ok bool) {
	n := r.plain(v, "ADD", "SUB")
	x, c, ok := withScalar(n)
	if !ok {
		return a, false
	}
	a.c, a.k = c, 1
	if n.Op == "SUB" {
		if x == n.Inputs[0] {
			a.c = -c
		} else {
			a.k = -1
		}
	}
	p := r.product(x)
	if len(p.parts) != 1 || len(p.consts) > 0 {
		return a, false
	}
	a.k *= p.scale
	a.v = p.parts[0]
	return a, true
}
