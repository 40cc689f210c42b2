package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// DepthwiseConv2D are the attributes of DEPTHWISE_CONV_2D.
type DepthwiseConv2D struct {
	Padding              Padding
	StrideH, StrideW     int
	DilationH, DilationW int
	Multiplier           int
	Activation           Activation
}

var depthwises = []Op{{
	Name: "DEPTHWISE_CONV_2D", Doc: "The sums of products of the weights in input 1, [1, H, W, C*M], with every window of each channel of the images in input 0, NHWC, and the bias in input 2.",
	In: Between(2, 3), Out: Exactly(1), Attr: attr[DepthwiseConv2D], Infer: inferDepthwise, Prepare: unlinked(linkDepthwise), Link: linkDepthwise,
}}

// depthwise reads a node of DEPTHWISE_CONV_2D. The multiplier follows from the shapes, as in TFLite's runtime; the attribute is not looked at.
func depthwise(o *operands) (kernel.F32DepthwiseSpec, tensor.Shape) {
	a := o.node.Attr.(*DepthwiseConv2D)
	x, w := o.ranked(0, 4, 4, tensor.Float32), o.productWeights(1, 4, 4, 0)
	o.activation(a.Activation)
	if o.err != nil {
		return kernel.F32DepthwiseSpec{}, nil
	}
	s := kernel.F32DepthwiseSpec{C: x.Shape[3], Clamp: a.Activation.clamp()}
	s.Window = o.window2D(a.Padding, x.Shape,
		sliding{window: w.Shape[1], stride: a.StrideH, dilation: a.DilationH}, sliding{window: w.Shape[2], stride: a.StrideW, dilation: a.DilationW})
	if w.Shape[0] != 1 || s.C == 0 || w.Shape[3] == 0 || w.Shape[3]%s.C != 0 {
		o.fail("weights %v do not fit images %v", w.Shape, x.Shape)
	} else {
		s.Multiplier = w.Shape[3] / s.C
	}
	o.bias(2, w.Shape[3], x.DType)
	return s, tensor.Shape{x.Shape[0], s.OH, s.OW, w.Shape[3]}
}

func inferDepthwise(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := readReal(n, in)
	_, shape := depthwise(o)
	return o.like(0, shape)
}

func linkDepthwise(n *ir.Node, in, out []*tensor.Tensor) (Kernel, kernel.F32Link, error) {
	switch in[0].DType {
	case tensor.Int8:
		return unlink(late(s8Depthwise, 1, 2)(n, in, out))
	case tensor.Int16:
		return unlink(late(s16Depthwise, 1, 2)(n, in, out))
	}
	if isHybrid(in, 0) {
		return unlink(late(hybridDepthwise, 1, 2)(n, in, out))
	}
	o := read(n, in)
	s, _ := depthwise(o)
	if o.err != nil {
		return nil, nil, o.err
	}
	return convInputs.link(in, n.Attr.(*DepthwiseConv2D).Activation, func(weights, bias []float32) (layer, error) {
		return made(kernel.NewF32Depthwise(s, weights, bias))
	})
}
