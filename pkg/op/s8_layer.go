package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// The layers of this file are int8 with an int32 bias, as TFLite's reference kernels compute them: sums of products in int32, rescaled by the scale
// of the data times that of the weights, over the result's. In fully connected layers alone that is a float64.

// s8Result says how a layer's sums become its result.
func (o *operands) s8Result(a Activation, scales []float64) kernel.S8Result {
	out := o.perTensor(o.node.Outputs[0])
	r := kernel.S8Result{Zero: out.Zero}
	for _, s := range scales {
		r.Scale = append(r.Scale, multiplier(s))
	}
	r.Lo, r.Hi = o.limits8(a, out)
	return r
}

func s8Conv(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, _ := conv(o)
	s := kernel.S8ConvSpec{Window: f.Window, C: f.C, OC: f.OC, Groups: f.Groups, InZero: o.perTensor(n.Inputs[0]).Zero}
	o.symmetric(n.Inputs[1])
	s.Result = o.s8Result(n.Attr.(*Conv2D).Activation, o.scales(n.Inputs[0], n.Inputs[1], n.Outputs[0], f.OC, 0))
	if o.err != nil {
		return nil, o.err
	}
	c, err := kernel.NewS8Conv(s, i8(in[1]), i32(optionalInput(in, 2)))
	return func(call *Call) error {
		c.Run(i8(call.Out[0]), i8(call.In[0]), scratch[int64](call, tensor.Int64, c.Scratch()))
		return nil
	}, err
}

func s8Depthwise(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, shape := depthwise(o)
	s := kernel.S8DepthwiseSpec{Window: f.Window, C: f.C, Multiplier: f.Multiplier, InZero: o.perTensor(n.Inputs[0]).Zero}
	if o.err != nil {
		return nil, o.err
	}
	o.symmetric(n.Inputs[1])
	s.Result = o.s8Result(n.Attr.(*DepthwiseConv2D).Activation, o.scales(n.Inputs[0], n.Inputs[1], n.Outputs[0], shape[3], 3))
	if o.err != nil {
		return nil, o.err
	}
	d, err := kernel.NewS8Depthwise(s, i8(in[1]), i32(optionalInput(in, 2)))
	return func(call *Call) error {
		d.Run(i8(call.Out[0]), i8(call.In[0]), scratch[int32](call, tensor.Int32, d.Scratch()))
		return nil
	}, err
}

// s8FullyConnected builds a fully connected layer. Weights with one scale may have a zero point.
func s8FullyConnected(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, _ := fullyConnected(o)
	w := o.affine(n.Inputs[1], n.Inputs[1].Type.Shape)
	s := kernel.S8FullyConnectedSpec{K: f.K, N: f.N, InZero: o.perTensor(n.Inputs[0]).Zero}
	if w.PerAxis() {
		o.symmetric(n.Inputs[1])
	} else {
		s.WeightZero = o.perTensor(n.Inputs[1]).Zero
	}
	s.Result = o.s8Result(n.Attr.(*FullyConnected).Activation, nil)
	s.Result.Factor = o.scales(n.Inputs[0], n.Inputs[1], n.Outputs[0], f.N, 0)
	if o.err != nil {
		return nil, o.err
	}
	l, err := kernel.NewS8FullyConnected(s, i8(in[1]), i32(optionalInput(in, 2)))
	return func(call *Call) error {
		x := i8(call.In[0])
		l.Run(i8(call.Out[0]), x, scratch[int64](call, tensor.Int64, l.Scratch(len(x)/f.K)))
		return nil
	}, err
}

func s8TransposeConv(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, _ := transposeConv(o)
	s := kernel.S8ConvSpec{Window: f.Window, C: f.C, OC: f.OC, InZero: o.perTensor(n.Inputs[2]).Zero}
	o.symmetric(n.Inputs[1])
	s.Result = o.s8Result(n.Attr.(*TransposeConv).Activation, o.scales(n.Inputs[2], n.Inputs[1], n.Outputs[0], f.OC, 0))
	if o.err != nil {
		return nil, o.err
	}
	t, err := kernel.NewS8TransposeConv(s, i8(in[1]), i32(optionalInput(in, 3)))
	return func(call *Call) error {
		t.Run(i8(call.Out[0]), i8(call.In[2]), scratch[int64](call, tensor.Int64, t.Scratch()))
		return nil
	}, err
}

// s8MatMul builds a product of stacks of matrices; the operands' scales are multiplied in float32.
func s8MatMul(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	s, _ := matMul(o)
	x, y, out := o.perTensor(n.Inputs[0]), o.perTensor(n.Inputs[1]), o.perTensor(n.Outputs[0])
	result := o.s8Result(None, []float64{float64(x.Scale*y.Scale) / float64(out.Scale)})
	if o.err != nil {
		return nil, o.err
	}
	m, err := kernel.NewS8BatchMatMul(s, x.Zero, y.Zero, result)
	return func(c *Call) error {
		m.Run(i8(c.Out[0]), i8(c.In[0]), i8(c.In[1]), scratch[int64](c, tensor.Int64, m.Scratch()))
		return nil
	}, err
}
