package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// fills are the operators that make tensors of one number, or of numbers in a row.
var fills = []Op{
	{
		Name: "FILL", Doc: "The number in input 1 in the shape that input 0 gives.",
		In: Exactly(2), Out: Exactly(1), Infer: inferFill,
		Eval: func(c *Call) error {
			kernel.Fill(c.Out[0].Data, c.In[1].Data)
			return nil
		},
	},
	{
		Name: "ZEROS_LIKE", Doc: "Zeros in the shape of input 0.", In: Exactly(1), Out: Exactly(1), TypesOnly: true,
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := read(n, in)
			x := o.tensor(0, tensor.Float32, tensor.Int32, tensor.Int64)
			return o.one(x.DType, x.Shape)
		},
		Eval: func(c *Call) error {
			clear(c.Out[0].Data)
			return nil
		},
	},
	{
		Name: "RANGE", Doc: "The numbers from input 0, up to but without input 1, in steps of input 2.",
		In: Exactly(3), Out: Exactly(1), Infer: inferRange,
		Eval: variants{
			{tensor.Float32, evalRange[float32]}, {tensor.Int32, evalRange[int32]}, {tensor.Int64, evalRange[int64]},
		}.eval,
	},
}

func inferFill(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	value := o.tensor(1)
	o.vector(1, 1)
	o.ranked(0, 1, 1, tensor.Int32, tensor.Int64)
	return o.one(value.DType, o.ints(0))
}

func inferRange(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	start := o.tensor(0, tensor.Float32, tensor.Int32, tensor.Int64)
	for i := range 3 {
		o.tensor(i, tensor.Float32, tensor.Int32, tensor.Int64)
		o.vector(i, 1)
		o.same(0, i)
		if o.err == nil && !in[i].Known() {
			return nil, ErrDynamic
		}
	}
	if o.err != nil {
		return nil, o.err
	}
	var count float64
	switch start.DType {
	case tensor.Float32:
		count = rangeF32(f32(in[0])[0], f32(in[1])[0], f32(in[2])[0])
	case tensor.Int32:
		count = rangeInt(in, tensor.View[int32])
	default:
		count = rangeInt(in, tensor.View[int64])
	}
	if !(count >= 0 && count <= math.MaxInt32) {
		o.fail("a range can't have these operands: its start, limit and step make no finite sequence")
		return nil, o.err
	}
	return o.one(start.DType, tensor.Shape{int(count)})
}

// rangeF32 returns how many numbers a range has, computed as TFLite does; NaN if it has no end.
func rangeF32(start, limit, step float32) float64 {
	if !(step > 0 && start <= limit || step < 0 && start >= limit) {
		return math.NaN()
	}
	return math.Ceil(math.Abs(float64((limit - start) / step)))
}

// rangeInt is rangeF32 for integers. The differences are made modulo 2^64, which is exact as the result is not negative.
func rangeInt[T int32 | int64](in []*tensor.Tensor, view func(*tensor.Tensor) []T) float64 {
	start, limit, step := int64(view(in[0])[0]), int64(view(in[1])[0]), int64(view(in[2])[0])
	var way, by uint64
	switch {
	case step > 0 && start <= limit:
		way, by = uint64(limit)-uint64(start), uint64(step)
	case step < 0 && start >= limit:
		way, by = uint64(start)-uint64(limit), -uint64(step)
	default:
		return math.NaN()
	}
	count := way / by
	if way%by != 0 {
		count++
	}
	return float64(count)
}

func evalRange[T interface {
	tensor.Element
	kernel.Number
}](c *Call) error {
	kernel.FillRange(tensor.View[T](c.Out[0]), tensor.View[T](c.In[0])[0], tensor.View[T](c.In[2])[0])
	return nil
}
