package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// BatchMatMul are the attributes of BATCH_MATMUL.
type BatchMatMul struct {
	AdjX, AdjY              bool
	AsymmetricQuantizeInput bool
}

var matMuls = []Op{{
	Name: "BATCH_MATMUL", Doc: "The matrix products of the matrices in the last two dimensions of the operands, of which each may be transposed; the other dimensions broadcast.",
	In: Exactly(2), Out: Exactly(1), Attr: attr[BatchMatMul], Infer: inferMatMul, Prepare: prepareMatMul,
}}

func matMul(o *operands) (kernel.F32BatchMatMulSpec, tensor.Shape) {
	a := o.node.Attr.(*BatchMatMul)
	x, y := o.ranked(0, 2, kernel.MaxRank, tensor.Float32), o.productWeights(1, 2, kernel.MaxRank, 0, tensor.Int16)
	if x.DType != tensor.Float32 {
		o.same(0, 1)
	}
	if o.err != nil {
		return kernel.F32BatchMatMulSpec{}, nil
	}
	left, right := slices.Clone(x.Shape[len(x.Shape)-2:]), slices.Clone(y.Shape[len(y.Shape)-2:])
	if a.AdjX {
		slices.Reverse(left)
	}
	if a.AdjY {
		slices.Reverse(right)
	}
	s := kernel.F32BatchMatMulSpec{
		M: left[0], K: left[1], N: right[1], AdjX: a.AdjX, AdjY: a.AdjY,
		X: x.Shape[:len(x.Shape)-2], Y: y.Shape[:len(y.Shape)-2],
	}
	batch, err := tensor.Broadcast(s.X, s.Y)
	if err != nil || right[0] != s.K {
		o.fail("matrices of %v and %v can't be multiplied", x.Shape, y.Shape)
	}
	return s, append(batch, s.M, s.N)
}

func inferMatMul(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := readReal(n, in)
	_, shape := matMul(o)
	return o.like(0, shape)
}

func prepareMatMul(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	switch in[0].DType {
	case tensor.Int8:
		return s8MatMul(n, in, out)
	case tensor.Int16:
		return s16MatMul(n, in, out)
	}
	if isHybrid(in, 0) {
		return late(hybridMatMul, 1)(n, in, out)
	}
	o := read(n, in)
	s, _ := matMul(o)
	if o.err != nil {
		return nil, o.err
	}
	m, err := kernel.NewF32BatchMatMul(s)
	return func(c *Call) error {
		m.RunScan(f32(c.Out[0]), f32(c.In[0]), f32(c.In[1]), c.Scratch(m.Scratch()), &c.Seen)
		return nil
	}, err
}
