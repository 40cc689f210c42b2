package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Shape are the attributes of SHAPE.
type Shape struct{ OutType tensor.DType }

// shapes are the operators whose result is a fact about the type of their operand.
var shapes = []Op{
	{
		Name: "SHAPE", Doc: "The dimensions of input 0.", In: Exactly(1), Out: Exactly(1), Attr: attr[Shape], TypesOnly: true,
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := read(n, in)
			x := o.tensor(0)
			return o.one(o.declared(0, tensor.Int32, tensor.Int64), tensor.Shape{len(x.Shape)})
		},
		Eval: func(c *Call) error {
			storeInts(c.Out[0], c.In[0].Shape)
			return nil
		},
	},
	{
		Name: "RANK", Doc: "The number of dimensions of input 0.", In: Exactly(1), Out: Exactly(1), TypesOnly: true,
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := read(n, in)
			o.tensor(0)
			return o.one(tensor.Int32, nil)
		},
		Eval: func(c *Call) error {
			tensor.View[int32](c.Out[0])[0] = int32(len(c.In[0].Shape))
			return nil
		},
	},
}
