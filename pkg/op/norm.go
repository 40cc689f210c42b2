package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Softmax are the attributes of SOFTMAX.
type Softmax struct{ Beta float32 }

// LocalResponseNorm are the attributes of LOCAL_RESPONSE_NORMALIZATION.
type LocalResponseNorm struct {
	Radius            int
	Bias, Alpha, Beta float32
}

// norms are the operators that relate each element to the others of its row along the last axis.
var norms = []Op{
	{
		Name: "SOFTMAX", Doc: "e to the power of beta times x, over the sum of these along the last axis.",
		In: Exactly(1), Out: Exactly(1), Attr: attr[Softmax], Infer: inferNorm(1, kernel.MaxRank),
		Prepare: variants{{tensor.Float32, func(c *Call) error {
			n, beta := lastDim(c.In[0]), c.Node.Attr.(*Softmax).Beta
			c.inRuns(n, func(dst, src []float32) { kernel.F32Softmax(dst, src, n, beta) })
			return nil
		}}}.or(integerNorms["SOFTMAX"]),
	},
	{
		Name: "LOG_SOFTMAX", Doc: "x less the logarithm of the sum of e to the power of x along the last axis.",
		In: Exactly(1), Out: Exactly(1), Infer: inferNorm(1, kernel.MaxRank),
		Prepare: variants{{tensor.Float32, func(c *Call) error {
			n := lastDim(c.In[0])
			c.inRuns(n, func(dst, src []float32) { kernel.F32LogSoftmax(dst, src, n) })
			return nil
		}}}.or(integerNorms["LOG_SOFTMAX"]),
	},
	{
		Name: "L2_NORMALIZATION", Doc: "x over the Euclidean norm of its row along the last axis, at least 1e-6.",
		In: Exactly(1), Out: Exactly(1), Attr: attr[Fused], Infer: inferNorm(1, kernel.MaxRank),
		Prepare: variants{{tensor.Float32, func(c *Call) error {
			n, a := lastDim(c.In[0]), c.Node.Attr.(*Fused).Activation
			c.inRuns(n, func(dst, src []float32) {
				kernel.F32L2Normalize(dst, src, n)
				a.apply(dst)
			})
			return nil
		}}}.or(integerNorms["L2_NORMALIZATION"]),
	},
	{
		Name: "LOCAL_RESPONSE_NORMALIZATION", Doc: "x over (bias + alpha * the sum of the squares up to radius away along the last axis) to the power of beta.",
		In: Exactly(1), Out: Exactly(1), Attr: attr[LocalResponseNorm], Infer: inferNorm(4, 4),
		Eval: func(c *Call) error {
			a := c.Node.Attr.(*LocalResponseNorm)
			n := lastDim(c.In[0])
			c.inRuns(n, func(dst, src []float32) { kernel.F32LocalResponse(dst, src, n, a.Radius, a.Bias, a.Alpha, a.Beta) })
			return nil
		},
	},
}

func lastDim(t *tensor.Tensor) int { return t.Shape[len(t.Shape)-1] }

// inferNorm is the shape rule of operators with one operand of lo to hi dimensions, whose shape is the result's.
func inferNorm(lo, hi int) func(*ir.Node, []*tensor.Tensor) ([]ir.Type, error) {
	return func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
		o := readEither(n, in, integerNorms[n.Op].types()...)
		x := o.ranked(0, lo, hi, tensor.Float32)
		o.activation(fused(n))
		if a, ok := n.Attr.(*LocalResponseNorm); ok && a.Radius < 0 {
			o.fail("radius %d is negative", a.Radius)
		}
		return o.one(x.DType, x.Shape)
	}
}
