package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// comparisons are the operators that make a truth value of one element of each operand; operands broadcast as in NumPy.
var comparisons = []Op{
	comparison("EQUAL", "x = y.", test(tensor.Bool, kernel.Equal[bool]), test(tensor.Float32, kernel.Equal[float32]), test(tensor.UInt8, kernel.Equal[uint8]),
		test(tensor.Int8, kernel.Equal[int8]), test(tensor.Int16, kernel.Equal[int16]), test(tensor.Int32, kernel.Equal[int32]), test(tensor.Int64, kernel.Equal[int64])),
	comparison("NOT_EQUAL", "x ≠ y.", test(tensor.Bool, kernel.NotEqual[bool]), test(tensor.Float32, kernel.NotEqual[float32]), test(tensor.UInt8, kernel.NotEqual[uint8]),
		test(tensor.Int8, kernel.NotEqual[int8]), test(tensor.Int16, kernel.NotEqual[int16]), test(tensor.Int32, kernel.NotEqual[int32]), test(tensor.Int64, kernel.NotEqual[int64])),
	comparison("LESS", "x < y.", test(tensor.Float32, kernel.Less[float32]), test(tensor.UInt8, kernel.Less[uint8]), test(tensor.Int8, kernel.Less[int8]),
		test(tensor.Int16, kernel.Less[int16]), test(tensor.Int32, kernel.Less[int32]), test(tensor.Int64, kernel.Less[int64])),
	comparison("LESS_EQUAL", "x ≤ y.", test(tensor.Float32, kernel.LessEqual[float32]), test(tensor.UInt8, kernel.LessEqual[uint8]), test(tensor.Int8, kernel.LessEqual[int8]),
		test(tensor.Int16, kernel.LessEqual[int16]), test(tensor.Int32, kernel.LessEqual[int32]), test(tensor.Int64, kernel.LessEqual[int64])),
	comparison("GREATER", "x > y.", test(tensor.Float32, kernel.Greater[float32]), test(tensor.UInt8, kernel.Greater[uint8]), test(tensor.Int8, kernel.Greater[int8]),
		test(tensor.Int16, kernel.Greater[int16]), test(tensor.Int32, kernel.Greater[int32]), test(tensor.Int64, kernel.Greater[int64])),
	comparison("GREATER_EQUAL", "x ≥ y.", test(tensor.Float32, kernel.GreaterEqual[float32]), test(tensor.UInt8, kernel.GreaterEqual[uint8]), test(tensor.Int8, kernel.GreaterEqual[int8]),
		test(tensor.Int16, kernel.GreaterEqual[int16]), test(tensor.Int32, kernel.GreaterEqual[int32]), test(tensor.Int64, kernel.GreaterEqual[int64])),
	comparison("LOGICAL_AND", "x and y.", test(tensor.Bool, kernel.And)),
	comparison("LOGICAL_OR", "x or y.", test(tensor.Bool, kernel.Or)),
}

func comparison(name, doc string, v ...variant) Op {
	types, i := variants(v).types(), integers{}
	if s8 := s8Comparisons[name]; s8 != nil {
		i.s8 = s8.prepare
	}
	return Op{
		Name: name, Doc: doc, In: Exactly(2), Out: Exactly(1), Prepare: variants(v).or(i),
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := readEither(n, in, i.types()...)
			_, shape := o.pair(types)
			return o.one(tensor.Bool, shape)
		},
	}
}

// test is the variant of a kernel that gives truth values.
func test[T tensor.Element](d tensor.DType, f kernel.Row[T, bool]) variant {
	return variant{d, func(c *Call) error {
		a, b := c.In[0], c.In[1]
		kernel.Binary(tensor.View[bool](c.Out[0]), tensor.View[T](a), a.Shape, tensor.View[T](b), b.Shape, f)
		return nil
	}}
}
