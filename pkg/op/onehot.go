package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// OneHot are the attributes of ONE_HOT.
type OneHot struct{ Axis int }

var oneHots = []Op{{
	Name: "ONE_HOT", Doc: "A new axis as long as input 1 says, with input 2 at the place that input 0 names and input 3 elsewhere.",
	In: Exactly(4), Out: Exactly(1), Attr: attr[OneHot], Infer: inferOneHot, Eval: evalOneHot,
}}

func inferOneHot(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	index, on := o.tensor(0, tensor.Int32, tensor.Int64), o.tensor(2)
	o.same(2, 3)
	o.vector(2, 1)
	o.vector(3, 1)
	axis := o.axis(n.Attr.(*OneHot).Axis, len(index.Shape)+1)
	return o.one(on.DType, slices.Insert(index.Shape.Clone(), axis, o.int(1)))
}

func evalOneHot(c *Call) error {
	index, on, off, out := c.In[0], c.In[2], c.In[3], c.Out[0]
	axis := c.Node.Attr.(*OneHot).Axis
	if axis < 0 {
		axis += len(out.Shape)
	}
	inner := index.Shape[axis:].Elements()
	if index.DType == tensor.Int64 {
		kernel.OneHot(out.Data, on.DType.Size(), tensor.View[int64](index), inner, out.Shape[axis], on.Data, off.Data)
	} else {
		kernel.OneHot(out.Data, on.DType.Size(), tensor.View[int32](index), inner, out.Shape[axis], on.Data, off.Data)
	}
	return nil
}
