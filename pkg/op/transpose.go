package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

var transposes = []Op{{
	Name: "TRANSPOSE", Doc: "Input 0 with its dimensions permuted: dimension i of the result is the one that element i of input 1 names.",
	In: Exactly(2), Out: Exactly(1), Moves: true, Infer: inferTranspose, Prepare: late(prepareTranspose, 1),
}}

// permutation reads the operands of TRANSPOSE.
func permutation(o *operands) (x *tensor.Tensor, perm []int) {
	x = o.tensor(0)
	rank := len(x.Shape)
	given := o.ints(1)
	if o.err == nil && len(given) != rank {
		o.fail("permutation %v does not fit shape %v", given, x.Shape)
	}
	seen := make([]bool, rank)
	for _, p := range given {
		a := o.axis(p, rank)
		if o.err != nil {
			break
		}
		if seen[a] {
			o.fail("permutation %v lists dimension %d twice", given, a)
		}
		seen[a] = true
		perm = append(perm, a)
	}
	return x, perm
}

func inferTranspose(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, perm := permutation(o)
	shape := make(tensor.Shape, len(perm))
	for i, p := range perm {
		shape[i] = x.Shape[p]
	}
	return o.one(x.DType, shape)
}

func prepareTranspose(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	_, perm := permutation(o)
	return func(c *Call) error {
		x := c.In[0]
		kernel.Transpose(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, perm)
		return nil
	}, o.err
}
