package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

var transposeConv3Ds = []Op{{
	Name: "CONV_3D_TRANSPOSE",
	Doc:  "The volumes of the shape in input 0 to which each element of input 2, NDHWC, adds its products with the weights in input 1, DHWOI, and the bias in input 3.",
	In:   Between(3, 4), Out: Exactly(1), Attr: attr[Conv3D], Infer: inferTransposeConv3D, Prepare: late(prepareTransposeConv3D, 0),
}}

// transposeConv3D reads a node of CONV_3D_TRANSPOSE. The padding is that of the convolution that would give the operand's shape for the result's.
func transposeConv3D(o *operands) (kernel.F32Conv3DSpec, tensor.Shape) {
	a := o.node.Attr.(*Conv3D)
	w, x := o.ranked(1, 5, 5, tensor.Float32), o.ranked(2, 5, 5, tensor.Float32)
	o.ranked(0, 1, 1, tensor.Int32)
	shape := tensor.Shape(o.ints(0))
	o.activation(a.Activation)
	if o.err == nil {
		o.err = checkSize(shape)
	}
	if o.err != nil {
		return kernel.F32Conv3DSpec{}, nil
	}
	if len(shape) != 5 || shape[0] != x.Shape[0] || shape[4] != w.Shape[3] || w.Shape[4] != x.Shape[4] {
		o.fail("weights %v and volumes %v do not make %v", w.Shape, x.Shape, shape)
		return kernel.F32Conv3DSpec{}, nil
	}
	s := kernel.F32Conv3DSpec{
		D: x.Shape[1], OD: shape[1], KD: w.Shape[0], StrideD: a.StrideD, DilationD: a.DilationD,
		C: x.Shape[4], OC: shape[4], Clamp: a.Activation.clamp(),
	}
	s.Window = o.window2D(a.Padding, shape[1:],
		sliding{window: w.Shape[1], stride: a.StrideH, dilation: a.DilationH}, sliding{window: w.Shape[2], stride: a.StrideW, dilation: a.DilationW})
	s.H, s.W, s.OH, s.OW = x.Shape[2], x.Shape[3], s.H, s.W
	_, s.Front = o.cover(a.Padding, sliding{s.OD, s.KD, s.StrideD, s.DilationD})
	o.vector(3, s.OC, tensor.Float32)
	return s, shape
}

func inferTransposeConv3D(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	_, shape := transposeConv3D(o)
	return o.one(tensor.Float32, shape)
}

func prepareTransposeConv3D(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	s, _ := transposeConv3D(o)
	if o.err != nil {
		return nil, o.err
	}
	return layerInputs{data: 2, weights: 1, bias: 3}.prepare(in, n.Attr.(*Conv3D).Activation, func(weights, bias []float32) (layer, error) {
		return made(kernel.NewF32TransposeConv3D(s, weights, bias))
	})
}
