package op

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Gather are the attributes of GATHER.
type Gather struct{ Axis, BatchDims int }

// gathers are the operators that take slices of a tensor by their indices.
var gathers = []Op{
	{
		Name: "GATHER", Doc: "The slices of input 0 along an axis that input 1 names; the leading batch dimensions are common to both.",
		In: Exactly(2), Out: Exactly(1), Attr: attr[Gather], Infer: inferGather, Eval: evalGather,
	},
	{
		Name: "GATHER_ND", Doc: "The slices of input 0 whose leading indices are the rows of input 1.",
		In: Exactly(2), Out: Exactly(1), Infer: inferGatherND, Eval: evalGatherND,
	},
	{
		Name: "EMBEDDING_LOOKUP", Doc: "The rows of input 1 that input 0 names; the real numbers for which they stand, if the result is float.",
		In: Exactly(2), Out: Exactly(1), Infer: inferEmbedding, Prepare: prepareEmbedding,
	},
}

// gatherDims resolves the attributes of GATHER for operands of the given ranks.
func gatherDims(a *Gather, dataRank, indexRank int) (axis, batch int, err error) {
	if axis, err = tensor.Axis(a.Axis, dataRank); err != nil {
		return 0, 0, err
	}
	if batch = a.BatchDims; batch < 0 {
		batch += indexRank
	}
	if batch < 0 || batch > axis || batch > indexRank {
		return 0, 0, fmt.Errorf("%d batch dimensions do not fit axis %d and indices of rank %d", a.BatchDims, axis, indexRank)
	}
	return axis, batch, nil
}

func inferGather(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, index := o.ranked(0, 1, kernel.MaxRank), o.tensor(1, tensor.Int16, tensor.Int32, tensor.Int64)
	axis, batch, err := gatherDims(n.Attr.(*Gather), len(x.Shape), len(index.Shape))
	if err != nil {
		o.fail("%w", err)
	}
	if o.err != nil {
		return nil, o.err
	}
	if !slices.Equal(x.Shape[:batch], index.Shape[:batch]) {
		o.fail("shapes %v and %v differ in the first %d dimensions", x.Shape, index.Shape, batch)
	}
	return o.one(x.DType, slices.Concat(x.Shape[:axis], index.Shape[batch:], x.Shape[axis+1:]))
}

func evalGather(c *Call) error {
	x, index := c.In[0], c.In[1]
	axis, batch, err := gatherDims(c.Node.Attr.(*Gather), len(x.Shape), len(index.Shape))
	if err != nil {
		return err
	}
	return gather(c.Out[0].Data, x, index, axis, batch)
}

func gather(dst []byte, x, index *tensor.Tensor, axis, batch int) error {
	size := x.DType.Size()
	switch index.DType {
	case tensor.Int16:
		return kernel.Gather(dst, x.Data, size, x.Shape, tensor.View[int16](index), axis, batch)
	case tensor.Int32:
		return kernel.Gather(dst, x.Data, size, x.Shape, tensor.View[int32](index), axis, batch)
	default:
		return kernel.Gather(dst, x.Data, size, x.Shape, tensor.View[int64](index), axis, batch)
	}
}

// depth reads how many dimensions of a shape each row of indices names.
func (o *operands) depth(index *tensor.Tensor, rank int) int {
	if len(index.Shape) == 0 {
		o.fail("indices have no dimension")
		return 0
	}
	d := index.Shape[len(index.Shape)-1]
	if d > rank {
		o.fail("indices of shape %v name %d dimensions of %d", index.Shape, d, rank)
		return 0
	}
	return d
}

func inferGatherND(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, index := o.ranked(0, 1, kernel.MaxRank), o.tensor(1, tensor.Int16, tensor.Int32, tensor.Int64)
	d := o.depth(index, len(x.Shape))
	if o.err != nil {
		return nil, o.err
	}
	return o.one(x.DType, slices.Concat(index.Shape[:len(index.Shape)-1], x.Shape[d:]))
}

func evalGatherND(c *Call) error {
	x, index := c.In[0], c.In[1]
	dst, size, depth := c.Out[0].Data, x.DType.Size(), index.Shape[len(index.Shape)-1]
	switch index.DType {
	case tensor.Int16:
		return kernel.GatherND(dst, x.Data, size, x.Shape, tensor.View[int16](index), depth)
	case tensor.Int32:
		return kernel.GatherND(dst, x.Data, size, x.Shape, tensor.View[int32](index), depth)
	default:
		return kernel.GatherND(dst, x.Data, size, x.Shape, tensor.View[int64](index), depth)
	}
}

func inferEmbedding(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	if isHybridEmbedding(n, in) {
		return inferHybridEmbedding(o)
	}
	index, x := o.ranked(0, 1, 1, tensor.Int32), o.ranked(1, 2, kernel.MaxRank)
	if o.err != nil {
		return nil, o.err
	}
	return o.one(x.DType, slices.Concat(index.Shape, x.Shape[1:]))
}

func prepareEmbedding(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	if isHybridEmbedding(n, in) {
		return prepareHybridEmbedding(n, in, out)
	}
	return evalEmbedding, nil
}

func evalEmbedding(c *Call) error { return gather(c.Out[0].Data, c.In[1], c.In[0], 0, 0) }
