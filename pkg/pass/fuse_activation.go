package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// fuseActivation makes RELU, RELU6 and RELU_N1_TO_1 attributes of the operator before them.
var fuseActivation = rules{"RELU": {fuseLimit}, "RELU6": {fuseLimit}, "RELU_N1_TO_1": {fuseLimit}}

// limits are the operators that can be fused activations.
var limits = map[string]op.Activation{"RELU": op.Relu, "RELU6": op.Relu6, "RELU_N1_TO_1": op.ReluN1To1}

// limitable are the operators that limit their own results. CONCATENATION and L2_NORMALIZATION have the attribute, but runtimes do not look at it.
var limitable = []string{
	"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "CONV_3D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "DIV", "MAX_POOL_2D", "AVERAGE_POOL_2D",
}

func fuseLimit(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], limitable...)
	a := limits[n.Op]
	if m == nil || !float32s(m) || !float32s(n) || activationOf(m) != op.None || !takesActivation(m, a) {
		return false
	}
	setActivation(m, a)
	r.absorb(m, n)
	return true
}

// takesActivation reports whether runtimes apply the activation in the operator of m.
func takesActivation(m *ir.Node, a op.Activation) bool {
	return m.Op != "TRANSPOSE_CONV" || a == op.None || a == op.Relu || a == op.Relu6
}
