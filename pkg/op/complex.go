package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// complexes are the operators of spectra.
var complexes = []Op{
	{
		Name: "RFFT2D", Doc: "The first columns, half of input 1's second number and one more, of the spectra of the real images in input 0, which are cut or padded with zeros to the lengths in input 1, powers of two.",
		In: Exactly(2), Out: Exactly(1), Infer: inferRFFT2D, Prepare: late(prepareRFFT2D, 1),
	},
	part("REAL", "The real parts of input 0.", kernel.Real),
	part("IMAG", "The imaginary parts of input 0.", kernel.Imag),
	part("COMPLEX_ABS", "The absolute values of input 0.", kernel.ComplexAbs),
}

// Bucketize are the attributes of BUCKETIZE: bounds that rise.
type Bucketize struct{ Boundaries []float32 }

var bucketizes = []Op{{
	Name: "BUCKETIZE", Doc: "How many of the boundaries are not above each element.",
	In: Exactly(1), Out: Exactly(1), Attr: attr[Bucketize], Infer: inferBucketize,
	Eval: variants{
		bucket[float32](tensor.Float32), bucket[float64](tensor.Float64), bucket[int32](tensor.Int32), bucket[int64](tensor.Int64),
	}.eval,
}}

func part(name, doc string, f func(dst []float32, src []complex64)) Op {
	return Op{
		Name: name, Doc: doc, In: Exactly(1), Out: Exactly(1),
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := read(n, in)
			return o.one(tensor.Float32, o.tensor(0, tensor.Complex64).Shape)
		},
		Eval: func(c *Call) error {
			f(f32(c.Out[0]), tensor.View[complex64](c.In[0]))
			return nil
		},
	}
}

// maxTransform bounds the elements of an image that is transformed.
const maxTransform = 1 << 26

func inferRFFT2D(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.ranked(0, 2, kernel.MaxRank, tensor.Float32)
	o.tensor(1, tensor.Int32)
	o.vector(1, 2)
	size := o.ints(1)
	if o.err != nil {
		return nil, o.err
	}
	for _, s := range size {
		if s < 1 || s&(s-1) != 0 || s > maxTransform {
			o.fail("the length %d is no power of two", s)
		}
	}
	if o.err == nil && size[0]*size[1] > maxTransform {
		o.fail("%d x %d elements are too many", size[0], size[1])
	}
	if o.err != nil {
		return nil, o.err
	}
	return o.one(tensor.Complex64, slices.Concat(x.Shape[:len(x.Shape)-2], tensor.Shape{size[0], size[1]/2 + 1}))
}

func prepareRFFT2D(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	size := o.ints(1)
	if o.err != nil {
		return nil, o.err
	}
	h, w := size[0], size[1]
	return func(c *Call) error {
		x := c.In[0]
		rank := len(x.Shape)
		memory := scratch[float64](c, tensor.Float64, kernel.RFFT2DScratch(h, w))
		kernel.F32RFFT2D(tensor.View[complex64](c.Out[0]), f32(x), x.Shape[rank-2], x.Shape[rank-1], h, w, memory)
		return nil
	}, nil
}

func inferBucketize(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0, tensor.Float32, tensor.Float64, tensor.Int32, tensor.Int64)
	if !slices.IsSorted(n.Attr.(*Bucketize).Boundaries) {
		o.fail("the boundaries don't rise")
	}
	return o.one(tensor.Int32, x.Shape)
}

func bucket[T interface {
	tensor.Element
	kernel.Number
}](d tensor.DType) variant {
	return variant{d, func(c *Call) error {
		kernel.Bucketize(tensor.View[int32](c.Out[0]), tensor.View[T](c.In[0]), c.Node.Attr.(*Bucketize).Boundaries)
		return nil
	}}
}
