package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// s16Binary makes the row of an elementwise operator with two int16 operands of zero point 0 and such a result.
type s16Binary func(o *operands, x, y, out kernel.S8Affine) kernel.Row[int16, int16]

// s16Binaries are the operators that compute on two int16 tensors. MAXIMUM and MINIMUM compare the integers.
var s16Binaries = map[string]s16Binary{
	"ADD": s16Sum(1),
	"SUB": s16Sum(-1),
	"MUL": func(o *operands, x, y, out kernel.S8Affine) kernel.Row[int16, int16] {
		p := &kernel.S16Product{Scale: multiplier(float64(x.Scale * y.Scale / out.Scale))}
		p.Lo, p.Hi = o.limits16(fused(o.node), out)
		return p.Row
	},
	"MAXIMUM": s16Same(kernel.Maximum[int16]),
	"MINIMUM": s16Same(kernel.Minimum[int16]),
}

// s16Sum is ADD, or SUB with the sign -1. Scales that are powers of two are taken for such where the attribute allows it.
func s16Sum(sign int32) s16Binary {
	return func(o *operands, x, y, out kernel.S8Affine) kernel.Row[int16, int16] {
		lo, hi := o.limits16(fused(o.node), out)
		if o.node.Attr.(*Arith).PotScaleInt16 {
			px, okX := powerOfTwo(x.Scale)
			py, okY := powerOfTwo(y.Scale)
			po, okO := powerOfTwo(out.Scale)
			if okX && okY && okO {
				s := &kernel.S16ShiftedSum{X: po - px, Y: po - py, Sign: sign, Lo: lo, Hi: hi}
				if min(s.X, s.Y) != 0 || max(s.X, s.Y) > 15 {
					o.fail("scales %v and %v of operands are no such multiples of the result's, %v, as int16 can have", x.Scale, y.Scale, out.Scale)
				}
				return s.Row
			}
		}
		common := 2 * max(float64(x.Scale), float64(y.Scale))
		s := &kernel.S16Sum{
			X: multiplier(float64(x.Scale) / common), Y: multiplier(float64(y.Scale) / common),
			Out: multiplier(common / (kernel.S16SumUnit * float64(out.Scale))), Sign: sign, Lo: lo, Hi: hi,
		}
		return s.Row
	}
}

// powerOfTwo returns the exponent of a power of two, for which TFLite takes what is near one.
func powerOfTwo(x float32) (exponent int, ok bool) {
	const near = 1e-3
	log := kernel.F64Log(float64(x)) / math.Ln2
	return int(math.Round(log)), math.Abs(log-math.Round(log)) < near
}

// s16Same is an operator on integers with the same parameters.
func s16Same(row kernel.Row[int16, int16]) s16Binary {
	return func(o *operands, _, _, _ kernel.S8Affine) kernel.Row[int16, int16] {
		o.alike(o.node.Inputs[0], o.node.Inputs[1])
		o.alike(o.node.Inputs[0], o.node.Outputs[0])
		return row
	}
}

// prepare returns the kernel of a node on int16 operands.
func (b s16Binary) prepare(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, y, out := o.perTensor(n.Inputs[0]), o.perTensor(n.Inputs[1]), o.perTensor(n.Outputs[0])
	if o.err != nil {
		return nil, o.err
	}
	row := b(o, x, y, out)
	return func(c *Call) error {
		a, b := c.In[0], c.In[1]
		kernel.Binary(i16(c.Out[0]), i16(a), a.Shape, i16(b), b.Shape, row)
		return nil
	}, o.err
}
