package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// s8Norms are the operators on rows that have an int8 kernel.
var s8Norms = map[string]bool{"SOFTMAX": true}

// softmaxBits is the number of bits before the point of the powers that a softmax computes.
const softmaxBits = 5

// s8Softmax prepares a softmax, whose results have scale 1/256 and zero point -128.
func s8Softmax(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, beta := o.perTensor(n.Inputs[0]), float64(n.Attr.(*Softmax).Beta)
	o.fixed(n.Outputs[0], 1.0/256, -128)
	scale := min(beta*float64(x.Scale)*(1<<(31-softmaxBits)), math.MaxInt32)
	if scale < 1 {
		o.fail("%q has scale %v times beta %v: too small for a softmax", n.Inputs[0].Name, x.Scale, beta)
	}
	if o.err != nil {
		return nil, o.err
	}
	m, shift := quant.Multiplier(scale)
	radius := math.Floor(float64(1<<softmaxBits-1) * (1 << (31 - softmaxBits)) / float64(int64(1)<<shift))
	s := kernel.NewS8Softmax(kernel.NewMultiplier(m, shift), -int(radius))
	return func(c *Call) error {
		s.Run(i8(c.Out[0]), i8(c.In[0]), lastDim(c.In[0]))
		return nil
	}, nil
}

// fixed demands the parameters that an operator's results always have.
func (o *operands) fixed(v *ir.Value, scale float32, zero int32) {
	p := o.perTensor(v)
	if d := math.Abs(float64(p.Scale)/float64(scale) - 1); o.err == nil && (d > 1e-3 || p.Zero != zero) {
		o.fail("%q has scale %v and zero point %d, want %v and %d", v.Name, p.Scale, p.Zero, scale, zero)
	}
}
