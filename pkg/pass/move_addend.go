package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// moveAddend moves a constant that is added to a sum, as the bias of recurrent cells is, to the layer that made one of the addends, which takes it as its bias.
var moveAddend = rules{"ADD": {addendOfSum}}

func addendOfSum(r *rewriter, n *ir.Node) bool {
	for i, v := range n.Inputs {
		sum, c := r.onlyPlain(v, "ADD"), n.Inputs[1-i]
		if sum == nil || !plain(c) || !float32s(n) || !float32s(sum) || !alike(v, n.Outputs[0]) {
			continue
		}
		for j, x := range sum.Inputs {
			m := r.layerBefore(x)
			if m == nil || !alike(x, v) || m.Op == "CONV_3D" || sum.Inputs[1-j].Const != nil {
				continue
			}
			if _, ok := channelwise(c, channels(m), x.Type); !ok {
				continue
			}
			if b := m.Input(layers[m.Op].bias); b != nil && !plain(b) {
				continue
			}
			y := r.ahead(sum, n.Outputs[0].Name+"/bias", x.Type, "ADD", &op.Arith{}, x, c)
			r.setInput(sum, j, y)
			sum.Attr = n.Attr
			r.absorb(sum, n)
			return true
		}
	}
	return false
}
