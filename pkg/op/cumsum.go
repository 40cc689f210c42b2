package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Cumsum are the attributes of CUMSUM.
type Cumsum struct{ Exclusive, Reverse bool }

var cumsums = []Op{{
	Name: "CUMSUM", Doc: "The running sums of input 0 along the axis in input 1, of an exclusive one without the element itself, of a reverse one from the end.",
	In: Exactly(2), Out: Exactly(1), Attr: attr[Cumsum], Infer: inferCumsum,
	Eval: variants{
		{tensor.Float32, evalCumsum[float32]}, {tensor.Int32, evalCumsum[int32]}, {tensor.Int64, evalCumsum[int64]},
	}.eval,
}}

func inferCumsum(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.ranked(0, 1, kernel.MaxRank, tensor.Float32, tensor.Int32, tensor.Int64)
	o.tensor(1, tensor.Int32)
	o.vector(1, 1)
	return o.one(x.DType, x.Shape)
}

func evalCumsum[T interface {
	tensor.Element
	kernel.Number
}](c *Call) error {
	a, x := c.Node.Attr.(*Cumsum), c.In[0]
	axis, err := tensor.Axis(single(c.In[1]), len(x.Shape))
	if err != nil {
		return err
	}
	kernel.CumSum(tensor.View[T](c.Out[0]), tensor.View[T](x), x.Shape, axis, a.Exclusive, a.Reverse)
	return nil
}
