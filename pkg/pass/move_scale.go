package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// moveScale moves a number that multiplies a product of matrices, as in attention, to the layer that made one of these, whose weights take it. On the way there
// may be nothing but reshapes and transposes.
var moveScale = rules{"MUL": {scaledProduct}, "DIV": {scaledProduct}}

func scaledProduct(r *rewriter, n *ir.Node) bool {
	for i, v := range n.Inputs {
		product := r.only(v, "BATCH_MATMUL")
		c := n.Inputs[1-i]
		if f, ok := splat(c); !ok || f == 0 || !finite([]float32{f}) || product == nil || activationOf(n) != op.None || !alike(v, n.Outputs[0]) || n.Op == "DIV" && i == 1 {
			continue
		}
		for _, x := range product.Inputs {
			for m := r.only(x, moving...); m != nil; m = r.only(x, moving...) {
				x = m.Inputs[0]
			}
			layer := r.layerBefore(x)
			if layer == nil || layers[layer.Op].weights >= len(layer.Inputs) || layer.Inputs[layers[layer.Op].weights].Const == nil {
				continue
			}
			if b := layer.Input(layers[layer.Op].bias); b != nil && b.Const == nil {
				continue
			}
			// The layer's result gets the number; fold_scale does the rest.
			at := r.uses[x][0]
			y := r.ahead(at.Node, x.Name+"/scaled", x.Type, n.Op, cloneAttr(n.Attr), x, r.sharing(c, nil))
			r.setInput(at.Node, at.Input, y)
			r.absorb(product, n)
			return true
		}
	}
	return false
}
