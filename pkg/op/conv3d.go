package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Conv3D are the attributes of CONV_3D and CONV_3D_TRANSPOSE.
type Conv3D struct {
	Padding                         Padding
	StrideD, StrideH, StrideW       int
	DilationD, DilationH, DilationW int
	Activation                      Activation
}

var conv3Ds = []Op{{
	Name: "CONV_3D", Doc: "The sums of products of the weights in input 1, DHWIO, with every window of the volumes in input 0, NDHWC, and the bias in input 2.",
	In: Between(2, 3), Out: Exactly(1), Attr: attr[Conv3D], Infer: inferConv3D, Prepare: prepareConv3D,
}}

func conv3D(o *operands) (kernel.F32Conv3DSpec, tensor.Shape) {
	a := o.node.Attr.(*Conv3D)
	x, w := o.ranked(0, 5, 5, tensor.Float32), o.ranked(1, 5, 5, tensor.Float32)
	o.activation(a.Activation)
	if o.err != nil {
		return kernel.F32Conv3DSpec{}, nil
	}
	s := kernel.F32Conv3DSpec{
		D: x.Shape[1], KD: w.Shape[0], StrideD: a.StrideD, DilationD: a.DilationD,
		C: x.Shape[4], OC: w.Shape[4], Clamp: a.Activation.clamp(),
	}
	s.Window = o.window2D(a.Padding, x.Shape[1:],
		sliding{window: w.Shape[1], stride: a.StrideH, dilation: a.DilationH}, sliding{window: w.Shape[2], stride: a.StrideW, dilation: a.DilationW})
	s.OD, s.Front = o.cover(a.Padding, sliding{s.D, s.KD, s.StrideD, s.DilationD})
	if w.Shape[3] != s.C {
		o.fail("weights %v do not fit volumes %v", w.Shape, x.Shape)
	}
	o.vector(2, s.OC, tensor.Float32)
	return s, tensor.Shape{x.Shape[0], s.OD, s.OH, s.OW, s.OC}
}

func inferConv3D(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	_, shape := conv3D(o)
	return o.one(tensor.Float32, shape)
}

func prepareConv3D(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	s, _ := conv3D(o)
	if o.err != nil {
		return nil, o.err
	}
	return convInputs.prepare(in, n.Attr.(*Conv3D).Activation, func(weights, bias []float32) (layer, error) {
		return made(kernel.NewF32Conv3D(s, weights, bias))
	})
}
