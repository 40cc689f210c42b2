package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// integerNorms are the operators on rows that compute on integers.
var integerNorms = map[string]integers{
	"SOFTMAX":          {s8Softmax, s16Softmax},
	"LOG_SOFTMAX":      {s8: s8LogSoftmax},
	"L2_NORMALIZATION": {s8: s8L2Normalize},
}

// powerBits is the number of bits before the point of the exponents of e that a softmax computes with.
const powerBits = 5

// powers returns the multiplier from distances between a row's integers to exponents of e, and the least distance, negative, that is no minus infinity.
func (o *operands) powers(scale float64) (m int32, shift, least int) {
	x := min(scale*(1<<(31-powerBits)), math.MaxInt32)
	if !(x >= 1) {
		o.fail("%q has too small a scale for a softmax", o.node.Inputs[0].Name)
		return 0, 0, 0
	}
	m, shift = quant.Multiplier(x)
	return m, shift, -int((1<<powerBits - 1) * (1 << (31 - powerBits)) >> shift)
}

// s8Softmax prepares a softmax, whose results have scale 1/256 and zero point -128.
func s8Softmax(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	m, shift, least := o.powers(float64(n.Attr.(*Softmax).Beta) * float64(o.perTensor(n.Inputs[0]).Scale))
	o.fixed(n.Outputs[0], 1.0/256, -128)
	if o.err != nil {
		return nil, o.err
	}
	s := kernel.NewS8Softmax(kernel.NewMultiplier(m, shift), least)
	return func(c *Call) error {
		s.Run(i8(c.Out[0]), i8(c.In[0]), lastDim(c.In[0]))
		return nil
	}, nil
}

// s8LogSoftmax prepares a LOG_SOFTMAX, whose results have scale 1/16 and zero point 127.
func s8LogSoftmax(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	m, shift, least := o.powers(float64(o.perTensor(n.Inputs[0]).Scale))
	o.fixed(n.Outputs[0], 1.0/16, 127)
	if o.err != nil {
		return nil, o.err
	}
	back := multiplier(float64(int64(1)<<(31-shift)) / float64(m))
	s := kernel.NewS8LogSoftmax(kernel.NewMultiplier(m, shift), back, least)
	return func(c *Call) error {
		s.Run(i8(c.Out[0]), i8(c.In[0]), lastDim(c.In[0]))
		return nil
	}, nil
}

// s8L2Normalize prepares an L2_NORMALIZATION, whose results have scale 1/128 and zero point 0.
func s8L2Normalize(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x := o.perTensor(n.Inputs[0])
	o.fixed(n.Outputs[0], 1.0/128, 0)
	if a := fused(n); a != None {
		o.fail("fused activation %v of integers is not supported", a)
	}
	return func(c *Call) error {
		kernel.S8L2Normalize(i8(c.Out[0]), i8(c.In[0]), lastDim(c.In[0]), x.Zero)
		return nil
	}, o.err
}

// integerResizeBilinear prepares a resize of images of type T, whose parameters are the result's.
func integerResizeBilinear[T interface {
	tensor.Element
	int8 | int16
}](n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	o.alike(n.Inputs[0], n.Outputs[0])
	r := kernel.Resize(*n.Attr.(*Resize))
	return func(c *Call) error {
		x, out := c.In[0], c.Out[0]
		kernel.ResizeBilinear(tensor.View[T](out), tensor.View[T](x), x.Shape, out.Shape[1], out.Shape[2], r)
		return nil
	}, o.err
}

// fixed demands the parameters that an operator's results always have.
func (o *operands) fixed(v *ir.Value, scale float32, zero int32) {
	p := o.perTensor(v)
	if d := math.Abs(float64(p.Scale)/float64(scale) - 1); o.err == nil && (d > 1e-3 || p.Zero != zero) {
		o.fail("%q has scale %v and zero point %d, want %v and %d", v.Name, p.Scale, p.Zero, scale, zero)
	}
}
