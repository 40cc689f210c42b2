package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Unique are the attributes of UNIQUE.
type Unique struct{ IndexType tensor.DType }

// wheres are the operators whose result has as many rows as the content of the operand says.
var wheres = []Op{
	{
		Name: "WHERE", Doc: "The indices of the elements of input 0 that are true, or not 0, a row each.",
		In: Exactly(1), Out: Exactly(1), Infer: inferWhere, Eval: evalWhere,
	},
	{
		Name: "UNIQUE", Doc: "The different elements of input 0 as they first appear, and for each element of input 0 the place of its equal among them.",
		In: Exactly(1), Out: Exactly(2), Attr: attr[Unique], Infer: inferUnique, Eval: evalUnique,
	},
}

func inferWhere(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0, tensor.Bool, tensor.Float32, tensor.Int64, tensor.Int32, tensor.Int8, tensor.UInt8, tensor.UInt32)
	if o.err == nil && !x.Known() {
		return nil, ErrDynamic
	}
	if o.err != nil {
		return nil, o.err
	}
	count := kernel.Count(truths(x, make([]bool, x.Elements())))
	return o.one(tensor.Int64, tensor.Shape{count, len(x.Shape)})
}

func evalWhere(c *Call) error {
	x := c.In[0]
	memory := tensor.Bytes(c.Scratch((x.Elements() + 3) / 4))
	flags := tensor.View[bool](&tensor.Tensor{DType: tensor.Bool, Data: memory[:x.Elements()]})
	kernel.Where(tensor.View[int64](c.Out[0]), truths(x, flags), x.Shape)
	return nil
}

// truths returns for each element of x whether it is not 0, in memory for as many, or x's own.
func truths(x *tensor.Tensor, memory []bool) []bool {
	switch x.DType {
	case tensor.Float32:
		kernel.ToBool(memory, tensor.View[float32](x))
	case tensor.Int64:
		kernel.ToBool(memory, tensor.View[int64](x))
	case tensor.Int32, tensor.UInt32:
		kernel.ToBool(memory, tensor.View[int32](x))
	default:
		kernel.ToBool(memory, tensor.View[uint8](x))
	}
	return memory
}

func inferUnique(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.ranked(0, 1, 1, tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64)
	index := o.declared(1, tensor.Int32, tensor.Int64)
	if o.err == nil && !x.Known() {
		return nil, ErrDynamic
	}
	if o.err != nil {
		return nil, o.err
	}
	values := tensor.New(x.DType, x.Shape)
	places := make([]int64, x.Elements())
	return o.results(
		ir.Type{DType: x.DType, Shape: tensor.Shape{unique(values, places, x)}},
		ir.Type{DType: index, Shape: x.Shape})
}

func evalUnique(c *Call) error {
	x := c.In[0]
	values := tensor.New(x.DType, x.Shape)
	if c.Out[1].DType == tensor.Int64 {
		unique(values, tensor.View[int64](c.Out[1]), x)
	} else {
		unique(values, tensor.View[int32](c.Out[1]), x)
	}
	copy(c.Out[0].Data, values.Data)
	return nil
}

func unique[I kernel.Index](values *tensor.Tensor, places []I, x *tensor.Tensor) int {
	switch x.DType {
	case tensor.Float32:
		return kernel.Unique(f32(values), places, f32(x))
	case tensor.UInt8:
		return kernel.Unique(tensor.View[uint8](values), places, tensor.View[uint8](x))
	case tensor.Int8:
		return kernel.Unique(tensor.View[int8](values), places, tensor.View[int8](x))
	case tensor.Int16:
		return kernel.Unique(tensor.View[int16](values), places, tensor.View[int16](x))
	case tensor.Int32:
		return kernel.Unique(tensor.View[int32](values), places, tensor.View[int32](x))
	default:
		return kernel.Unique(tensor.View[int64](values), places, tensor.View[int64](x))
	}
}
