package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// ReverseSequence are the attributes of REVERSE_SEQUENCE.
type ReverseSequence struct{ SeqDim, BatchDim int }

// reversals are the operators that turn dimensions around.
var reversals = []Op{
	{
		Name: "REVERSE_V2", Doc: "Input 0 with the dimensions in input 1 turned around.",
		In: Exactly(2), Out: Exactly(1), Moves: true, Infer: inferReverse, Prepare: late(prepareReverse, 1),
	},
	{
		Name: "REVERSE_SEQUENCE", Doc: "Input 0 with the first elements of each sequence turned around, as many as input 1 says for the batch.",
		In: Exactly(2), Out: Exactly(1), Moves: true, Attr: attr[ReverseSequence], Infer: inferReverseSequence, Eval: evalReverseSequence,
	},
}

// axes reads the operand with a list of axes of a tensor of the given rank, and resolves them.
func (o *operands) axes(i, rank int) []int {
	var axes []int
	for _, a := range o.ints(i) {
		axes = append(axes, o.axis(a, rank))
	}
	return axes
}

func inferReverse(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	if axes := o.ranked(1, 0, 1, tensor.Int32, tensor.Int64); axes.Known() {
		o.axes(1, len(x.Shape))
	}
	return o.one(x.DType, x.Shape)
}

func prepareReverse(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	axes := o.axes(1, len(o.tensor(0).Shape))
	return func(c *Call) error {
		x := c.In[0]
		kernel.Reverse(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, axes)
		return nil
	}, o.err
}

func inferReverseSequence(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	a := n.Attr.(*ReverseSequence)
	o := read(n, in)
	x, lengths := o.tensor(0), o.ranked(1, 1, 1, tensor.Int32, tensor.Int64)
	o.axis(a.SeqDim, len(x.Shape))
	batch := o.axis(a.BatchDim, len(x.Shape))
	switch {
	case o.err != nil:
		return nil, o.err
	case a.SeqDim < 0 || a.BatchDim < 0 || a.SeqDim == a.BatchDim:
		o.fail("the sequence is dimension %d and the batch dimension %d", a.SeqDim, a.BatchDim)
	case lengths.Shape[0] != x.Shape[batch]:
		o.fail("%d lengths do not fit dimension %d of %v", lengths.Shape[0], batch, x.Shape)
	}
	return o.one(x.DType, x.Shape)
}

func evalReverseSequence(c *Call) error {
	a := c.Node.Attr.(*ReverseSequence)
	x, lengths := c.In[0], c.In[1]
	if lengths.DType == tensor.Int64 {
		kernel.ReverseSequence(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, tensor.View[int64](lengths), a.SeqDim, a.BatchDim)
	} else {
		kernel.ReverseSequence(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, tensor.View[int32](lengths), a.SeqDim, a.BatchDim)
	}
	return nil
}
