package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// tiles are the operators that repeat a tensor.
var tiles = []Op{
	{
		Name: "TILE", Doc: "Input 0 repeated along each dimension as many times as input 1 says.",
		In: Exactly(2), Out: Exactly(1), Infer: inferTile, Prepare: late(prepareTile, 1),
	},
	{
		Name: "BROADCAST_TO", Doc: "Input 0 repeated to the shape in input 1, as operands of elementwise operators are.",
		In: Exactly(2), Out: Exactly(1), Infer: inferBroadcastTo,
		Eval: func(c *Call) error {
			x, out := c.In[0], c.Out[0]
			kernel.BroadcastTo(out.Data, x.Data, x.DType.Size(), x.Shape, out.Shape)
			return nil
		},
	},
	{
		Name: "BROADCAST_ARGS", Doc: "The shape to which the shapes in the operands broadcast.",
		In: Exactly(2), Out: Exactly(1), Infer: inferBroadcastArgs, Eval: evalBroadcastArgs,
	},
}

func inferTile(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, times := o.tensor(0), o.ints(1)
	if o.err == nil && len(times) != len(x.Shape) {
		o.fail("%d multiples do not fit shape %v", len(times), x.Shape)
	}
	if o.err != nil {
		return nil, o.err
	}
	shape := x.Shape.Clone()
	for i, m := range times {
		if m < 0 {
			o.fail("multiple %d is %d", i, m)
		}
		shape[i] *= m
	}
	return o.one(x.DType, shape)
}

func prepareTile(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	times := o.ints(1)
	return func(c *Call) error {
		x := c.In[0]
		kernel.Tile(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, times)
		return nil
	}, o.err
}

func inferBroadcastTo(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, want := o.tensor(0), o.ints(1)
	if o.err != nil {
		return nil, o.err
	}
	shape, err := tensor.Broadcast(x.Shape, want)
	if err != nil || !shape.Equal(want) {
		o.fail("shape %v does not broadcast to %v", x.Shape, want)
	}
	return o.one(x.DType, want)
}

func inferBroadcastArgs(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	a := o.ranked(0, 1, 1, tensor.Int32, tensor.Int64)
	b := o.ranked(1, 1, 1, tensor.Int32, tensor.Int64)
	o.same(0, 1)
	if o.err != nil {
		return nil, o.err
	}
	if rank := max(a.Shape[0], b.Shape[0]); rank > kernel.MaxRank {
		o.fail("shapes of %d dimensions are too large", rank)
	}
	return o.one(a.DType, tensor.Shape{max(a.Shape[0], b.Shape[0])})
}

func evalBroadcastArgs(c *Call) error {
	o := read(c.Node, c.In)
	a, b := o.ints(0), o.ints(1)
	if o.err != nil {
		return o.err
	}
	shape, err := tensor.Broadcast(a, b)
	if err != nil {
		return err
	}
	storeInts(c.Out[0], shape)
	return nil
}

// storeInts stores numbers in an int32 or int64 tensor.
func storeInts(t *tensor.Tensor, values []int) {
	if t.DType == tensor.Int64 {
		for i, v := range values {
			tensor.View[int64](t)[i] = int64(v)
		}
		return
	}
	for i, v := range values {
		tensor.View[int32](t)[i] = int32(v)
	}
}
