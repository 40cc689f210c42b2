package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// centerScale takes apart the form in which frameworks normalize by statistics that they compute: x·s + (b - m·s) becomes (x - m)·s + b, which is an operator
// less, and rounds less where the mean m is large.
var centerScale = rules{"ADD": {centered}}

func centered(r *rewriter, n *ir.Node) bool {
	for i, v := range n.Inputs {
		scaled, rest := r.onlyPlain(v, "MUL"), r.onlyPlain(n.Inputs[1-i], "ADD", "SUB")
		if scaled == nil || rest == nil || n.Outputs[0].Type.DType != tensor.Float32 {
			continue
		}
		for j, s := range scaled.Inputs {
			x := scaled.Inputs[1-j]
			m, b, ok := r.lessTimes(rest, s)
			if !ok || s.Const != nil || x.Const != nil {
				continue
			}
			shape, err := tensor.Broadcast(x.Type.Shape, m.Type.Shape)
			if err != nil || x.Type.Unranked || m.Type.Unranked || !shape.Equal(x.Type.Shape) {
				continue
			}
			out := n.Outputs[0]
			difference := r.ahead(n, out.Name+"/centered", x.Type, "SUB", &op.Arith{}, x, m)
			product := r.ahead(n, out.Name+"/scaled", v.Type, "MUL", &op.Fused{}, difference, s)
			r.become(n, "ADD", n.Attr, product, b)
			return true
		}
	}
	return false
}

// lessTimes reads a sum or difference as b - m·s.
func (r *rewriter) lessTimes(n *ir.Node, s *ir.Value) (m, b *ir.Value, ok bool) {
	for i, v := range n.Inputs {
		product := r.onlyPlain(v, "MUL")
		if product == nil || n.Op == "SUB" && i == 0 {
			continue
		}
		for j, t := range product.Inputs {
			m := product.Inputs[1-j]
			if t != s {
				continue
			}
			if n.Op == "SUB" {
				return m, n.Inputs[0], true
			}
			if neg := r.by(m, "NEG"); neg != nil {
				return neg.Inputs[0], n.Inputs[1-i], true
			}
		}
	}
	return nil, nil, false
}

// onlyPlain is only for nodes that apply no activation to their result.
func (r *rewriter) onlyPlain(v *ir.Value, ops ...string) *ir.Node {
	if n := r.only(v, ops...); n != nil && activationOf(n) == op.None {
		return n
	}
	return nil
}
