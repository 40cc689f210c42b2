package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// onInt8 reports whether a node's input 0 is int8.
func onInt8(in []*tensor.Tensor) bool {
	return len(in) > 0 && in[0] != nil && in[0].DType == tensor.Int8
}

// s8SVDF reads the operands of an SVDF on int8 rows: int8 weights, int16 time weights, an int32 bias, and an int16 state.
func s8SVDF(o *operands) (batch int, s kernel.S8SVDFSpec) {
	a := o.node.Attr.(*SVDF)
	x, feature, time, state := o.stored(0, tensor.Int8), o.stored(1, tensor.Int8), o.stored(2, tensor.Int16), o.stored(4, tensor.Int16)
	for i, t := range []*tensor.Tensor{x, feature, time} {
		o.rank(i, t, 2, 2)
	}
	if a.Activation != Relu {
		o.fail("activation %v of an int8 SVDF is not supported", a.Activation)
	}
	if o.err != nil {
		return 0, s
	}
	filters := feature.Shape[0]
	if a.Rank < 1 || filters < 1 || filters%a.Rank != 0 || feature.Shape[1] != x.Shape[1] || time.Shape[0] != filters {
		o.fail("weights %v and %v of rank %d do not fit inputs %v", feature.Shape, time.Shape, a.Rank, x.Shape)
		return 0, s
	}
	s = kernel.S8SVDFSpec{Inputs: x.Shape[1], Units: filters / a.Rank, Rank: a.Rank, Memory: time.Shape[1]}
	o.bias(3, s.Units, tensor.Int8)
	if v := o.node.Input(4); v == nil || !v.Variable {
		o.fail("input 4 is not a variable")
	}
	if n := x.Shape[0] * filters * s.Memory; state.Elements() != n {
		o.fail("input 4 has shape %v, want %d elements", state.Shape, n)
	}
	return x.Shape[0], s
}

// prepareS8SVDF prepares an SVDF on int8 rows. Effective scales are computed in float32, as TFLite does.
func prepareS8SVDF(n *ir.Node, in []*tensor.Tensor) (Kernel, error) {
	o := s8LSTMs{read(n, in)}
	_, s := s8SVDF(o.operands)
	if o.err != nil {
		return nil, o.err
	}
	x, y := o.perTensor(n.Inputs[0]), o.perTensor(n.Outputs[0])
	feature, featureScale := aroundZero[int8](o, 1, tensor.Int8)
	time, timeScale := aroundZero[int16](o, 2, tensor.Int16)
	bias, _ := aroundZero[int32](o, 3, tensor.Int32)
	state, zero := o.single(n.Inputs[4])
	if zero != 0 {
		o.fail("%q has zero point %d, want 0", n.Inputs[4].Name, zero)
	}
	if o.err != nil {
		return nil, o.err
	}
	s.InZero, s.OutZero = x.Zero, y.Zero
	s.State = multiplier(float64(float32(x.Scale*featureScale) / state))
	s.Out = multiplier(float64(float32(state*timeScale) / y.Scale))
	k, err := kernel.NewS8SVDF(s, feature, time, bias)
	return func(c *Call) error {
		k.Run(i8(c.Out[0]), i8(c.In[0]), i16(c.In[4]))
		return nil
	}, err
}
