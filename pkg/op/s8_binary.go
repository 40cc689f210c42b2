package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// s8Binary makes the row of an elementwise operator with two int8 operands and an int8 result.
type s8Binary func(o *operands, x, y, out kernel.S8Affine) kernel.Row[int8, int8]

// s8Binaries are the operators that compute on two int8 tensors. MAXIMUM and MINIMUM compare the integers.
var s8Binaries = map[string]s8Binary{
	"ADD": s8Sum(1),
	"SUB": s8Sum(-1),
	"MUL": func(o *operands, x, y, out kernel.S8Affine) kernel.Row[int8, int8] {
		p := kernel.S8Product{XZero: x.Zero, YZero: y.Zero, Zero: out.Zero, Scale: multiplier(float64(x.Scale * y.Scale / out.Scale))}
		p.Lo, p.Hi = o.limits8(fused(o.node), out)
		return kernel.NewS8Product(p).Row
	},
	"PRELU": func(_ *operands, x, y, out kernel.S8Affine) kernel.Row[int8, int8] {
		p := kernel.S8Prelu{
			XZero: x.Zero, YZero: y.Zero, Zero: out.Zero,
			Same: multiplier(float64(x.Scale / out.Scale)), Slope: multiplier(float64(float32(x.Scale*y.Scale) / out.Scale)),
		}
		return kernel.NewS8Prelu(p).Row
	},
	"SQUARED_DIFFERENCE": func(_ *operands, x, y, out kernel.S8Affine) kernel.Row[int8, int8] {
		common := 2 * max(float64(x.Scale), float64(y.Scale))
		d := kernel.NewS8SquaredDifference(x.Zero, y.Zero, multiplier(float64(x.Scale)/common), multiplier(float64(y.Scale)/common),
			multiplier(common*common/(kernel.S8DifferenceUnit*kernel.S8DifferenceUnit*float64(out.Scale))), out.Zero)
		return d.Row
	},
	"DIV": func(o *operands, x, y, out kernel.S8Affine) kernel.Row[int8, int8] {
		q := &kernel.S8Quotient{XZero: x.Zero, YZero: y.Zero, Zero: out.Zero}
		q.M, q.Shift = quant.Multiplier(float64(x.Scale / float32(y.Scale*out.Scale)))
		q.Lo, q.Hi = o.limits8(fused(o.node), out)
		return q.Row
	},
	"MAXIMUM": s8Same(kernel.S8Maximum),
	"MINIMUM": s8Same(kernel.S8Minimum),
}

// s8Sum is ADD, or SUB with the sign -1.
func s8Sum(sign int32) s8Binary {
	return func(o *operands, x, y, out kernel.S8Affine) kernel.Row[int8, int8] {
		common := 2 * max(float64(x.Scale), float64(y.Scale))
		lo, hi := o.limits8(fused(o.node), out)
		s := kernel.NewS8Sum(x.Zero, y.Zero, multiplier(float64(x.Scale)/common), multiplier(float64(y.Scale)/common),
			multiplier(common/(kernel.S8SumUnit*float64(out.Scale))), sign, out.Zero, lo, hi)
		return s.Row
	}
}

// s8Same is an operator on integers with the same parameters.
func s8Same(row kernel.Row[int8, int8]) s8Binary {
	return func(o *operands, _, _, _ kernel.S8Affine) kernel.Row[int8, int8] {
		o.alike(o.node.Inputs[0], o.node.Inputs[1])
		o.alike(o.node.Inputs[0], o.node.Outputs[0])
		return row
	}
}

// prepare returns the kernel of a node on int8 operands.
func (b s8Binary) prepare(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, y, out := o.perTensor(n.Inputs[0]), o.perTensor(n.Inputs[1]), o.perTensor(n.Outputs[0])
	if o.err != nil {
		return nil, o.err
	}
	row, divides := b(o, x, y, out), n.Op == "DIV"
	return func(c *Call) error {
		if divides && slices.Contains(i8(c.In[1]), int8(y.Zero)) {
			return errZeroDivisor
		}
		a, b := c.In[0], c.In[1]
		kernel.Binary(i8(c.Out[0]), i8(a), a.Shape, i8(b), b.Shape, row)
		return nil
	}, o.err
}
