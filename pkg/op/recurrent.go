package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// steps reads an operand [batch, time, elements], or [time, batch, elements] if timeMajor.
func (o *operands) steps(i int, timeMajor bool) (x *tensor.Tensor, q kernel.F32Sequence) {
	x = o.ranked(i, 3, 3, tensor.Float32)
	if o.err != nil {
		return x, q
	}
	q = kernel.F32Sequence{Batch: x.Shape[0], Steps: x.Shape[1], TimeMajor: timeMajor}
	if timeMajor {
		q.Batch, q.Steps = q.Steps, q.Batch
	}
	return x, q
}

// step reads an operand [batch, elements]: a sequence of one step, which all samples take together.
func (o *operands) step(i int) (x *tensor.Tensor, q kernel.F32Sequence) {
	x = o.ranked(i, 2, 2, tensor.Float32)
	if o.err != nil {
		return x, q
	}
	return x, kernel.F32Sequence{Batch: x.Shape[0], Steps: 1, TimeMajor: true}
}

// variable demands that operand i is a variable with the given number of elements.
func (o *operands) variable(i, elements int) {
	t := o.tensor(i, tensor.Float32)
	if o.err != nil {
		return
	}
	if v := o.node.Input(i); v == nil || !v.Variable {
		o.fail("input %d is not a variable", i)
	}
	if t.Elements() != elements {
		o.fail("input %d has shape %v, want %d elements", i, t.Shape, elements)
	}
}

// weights returns the content of an optional float32 operand, nil if it is absent.
func (o *operands) weights(i int) []float32 {
	if i < 0 {
		return nil
	}
	t := o.optional(i, tensor.Float32)
	if t == nil || o.err != nil {
		return nil
	}
	return f32(t)
}

// through returns the inputs from first to last.
func through(first, last int) []int {
	var list []int
	for i := first; i <= last; i++ {
		list = append(list, i)
	}
	return list
}

// rows returns the shape of x with another last dimension.
func rows(x *tensor.Tensor, last int) tensor.Shape {
	shape := x.Shape.Clone()
	shape[len(shape)-1] = last
	return shape
}

// twoWays returns the types of the results of a bidirectional layer.
func (o *operands) twoWays(x *tensor.Tensor, forward, backward int, merge bool) ([]ir.Type, error) {
	if o.err != nil {
		return nil, o.err
	}
	if merge {
		return o.one(tensor.Float32, rows(x, forward+backward))
	}
	return o.results(
		ir.Type{DType: tensor.Float32, Shape: rows(x, forward)},
		ir.Type{DType: tensor.Float32, Shape: rows(x, backward)})
}

// ways returns where the two directions of a bidirectional layer store their results, and the sequences by which they do.
func ways(c *Call, q kernel.F32Sequence, forward int) (f, b []float32, fq, bq kernel.F32Sequence) {
	fq, bq = q, q
	bq.Reverse = true
	f = f32(c.Out[0])
	if len(c.Out) > 1 {
		return f, f32(c.Out[1]), fq, bq
	}
	fq.OutRow, bq.OutRow = lastDim(c.Out[0]), lastDim(c.Out[0])
	return f, f[min(forward, len(f)):], fq, bq
}
