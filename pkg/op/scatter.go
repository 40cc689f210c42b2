package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// SparseToDense are the attributes of SPARSE_TO_DENSE. Indices are always validated.
type SparseToDense struct{ ValidateIndices bool }

// scatters are the operators that put slices into a tensor by their indices.
var scatters = []Op{
	{
		Name: "SCATTER_ND", Doc: "Zeros in the shape of input 2, to which the slices of input 1 are added where the rows of input 0 say.",
		In: Exactly(3), Out: Exactly(1), Infer: inferScatterND, Eval: evalScatterND,
	},
	{
		Name: "SPARSE_TO_DENSE", Doc: "The number in input 3 in the shape of input 1, but for the elements at the indices in input 0, which are those of input 2.",
		In: Exactly(4), Out: Exactly(1), Attr: attr[SparseToDense], Infer: inferSparseToDense, Eval: evalSparseToDense,
	},
	{
		Name: "SEGMENT_SUM", Doc: "The sums of the rows of input 0 that have the same number in input 1, which rises from 0 in steps of 0 or 1.",
		In: Exactly(2), Out: Exactly(1), Infer: inferSegmentSum,
		Eval: variants{{tensor.Float32, segments[float32](kernel.SumOf, 0)}, {tensor.Int32, segments[int32](kernel.SumOf, 0)}}.eval,
	},
	unsorted("UNSORTED_SEGMENT_SUM", "sums", kernel.SumOf, 0, 0),
	unsorted("UNSORTED_SEGMENT_PROD", "products", kernel.ProdOf, 1, 1),
	unsorted("UNSORTED_SEGMENT_MAX", "greatest elements", kernel.MaxOf, -math.MaxFloat32, math.MinInt32),
	unsorted("UNSORTED_SEGMENT_MIN", "least elements", kernel.MinOf, math.MaxFloat32, math.MaxInt32),
	{
		Name: "MATRIX_DIAG", Doc: "Square matrices of zeros with the rows of input 0 on their diagonals.",
		In: Exactly(1), Out: Exactly(1), Infer: inferMatrixDiag,
		Eval: func(c *Call) error {
			kernel.MatrixDiag(c.Out[0].Data, c.In[0].Data, c.In[0].DType.Size(), lastDim(c.In[0]))
			return nil
		},
	},
	{
		Name: "MATRIX_SET_DIAG", Doc: "The matrices of input 0 with the rows of input 1 on their diagonals.",
		In: Exactly(2), Out: Exactly(1), Infer: inferMatrixSetDiag,
		Eval: func(c *Call) error {
			x := c.In[0]
			kernel.MatrixSetDiag(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape[len(x.Shape)-2], lastDim(x), c.In[1].Data)
			return nil
		},
	},
}

func inferScatterND(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	index := o.tensor(0, tensor.Int32)
	updates := o.tensor(1, tensor.Float32, tensor.UInt8, tensor.Bool, tensor.Int8, tensor.Int64, tensor.Int32)
	o.ranked(2, 1, 1, tensor.Int32, tensor.Int64)
	shape := tensor.Shape(o.ints(2))
	d := o.depth(index, len(shape))
	if o.err != nil {
		return nil, o.err
	}
	if want := slices.Concat(index.Shape[:len(index.Shape)-1], shape[d:]); !updates.Shape.Equal(want) {
		o.fail("updates have shape %v, want %v", updates.Shape, want)
	}
	return o.one(updates.DType, shape)
}

func evalScatterND(c *Call) error {
	switch c.In[1].DType {
	case tensor.Float32:
		return scatter[float32](c)
	case tensor.UInt8:
		return scatter[uint8](c)
	case tensor.Int8:
		return scatter[int8](c)
	case tensor.Int32:
		return scatter[int32](c)
	case tensor.Int64:
		return scatter[int64](c)
	}
	// Truth values add up to their disjunction.
	if err := scatter[uint8](c); err != nil {
		return err
	}
	for i, b := range c.Out[0].Data {
		c.Out[0].Data[i] = min(b, 1)
	}
	return nil
}

func scatter[T interface {
	tensor.Element
	kernel.Number
}](c *Call) error {
	index, updates, out := c.In[0], c.In[1], c.Out[0]
	return kernel.ScatterND(tensor.View[T](out), out.Shape, tensor.View[int32](index), lastDim(index), tensor.View[T](updates))
}

