package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// The layers of this file are int16 with int8 weights, as TFLite's reference kernels compute them: sums of products in int64, or int32 where the bias is that, rescaled by the scale of
// the data times that of the weights, over the result's. In fully connected layers that is a float64.

// s16Scale returns a factor of int64 sums in fixed point.
func (o *operands) s16Scale(x float64) kernel.S16Scale {
	m, shift := quant.Multiplier(x)
	if shift > 14 {
		o.fail("%q has too small a scale for its operands'", o.node.Outputs[0].Name)
		return kernel.S16Scale{}
	}
	return kernel.NewS16Scale(m, shift)
}

// s16Result says how a layer's sums become its result, beside the given bias.
func (o *operands) s16Result(a Activation, scales []float64, bias *tensor.Tensor) kernel.S16Result {
	r := kernel.S16Result{Int32: bias != nil && bias.DType == tensor.Int32}
	for _, s := range scales {
		if r.Int32 {
			r.Narrow = append(r.Narrow, multiplier(s))
		} else {
			r.Scale = append(r.Scale, o.s16Scale(s))
		}
	}
	r.Lo, r.Hi = o.limits16(a, o.perTensor(o.node.Outputs[0]))
	return r
}

// i64 returns the elements of a bias, nil for an absent one.
func i64(bias *tensor.Tensor) []int64 {
	switch {
	case bias == nil:
		return nil
	case bias.DType == tensor.Int64:
		return tensor.View[int64](bias)
	}
	wide := make([]int64, bias.Elements())
	kernel.Convert(wide, i32(bias))
	return wide
}

func s16Conv(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, _ := conv(o)
	bias := optionalInput(in, 2)
	s := kernel.S16ConvSpec{Window: f.Window, C: f.C, OC: f.OC, Groups: f.Groups}
	o.symmetric(n.Inputs[1])
	s.Result = o.s16Result(n.Attr.(*Conv2D).Activation, o.scales(n.Inputs[0], n.Inputs[1], n.Outputs[0], f.OC, 0), bias)
	if o.err != nil {
		return nil, o.err
	}
	c, err := kernel.NewS16Conv(s, i8(in[1]), i64(bias))
	return func(call *Call) error {
		c.Run(i16(call.Out[0]), i16(call.In[0]), scratch[int16](call, tensor.Int16, c.Scratch()))
		return nil
	}, err
}

func s16Depthwise(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, shape := depthwise(o)
	if o.err != nil {
		return nil, o.err
	}
	bias := optionalInput(in, 2)
	s := kernel.S16DepthwiseSpec{Window: f.Window, C: f.C, Multiplier: f.Multiplier}
	o.symmetric(n.Inputs[1])
	s.Result = o.s16Result(n.Attr.(*DepthwiseConv2D).Activation, o.scales(n.Inputs[0], n.Inputs[1], n.Outputs[0], shape[3], 3), bias)
	if o.err != nil {
		return nil, o.err
	}
	d, err := kernel.NewS16Depthwise(s, i8(in[1]), i64(bias))
	return func(call *Call) error {
		d.Run(i16(call.Out[0]), i16(call.In[0]))
		return nil
	}, err
}

// s16FullyConnected builds a fully connected layer. int8 weights with one scale may have a zero point. Beside int16 ones sums are int64 and rescaled in fixed point.
func s16FullyConnected(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, _ := fullyConnected(o)
	bias, w := optionalInput(in, 2), o.affine(n.Inputs[1], n.Inputs[1].Type.Shape)
	s := kernel.S16FullyConnectedSpec{K: f.K, N: f.N}
	if w.PerAxis() {
		o.symmetric(n.Inputs[1])
	} else {
		s.WeightZero = o.perTensor(n.Inputs[1]).Zero
	}
	scales, a := o.scales(n.Inputs[0], n.Inputs[1], n.Outputs[0], f.N, 0), n.Attr.(*FullyConnected).Activation
	if in[1].DType == tensor.Int16 {
		if !w.PerAxis() { // multiplied in float32
			scales[0] = float64(o.perTensor(n.Inputs[0]).Scale*w.Scale[0]) / float64(o.perTensor(n.Outputs[0]).Scale)
		}
		s.Result = o.s16Result(a, scales, nil)
	} else {
		s.Result = o.s16Result(a, nil, bias)
		s.Result.Factor = scales
	}
	if o.err != nil {
		return nil, o.err
	}
	var l *kernel.S16FullyConnected
	var err error
	if in[1].DType == tensor.Int16 {
		l, err = kernel.NewS16FullyConnected(s, i16(in[1]), i64(bias))
	} else {
		l, err = kernel.NewS16FullyConnected(s, i8(in[1]), i64(bias))
	}
	return func(call *Call) error {
		l.Run(i16(call.Out[0]), i16(call.In[0]))
		return nil
	}, err
}

func s16TransposeConv(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	f, _ := transposeConv(o)
	bias := optionalInput(in, 3)
	s := kernel.S16ConvSpec{Window: f.Window, C: f.C, OC: f.OC}
	o.symmetric(n.Inputs[1])
	s.Result = o.s16Result(n.Attr.(*TransposeConv).Activation, o.scales(n.Inputs[2], n.Inputs[1], n.Outputs[0], f.OC, 0), bias)
	if o.err != nil {
		return nil, o.err
	}
	t, err := kernel.NewS16TransposeConv(s, i8(in[1]), i64(bias))
	return func(call *Call) error {
		t.Run(i16(call.Out[0]), i16(call.In[2]), scratch[int64](call, tensor.Int64, t.Scratch()))
		return nil
	}, err
}

// s16MatMul builds a product of stacks of matrices; the operands' scales are multiplied in float32.
func s16MatMul(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	s, _ := matMul(o)
	x, y, out := o.perTensor(n.Inputs[0]), o.perTensor(n.Inputs[1]), o.perTensor(n.Outputs[0])
	r := kernel.S16Result{Lo: math.MinInt16, Hi: math.MaxInt16, Scale: []kernel.S16Scale{o.s16Scale(float64(x.Scale*y.Scale) / float64(out.Scale))}}
	if o.err != nil {
		return nil, o.err
	}
	m, err := kernel.NewS16BatchMatMul(s, r)
	return func(c *Call) error {
		m.Run(i16(c.Out[0]), i16(c.In[0]), i16(c.In[1]), scratch[int16](c, tensor.Int16, m.Scratch()))
		return nil
	}, err
}
