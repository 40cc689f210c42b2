package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// BlockSize are the attributes of SPACE_TO_DEPTH and DEPTH_TO_SPACE.
type BlockSize struct{ Size int }

// spaces are the operators that move blocks of pixels to channels or to the batch, and back.
var spaces = []Op{
	{
		Name: "SPACE_TO_DEPTH", Doc: "Blocks of pixels of an NHWC image as channels.",
		In: Exactly(1), Out: Exactly(1), Moves: true, Attr: attr[BlockSize], Infer: inferSpaceToDepth,
		Eval: func(c *Call) error {
			x := c.In[0]
			kernel.SpaceToDepth(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, c.Node.Attr.(*BlockSize).Size)
			return nil
		},
	},
	{
		Name: "DEPTH_TO_SPACE", Doc: "Channels of an NHWC image as blocks of pixels.",
		In: Exactly(1), Out: Exactly(1), Moves: true, Attr: attr[BlockSize], Infer: inferDepthToSpace,
		Eval: func(c *Call) error {
			x := c.In[0]
			kernel.DepthToSpace(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, c.Node.Attr.(*BlockSize).Size)
			return nil
		},
	},
	{
		Name: "SPACE_TO_BATCH_ND", Doc: "The places in blocks of pixels as batches: the block's shape is input 1, input 2 says how many zeros surround input 0 first.",
		In: Exactly(3), Out: Exactly(1), Pads: true, Infer: inferSpaceToBatch, Prepare: late(prepareSpaceToBatch, 1, 2),
	},
	{
		Name: "BATCH_TO_SPACE_ND", Doc: "Batches as places in blocks of pixels: the block's shape is input 1, input 2 says how many elements of each border are dropped.",
		In: Exactly(3), Out: Exactly(1), Infer: inferBatchToSpace, Prepare: late(prepareBatchToSpace, 1, 2),
	},
}

// block returns the block size, which is at least 1.
func (o *operands) block() int {
	b := o.node.Attr.(*BlockSize).Size
	if b < 1 || b > 1<<15 {
		o.fail("block size %d is out of range", b)
		return 1
	}
	return b
}

func inferSpaceToDepth(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, b := o.ranked(0, 4, 4), o.block()
	if o.err != nil {
		return nil, o.err
	}
	s := x.Shape
	if s[1]%b != 0 || s[2]%b != 0 {
		o.fail("shape %v does not divide into blocks of %d", s, b)
	}
	return o.one(x.DType, tensor.Shape{s[0], s[1] / b, s[2] / b, s[3] * b * b})
}

func inferDepthToSpace(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, b := o.ranked(0, 4, 4), o.block()
	if o.err != nil {
		return nil, o.err
	}
	s := x.Shape
	if s[3]%(b*b) != 0 {
		o.fail("the channels of shape %v do not divide into blocks of %d", s, b)
	}
	return o.one(x.DType, tensor.Shape{s[0], s[1] * b, s[2] * b, s[3] / (b * b)})
}

// blocks reads the operands of SPACE_TO_BATCH_ND and its inverse.
func blocks(o *operands) (x *tensor.Tensor, block, before, after []int) {
	x, block = o.ranked(0, 3, 4), o.ints(1)
	if o.err == nil && len(block) != len(x.Shape)-2 {
		o.fail("block %v does not fit shape %v", block, x.Shape)
	}
	for _, b := range block {
		if b < 1 {
			o.fail("block %v is out of range", block)
		}
	}
	before, after = o.paddings(2, len(block))
	return x, block, before, after
}

func inferSpaceToBatch(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, block, before, after := blocks(o)
	if o.err != nil {
		return nil, o.err
	}
	shape := x.Shape.Clone()
	for i, b := range block {
		d := shape[i+1] + before[i] + after[i]
		if d%b != 0 {
			o.fail("dimension %d of %v, padded to %d, does not divide into blocks of %d", i+1, x.Shape, d, b)
		}
		shape[i+1] = d / b
		shape[0] *= b
		if err := checkSize(shape); err != nil {
			o.fail("%w", err)
			break
		}
	}
	return o.one(x.DType, shape)
}

func prepareSpaceToBatch(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	x, block, before, after := blocks(o)
	zero := zeroOf(n.Input(0), x.DType)
	return func(c *Call) error {
		x := c.In[0]
		kernel.SpaceToBatchND(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, block, before, after, zero)
		return nil
	}, o.err
}

func inferBatchToSpace(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, block, before, after := blocks(o)
	if o.err != nil {
		return nil, o.err
	}
	shape := x.Shape.Clone()
	for i, b := range block {
		if shape[0]%b != 0 {
			o.fail("the batches of shape %v do not divide into blocks %v", x.Shape, block)
		}
		shape[0] /= b
		shape[i+1] = max(-1, shape[i+1]*b-before[i]-after[i])
	}
	return o.one(x.DType, shape)
}

func prepareBatchToSpace(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	_, block, before, after := blocks(o)
	return func(c *Call) error {
		x := c.In[0]
		kernel.BatchToSpaceND(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, block, before, after)
		return nil
	}, o.err
}