func inferSparseToDense(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	index, values := o.ranked(0, 0, 2, tensor.Int32, tensor.Int64), o.ranked(2, 0, 1)
	o.same(2, 3)
	o.vector(3, 1)
	o.ranked(1, 1, 1, tensor.Int32, tensor.Int64)
	shape := o.ints(1)
	if o.err != nil {
		return nil, o.err
	}
	count, depth := 1, 1
	switch len(index.Shape) {
	case 1:
		count = index.Shape[0]
	case 2:
		count, depth = index.Shape[0], index.Shape[1]
	}
	if depth != len(shape) || len(values.Shape) == 1 && values.Shape[0] != count {
		o.fail("indices %v and values %v do not fit shape %v", index.Shape, values.Shape, shape)
	}
	return o.one(values.DType, shape)
}

func evalSparseToDense(c *Call) error {
	index, values, off, out := c.In[0], c.In[2], c.In[3], c.Out[0]
	if len(values.Shape) == 1 && values.Shape[0] == 0 {
		kernel.Fill(out.Data, off.Data)
		return nil
	}
	size := out.DType.Size()
	if index.DType == tensor.Int64 {
		return kernel.SparseToDense(out.Data, size, out.Shape, tensor.View[int64](index), values.Data, off.Data)
	}
	return kernel.SparseToDense(out.Data, size, out.Shape, tensor.View[int32](index), values.Data, off.Data)
}

func inferSegmentSum(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, ids := o.ranked(0, 1, kernel.MaxRank, tensor.Float32, tensor.Int32), o.ranked(1, 1, 1, tensor.Int32)
	content := o.content(1, ids)
	if o.err != nil {
		return nil, o.err
	}
	if len(content) != x.Shape[0] {
		o.fail("%d numbers do not fit shape %v", len(content), x.Shape)
	}
	last := -1
	for i, id := range content {
		if id < last || id > last+1 || i == 0 && id != 0 {
			o.fail("number %d of row %d follows %d", id, i, last)
			break
		}
		last = id
	}
	shape := x.Shape.Clone()
	shape[0] = last + 1
	return o.one(x.DType, shape)
}

// segments is the kernel of the operators that join rows by their numbers.
func segments[T interface {
	tensor.Element
	kernel.Number
}](f kernel.Fold, first T) Kernel {
	return func(c *Call) error {
		x, ids, out := c.In[0], tensor.View[int32](c.In[1]), c.Out[0]
		kernel.Segment(tensor.View[T](out), tensor.View[T](x), ids, out.Shape[1:].Elements(), f, first)
		return nil
	}
}

func unsorted(name, what string, f kernel.Fold, first float32, firstInt int32) Op {
	return Op{
		Name: name, Doc: fmt.Sprintf("The %s of the rows of input 0 that have the same number in input 1, which is below input 2; rows with negative numbers are left out.", what),
		In: Exactly(3), Out: Exactly(1), Infer: inferUnsorted,
		Eval: variants{{tensor.Float32, segments(f, first)}, {tensor.Int32, segments(f, firstInt)}}.eval,
	}
}

func inferUnsorted(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, ids := o.tensor(0, tensor.Float32, tensor.Int32), o.tensor(1, tensor.Int32)
	count := o.int(2)
	content := o.content(1, ids)
	if o.err != nil {
		return nil, o.err
	}
	lead := len(ids.Shape)
	if lead > len(x.Shape) || !ids.Shape.Equal(x.Shape[:lead]) {
		o.fail("numbers of shape %v do not fit shape %v", ids.Shape, x.Shape)
		return nil, o.err
	}
	for _, id := range content {
		if id >= count {
			o.fail("number %d is not below %d", id, count)
		}
	}
	return o.one(x.DType, slices.Concat(tensor.Shape{count}, x.Shape[lead:]))
}

func inferMatrixDiag(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.ranked(0, 1, kernel.MaxRank-1)
	if o.err != nil {
		return nil, o.err
	}
	return o.one(x.DType, slices.Concat(x.Shape, tensor.Shape{lastDim(x)}))
}

func inferMatrixSetDiag(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, diagonal := o.ranked(0, 2, kernel.MaxRank), o.tensor(1)
	o.same(0, 1)
	if o.err != nil {
		return nil, o.err
	}
	rank := len(x.Shape)
	want := slices.Concat(x.Shape[:rank-2], tensor.Shape{min(x.Shape[rank-2], x.Shape[rank-1])})
	if !diagonal.Shape.Equal(want) {
		o.fail("diagonals have shape %v, want %v", diagonal.Shape, want)
	}
	return o.one(x.DType, x.Shape)
}
