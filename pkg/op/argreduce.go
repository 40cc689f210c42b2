package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// ArgReduce are the attributes of ARG_MAX and ARG_MIN.
type ArgReduce struct{ OutputType tensor.DType }

// argReductions are the operators that find the place of an element.
var argReductions = []Op{
	argReduction("ARG_MAX", "The index of the greatest element of input 0 along the axis in input 1, the first of equal ones.",
		arg(tensor.Float32, kernel.ArgMax[float32, int32], kernel.ArgMax[float32, int64]), arg(tensor.UInt8, kernel.ArgMax[uint8, int32], kernel.ArgMax[uint8, int64]),
		arg(tensor.Bool, kernel.ArgMax[uint8, int32], kernel.ArgMax[uint8, int64]), arg(tensor.Int8, kernel.ArgMax[int8, int32], kernel.ArgMax[int8, int64]),
		arg(tensor.Int32, kernel.ArgMax[int32, int32], kernel.ArgMax[int32, int64])),
	argReduction("ARG_MIN", "The index of the least element of input 0 along the axis in input 1, the first of equal ones.",
		arg(tensor.Float32, kernel.ArgMin[float32, int32], kernel.ArgMin[float32, int64]), arg(tensor.UInt8, kernel.ArgMin[uint8, int32], kernel.ArgMin[uint8, int64]),
		arg(tensor.Bool, kernel.ArgMin[uint8, int32], kernel.ArgMin[uint8, int64]), arg(tensor.Int8, kernel.ArgMin[int8, int32], kernel.ArgMin[int8, int64]),
		arg(tensor.Int32, kernel.ArgMin[int32, int32], kernel.ArgMin[int32, int64])),
}

func argReduction(name, doc string, v ...variant) Op {
	types := variants(v).types()
	return Op{
		Name: name, Doc: doc, In: Exactly(2), Out: Exactly(1), Attr: attr[ArgReduce], Eval: variants(v).eval,
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := read(n, in)
			x := o.stored(0, types...) // quantized numbers have the order of the real ones
			axis := o.axis(o.int(1), len(x.Shape))
			d := o.declared(0, tensor.Int32, tensor.Int64)
			if o.err != nil {
				return nil, o.err
			}
			if a := n.Attr.(*ArgReduce); a.OutputType != d {
				o.fail("output 0 is %v, the attributes say %v", d, a.OutputType)
			}
			if x.Shape[axis] == 0 {
				o.fail("axis %d of %v is empty", axis, x.Shape)
			}
			return o.one(d, slices.Delete(x.Shape.Clone(), axis, axis+1))
		},
	}
}

// arg is the variant of a search with results of 32 and of 64 bits.
func arg[T tensor.Element](d tensor.DType, f32 func([]int32, []T, []int, int), f64 func([]int64, []T, []int, int)) variant {
	return variant{d, func(c *Call) error {
		x, out := c.In[0], c.Out[0]
		axis := single(c.In[1])
		if axis < 0 {
			axis += len(x.Shape)
		}
		if out.DType == tensor.Int64 {
			f64(tensor.View[int64](out), tensor.View[T](x), x.Shape, axis)
		} else {
			f32(tensor.View[int32](out), tensor.View[T](x), x.Shape, axis)
		}
		return nil
	}}
}

// single returns the content of an operand of one int32 or int64.
func single(t *tensor.Tensor) int {
	if t.DType == tensor.Int64 {
		return int(tensor.View[int64](t)[0])
	}
	return int(tensor.View[int32](t)[0])
}
