package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

var topKs = []Op{{
	Name: "TOPK_V2", Doc: "The greatest elements of each row of input 0, as many as input 1 says, in falling order, and their places; of equal ones the first come first.",
	In: Exactly(2), Out: Exactly(2), Infer: inferTopK,
	Eval: variants{
		{tensor.Float32, evalTopK[float32]}, {tensor.UInt8, evalTopK[uint8]}, {tensor.Int8, evalTopK[int8]}, {tensor.Int16, evalTopK[int16]},
		{tensor.Int32, evalTopK[int32]}, {tensor.Int64, evalTopK[int64]},
	}.eval,
}}

func inferTopK(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	o.ranked(0, 1, kernel.MaxRank)
	x := o.stored(0, tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64) // quantized numbers have the order of the real ones
	index := o.declared(1, tensor.Int16, tensor.Int32)
	t := o.tensor(1, tensor.Int16, tensor.Int32)
	o.vector(1, 1)
	content := o.content(1, t)
	if o.err != nil {
		return nil, o.err
	}
	k, last := max(content[0], 0), len(x.Shape)-1
	if k > x.Shape[last] {
		o.fail("%d elements are more than the last dimension of %v has", k, x.Shape)
	}
	if index == tensor.Int16 && x.Shape[last] > math.MaxInt16 {
		o.fail("places in rows of %d do not fit into i16", x.Shape[last])
	}
	shape := x.Shape.Clone()
	shape[last] = k
	return o.results(ir.Type{DType: x.DType, Shape: shape}, ir.Type{DType: index, Shape: shape.Clone()})
}

func evalTopK[T interface {
	tensor.Element
	kernel.Number
}](c *Call) error {
	x, values, index := c.In[0], c.Out[0], c.Out[1]
	n, k := x.Shape[len(x.Shape)-1], values.Shape[len(values.Shape)-1]
	if index.DType == tensor.Int16 {
		kernel.TopK(tensor.View[T](values), tensor.View[int16](index), tensor.View[T](x), n, k)
	} else {
		kernel.TopK(tensor.View[T](values), tensor.View[int32](index), tensor.View[T](x), n, k)
	}
	return nil
}
