package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Pool2D are the attributes of AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D.
type Pool2D struct {
	Padding          Padding
	StrideH, StrideW int
	FilterH, FilterW int
	Activation       Activation
}

// pools are the operators that join each channel of every window of NHWC images. What lies outside an image takes no part.
var pools = []Op{
	pool("AVERAGE_POOL_2D", "The mean of each window.", kernel.NewF32AvgPool, kernel.IntAvgPool[int8], kernel.IntAvgPool[int16]),
	pool("MAX_POOL_2D", "The greatest element of each window.", kernel.NewF32MaxPool, kernel.IntMaxPool[int8], kernel.IntMaxPool[int16]),
	pool("L2_POOL_2D", "The root of the mean square of each window.", kernel.NewF32L2Pool, nil, nil),
}

// pool is the row of a pool with its kernels for float32, int8 and int16, of which the latter may be absent.
func pool(name, doc string, build func(s kernel.F32PoolSpec) (*kernel.F32Pool, error), s8 integerPool[int8], s16 integerPool[int16]) Op {
	var types []tensor.DType
	if s8 != nil {
		types = []tensor.DType{tensor.Int8, tensor.Int16}
	}
	return Op{
		Name: name, Doc: doc, In: Exactly(1), Out: Exactly(1), Attr: attr[Pool2D],
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := readEither(n, in, types...)
			_, shape := pooling(o)
			return o.like(0, shape)
		},
		Prepare: func(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
			o := readEither(n, in, types...)
			s, _ := pooling(o)
			switch in[0].DType {
			case tensor.Int8:
				return s8.prepare(o, s, o.limits8)
			case tensor.Int16:
				return s16.prepare(o, s, o.limits16)
			}
			if o.err != nil {
				return nil, o.err
			}
			a := n.Attr.(*Pool2D).Activation
			p, err := build(s)
			return func(c *Call) error {
				out := f32(c.Out[0])
				if a.isLimit() {
					p.RunScan(out, f32(c.In[0]), &c.Seen)
					return nil
				}
				p.Run(out, f32(c.In[0]))
				a.finish(out)
				return nil
			}, err
		},
	}
}

func pooling(o *operands) (kernel.F32PoolSpec, tensor.Shape) {
	a := o.node.Attr.(*Pool2D)
	x := o.ranked(0, 4, 4, tensor.Float32)
	o.activation(a.Activation)
	if o.err != nil {
		return kernel.F32PoolSpec{}, nil
	}
	s := kernel.F32PoolSpec{C: x.Shape[3], Clamp: a.Activation.clamp()}
	s.Window = o.window2D(a.Padding, x.Shape, sliding{window: a.FilterH, stride: a.StrideH, dilation: 1}, sliding{window: a.FilterW, stride: a.StrideW, dilation: 1})
	return s, tensor.Shape{x.Shape[0], s.OH, s.OW, s.C}
}
