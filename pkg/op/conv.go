package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Conv2D are the attributes of CONV_2D.
type Conv2D struct {
	Padding              Padding
	StrideH, StrideW     int
	DilationH, DilationW int
	Activation           Activation
	QuantizedBiasType    tensor.DType // Invalid: unset
}

var convs = []Op{{
	Name: "CONV_2D", Doc: "The sums of products of the weights in input 1, OHWI, with every window of the images in input 0, NHWC, and the bias in input 2.",
	In: Between(2, 3), Out: Exactly(1), Attr: attr[Conv2D], Infer: inferConv, Prepare: unlinked(linkConv), Link: linkConv,
}}

var convInputs = layerInputs{data: 0, weights: 1, bias: 2}

// conv reads a node of CONV_2D. Where the weights have fewer channels than the images, the images' are divided into groups.
func conv(o *operands) (kernel.F32ConvSpec, tensor.Shape) {
	a := o.node.Attr.(*Conv2D)
	x, w := o.ranked(0, 4, 4, tensor.Float32), o.productWeights(1, 4, 4, 0)
	o.activation(a.Activation)
	if o.err != nil {
		return kernel.F32ConvSpec{}, nil
	}
	s := kernel.F32ConvSpec{C: x.Shape[3], OC: w.Shape[0], Groups: 1, Clamp: a.Activation.clamp()}
	s.Window = o.window2D(a.Padding, x.Shape,
		sliding{window: w.Shape[1], stride: a.StrideH, dilation: a.DilationH}, sliding{window: w.Shape[2], stride: a.StrideW, dilation: a.DilationW})
	if per := w.Shape[3]; per < 1 || s.C%per != 0 || s.C == 0 || s.OC%(s.C/per) != 0 {
		o.fail("weights %v do not fit images %v", w.Shape, x.Shape)
	} else {
		s.Groups = s.C / per
	}
	o.bias(2, s.OC, x.DType, tensor.Int32)
	return s, tensor.Shape{x.Shape[0], s.OH, s.OW, s.OC}
}

func inferConv(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := readReal(n, in)
	_, shape := conv(o)
	return o.like(0, shape)
}

func linkConv(n *ir.Node, in, out []*tensor.Tensor) (Kernel, kernel.F32Link, error) {
	switch in[0].DType {
	case tensor.Int8:
		return unlink(late(s8Conv, 1, 2)(n, in, out))
	case tensor.Int16:
		return unlink(late(s16Conv, 1, 2)(n, in, out))
	}
	if isHybrid(in, 0) {
		return unlink(late(hybridConv, 1, 2)(n, in, out))
	}
	o := read(n, in)
	s, _ := conv(o)
	if o.err != nil {
		return nil, nil, o.err
	}
	return convInputs.link(in, n.Attr.(*Conv2D).Activation, func(weights, bias []float32) (layer, error) {
		return made(kernel.NewF32Conv(s, weights, bias))
	})
}
