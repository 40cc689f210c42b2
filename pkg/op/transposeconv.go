package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// TransposeConv are the attributes of TRANSPOSE_CONV.
type TransposeConv struct {
	Padding           Padding
	StrideH, StrideW  int
	Activation        Activation
	QuantizedBiasType tensor.DType
}

var transposeConvs = []Op{{
	Name: "TRANSPOSE_CONV", Doc: "The images of the shape in input 0 to which each pixel of input 2, NHWC, adds its products with the weights in input 1, OHWI, and the bias in input 3.",
	In: Between(3, 4), Out: Exactly(1), Attr: attr[TransposeConv], Infer: inferTransposeConv, Prepare: late(prepareTransposeConv, 0),
}}

// transposeConv reads a node of TRANSPOSE_CONV. The padding is that of the convolution that would give the operand's shape for the result's.
func transposeConv(o *operands) (kernel.F32ConvSpec, tensor.Shape) {
	a := o.node.Attr.(*TransposeConv)
	w, x := o.productWeights(1, 4, 4, 2), o.ranked(2, 4, 4, tensor.Float32)
	o.ranked(0, 1, 1, tensor.Int32)
	shape := tensor.Shape(o.ints(0))
	o.activation(a.Activation)
	if o.err == nil {
		o.err = checkSize(shape)
	}
	if o.err != nil {
		return kernel.F32ConvSpec{}, nil
	}
	if len(shape) != 4 || shape[0] != x.Shape[0] || shape[3] != w.Shape[0] || w.Shape[3] != x.Shape[3] {
		o.fail("weights %v and images %v do not make %v", w.Shape, x.Shape, shape)
		return kernel.F32ConvSpec{}, nil
	}
	s := kernel.F32ConvSpec{C: x.Shape[3], OC: w.Shape[0], Groups: 1, Clamp: a.Activation.clamp()}
	s.Window = o.window2D(a.Padding, shape,
		sliding{window: w.Shape[1], stride: a.StrideH, dilation: 1}, sliding{window: w.Shape[2], stride: a.StrideW, dilation: 1})
	s.H, s.W, s.OH, s.OW = x.Shape[1], x.Shape[2], s.H, s.W
	o.bias(3, s.OC, x.DType, tensor.Int32)
	return s, shape
}

func inferTransposeConv(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := readReal(n, in)
	_, shape := transposeConv(o)
	return o.like(2, shape)
}

func prepareTransposeConv(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	switch in[2].DType {
	case tensor.Int8:
		return late(s8TransposeConv, 1, 3)(n, in, out)
	case tensor.Int16:
		return late(s16TransposeConv, 1, 3)(n, in, out)
	}
	if isHybrid(in, 2) {
		return late(hybridTransposeConv, 1, 3)(n, in, out)
	}
	o := read(n, in)
	s, _ := transposeConv(o)
	if o.err != nil {
		return nil, o.err
	}
	return layerInputs{data: 2, weights: 1, bias: 3}.prepare(in, n.Attr.(*TransposeConv).Activation, func(weights, bias []float32) (layer, error) {
		return made(kernel.NewF32TransposeConv(s, weights, bias))
	})
}
