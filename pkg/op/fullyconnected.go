package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// FullyConnected are the attributes of FULLY_CONNECTED.
type FullyConnected struct {
	Activation              Activation
	WeightsFormat           WeightsFormat
	KeepNumDims             bool
	AsymmetricQuantizeInput bool
	QuantizedBiasType       tensor.DType
	QuantSpec               []byte // opaque; nil where the file has none
}

var fullyConnecteds = []Op{{
	Name: "FULLY_CONNECTED", Doc: "The sums of products of each row of the weights in input 1, [out, in], with every row of input 0, and the bias in input 2.",
	In: Between(2, 3), Out: Between(1, 2), Attr: attr[FullyConnected], Infer: inferFullyConnected, Prepare: prepareFullyConnected,
}}

// fullyConnected reads a node of FULLY_CONNECTED. The operand is a list of rows, whatever its shape, unless the result keeps it.
func fullyConnected(o *operands) (kernel.F32FullyConnectedSpec, tensor.Shape) {
	a := o.node.Attr.(*FullyConnected)
	x, w := o.ranked(0, 1, kernel.MaxRank, tensor.Float32), o.productWeights(1, 2, 2, 0, tensor.Int8, tensor.Int16)
	o.activation(a.Activation)
	if a.WeightsFormat != DefaultWeights {
		o.fail("weights in the format %v are not supported", a.WeightsFormat)
	}
	if o.err != nil {
		return kernel.F32FullyConnectedSpec{}, nil
	}
	s := kernel.F32FullyConnectedSpec{K: w.Shape[1], N: w.Shape[0], Clamp: a.Activation.clamp()}
	o.bias(2, s.N, x.DType, tensor.Int32)
	total := x.Elements()
	if s.K < 1 || s.N < 1 || total%s.K != 0 || a.KeepNumDims && lastDim(x) != s.K {
		o.fail("weights %v do not fit rows of %v", w.Shape, x.Shape)
		return s, nil
	}
	if !a.KeepNumDims {
		return s, tensor.Shape{total / s.K, s.N}
	}
	shape := x.Shape.Clone()
	shape[len(shape)-1] = s.N
	return s, shape
}

func inferFullyConnected(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := readReal(n, in)
	_, shape := fullyConnected(o)
	return o.like(0, shape)
}

func prepareFullyConnected(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	switch in[0].DType {
	case tensor.Int8:
		return late(s8FullyConnected, 1, 2)(n, in, out)
	case tensor.Int16:
		return late(s16FullyConnected, 1, 2)(n, in, out)
	}
	if isHybrid(in, 0) {
		return late(hybridFullyConnected, 1, 2)(n, in, out)
	}
	o := read(n, in)
	s, _ := fullyConnected(o)
	if o.err != nil {
		return nil, o.err
	}
	return convInputs.prepare(in, n.Attr.(*FullyConnected).Activation, func(weights, bias []float32) (layer, error) {
		return made(kernel.NewF32FullyConnected(s, weights, bias))
	})
}
