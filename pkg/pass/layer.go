package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// layer says where an operator that multiplies data with weights keeps what.
type layer struct {
	data, weights, bias int // operands; bias is the last one and may be absent
	out                 int // the dimension of the weights along which the channels of the result lie
	in                  int // the one of the channels of the data; -1 where they are those of the result
}

// layers are the operators that take a bias, and a factor for each channel into their weights.
var layers = map[string]layer{
	"CONV_2D":           {data: 0, weights: 1, bias: 2, out: 0, in: 3},
	"DEPTHWISE_CONV_2D": {data: 0, weights: 1, bias: 2, out: 3, in: -1},
	"TRANSPOSE_CONV":    {data: 2, weights: 1, bias: 3, out: 0, in: 3},
	"CONV_3D":           {data: 0, weights: 1, bias: 2, out: 4, in: 3},
	"FULLY_CONNECTED":   {data: 0, weights: 1, bias: 2, out: 0, in: 1},
}

// layerOps lists the keys of layers.
var layerOps = []string{"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "CONV_3D", "FULLY_CONNECTED"}

// layerBefore returns the layer that makes v for n alone, if it has no activation and makes float32.
func (r *rewriter) layerBefore(v *ir.Value) *ir.Node {
	m := r.only(v, layerOps...)
	if m == nil || !float32s(m) || activationOf(m) != op.None || len(m.Inputs) < layers[m.Op].bias {
		return nil
	}
	if a, ok := m.Attr.(*op.FullyConnected); ok && a.WeightsFormat != op.DefaultWeights {
		return nil
	}
	return m
}

// channels returns the number of channels of a layer's result, -1 if it is not known.
func channels(m *ir.Node) int {
	l := layers[m.Op]
	if shape := m.Inputs[l.weights].Type.Shape; l.out < len(shape) {
		return shape[l.out]
	}
	return -1
}

// setBias gives a layer a bias of one number for each channel.
func (r *rewriter) setBias(m *ir.Node, bias *ir.Value) {
	inputs := append([]*ir.Value{}, m.Inputs[:layers[m.Op].bias]...)
	r.setInputs(m, append(inputs, bias)...)
	m.Version = 0
}

// spread returns list, or n times its only element.
func spread(list []float32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = list[i%len(list)]
	}
	return out
}

// room returns the tensor of a constant that a rule replaces, for its result to be written there, if nothing else of the model has its memory; else nil.
func (r *rewriter) room(v *ir.Value) *tensor.Tensor {
	const worthwhile = 1 << 14 // bytes
	t := v.Const
	if !t.Own || len(t.Data) < worthwhile || !r.single(v) || slices.ContainsFunc(r.model.Ports(r.index), func(p ir.Port) bool { return p.Value == v }) {
		return nil
	}
	for _, g := range r.model.Graphs {
		for _, w := range g.Values {
			if w != v && w.Const != nil && tensor.Overlap(w.Const.Data, t.Data) {
				return nil
			}
		}
	}
	return t
}

// along returns the elements of a constant, each times the element of list that belongs to its index in dimension axis, or over it. They are written to out, which may
// be t, if it isn't nil.
func along(t, out *tensor.Tensor, axis int, list []float32, over bool) *tensor.Tensor {
	if out == nil {
		out = tensor.New(t.DType, t.Shape)
		out.Own = true
	}
	src, dst := tensor.View[float32](t), tensor.View[float32](out)
	list = spread(list, t.Shape[axis])
	inner := t.Shape[axis+1:].Elements()
	if inner == 1 { // whole rows at once, each beside the list
		for at := 0; at < len(src); at += len(list) {
			scaleRow(dst[at:at+len(list)], src[at:], list, over)
		}
		return out
	}
	for i, at := 0, 0; at < len(src); i, at = i+1, at+inner {
		scaleRun(dst[at:at+inner], src[at:], list[i%len(list)], over)
	}
	return out
}

func scaleRow(dst, src, list []float32, over bool) {
	src, list = src[:len(dst)], list[:len(dst)]
	if over {
		for i := range dst {
			dst[i] = src[i] / list[i]
		}
		return
	}
	for i := range dst {
		dst[i] = src[i] * list[i]
	}
}

func scaleRun(dst, src []float32, c float32, over bool) {
	src = src[:len(dst)]
	if over {
		for i := range dst {
			dst[i] = src[i] / c
		}
		return
	}
	for i := range dst {
		dst[i] = src[i] * c
	}
}

// activationOf returns the activation that a node applies to its result.
func activationOf(n *ir.Node) op.Activation {
	if a := fusedActivation(n.Attr); a != nil {
		return *a
	}
	return op.None
}

// setActivation gives a node attributes of its own with the given activation.
func setActivation(n *ir.Node, a op.Activation) {
	n.Attr = cloneAttr(n.Attr)
	*fusedActivation(n.Attr) = a
	n.Version = 0
}

// fusedActivation returns where attributes keep the activation, nil if they have none.
func fusedActivation(attr ir.Attr) *op.Activation {
	switch a := attr.(type) {
	case *op.Conv2D:
		return &a.Activation
	case *op.DepthwiseConv2D:
		return &a.Activation
	case *op.TransposeConv:
		return &a.Activation
	case *op.Conv3D:
		return &a.Activation
	case *op.FullyConnected:
		return &a.Activation
	case *op.Pool2D:
		return &a.Activation
	case *op.Arith:
		return &a.Activation
	case *op.Fused:
		return &a.Activation
	case *op.Concat:
		return &a.Activation
	}
	return nil
}

// cloneAttr returns a copy of attributes that rules change.
func cloneAttr(attr ir.Attr) ir.Attr {
	switch a := attr.(type) {
	case *op.Conv2D:
		return clone(a)
	case *op.DepthwiseConv2D:
		return clone(a)
	case *op.TransposeConv:
		return clone(a)
	case *op.Conv3D:
		return clone(a)
	case *op.FullyConnected:
		return clone(a)
	case *op.Pool2D:
		return clone(a)
	case *op.Arith:
		return clone(a)
	case *op.Fused:
		return clone(a)
	case *op.Concat:
		return clone(a)
	}
	return attr
}

func clone[A any](a *A) *A {
	c := *a
	return &c
}
