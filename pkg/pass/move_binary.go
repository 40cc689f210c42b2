package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// moveBinary moves elementwise operators of two operands in front of what only moves elements: where the other operand is a constant, which is moved back, or
// moved in the same way.
var moveBinary = each(moveBinaryNode, movable...)

// movable are the operators of two operands that move.
var movable = []string{
	"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "POW", "FLOOR_DIV", "FLOOR_MOD", "SQUARED_DIFFERENCE", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL",
	"EQUAL", "NOT_EQUAL", "LOGICAL_AND", "LOGICAL_OR",
}

func moveBinaryNode(r *rewriter, n *ir.Node) bool {
	if !unquantized(n) {
		return false
	}
	for i, v := range n.Inputs {
		if m := r.by(v, "RESHAPE"); m != nil && r.leadingOnes(m, n.Inputs[1-i]) {
			r.setInput(n, i, m.Inputs[0])
			r.drop(m)
			return true
		}
	}
	for i, v := range n.Inputs {
		m := r.only(v, moving...)
		if m == nil || r.maker[m.Inputs[0]] == nil || m.Inputs[0].Type.Unranked || n.Outputs[0].Type.DType != v.Type.DType ||
			len(m.Inputs[0].Type.Shape) > broadcastRanks[n.Op] {
			continue
		}
		x, other := m.Inputs[0], n.Inputs[1-i]
		if back := r.only(other, m.Op); back != nil && back != m && i == 0 && r.movedAlike(m, back) {
			r.setInput(n, 1, back.Inputs[0])
			r.exchange(n, m, 0, x)
			r.drop(back)
			return true
		}
		if !within(other.Type.Shape, v.Type) {
			continue
		}
		c := r.movedBack(other, m)
		if c == nil {
			continue
		}
		r.setInput(n, 1-i, c)
		r.exchange(n, m, i, x)
		return true
	}
	return false
}

// leadingOnes reports whether m, a RESHAPE, only puts dimensions of 1 in front of its operand's, which broadcasting against other does as well.
func (r *rewriter) leadingOnes(m *ir.Node, other *ir.Value) bool {
	x, out := m.Inputs[0].Type, m.Outputs[0].Type
	extra := len(out.Shape) - len(x.Shape)
	if x.Unranked || out.Unranked || other.Type.Unranked || extra <= 0 || len(other.Type.Shape) < len(out.Shape) || !all(out.Shape[:extra], 1) {
		return false
	}
	return resized(x, out.Shape[extra:])
}

// movedAlike reports whether two RESHAPEs of operands of one shape have results of one shape, so that they can as well follow an elementwise operator. An unknown
// dimension may only be the first one, and stay so: then it may be 1 in one of both.
func (r *rewriter) movedAlike(m, back *ir.Node) bool {
	x, y, v, w := m.Inputs[0], back.Inputs[0], m.Outputs[0], back.Outputs[0]
	if m.Op != "RESHAPE" || !alike(x, y) || !alike(v, w) || r.maker[y] == nil || len(x.Type.Shape) == 0 || len(v.Type.Shape) == 0 {
		return false
	}
	return x.Type.Static() && v.Type.Static() || movedBehindBatch(x.Type, v.Type)
}

// movedBack returns the constant that c stands for in front of m, where m moves it as its other operand; nil if there is none. c is no larger than m's result.
func (r *rewriter) movedBack(c *ir.Value, m *ir.Node) *ir.Value {
	if c.Const == nil || c.Quant != nil || c.Sparsity != nil || c.Type.DType.Size() == 0 {
		return nil
	}
	x, out := m.Inputs[0].Type.Shape, m.Outputs[0].Type.Shape
	shape := c.Type.Shape
	for len(shape) > 0 && shape[0] == 1 {
		shape = shape[1:]
	}
	if len(shape) == 0 {
		return r.sharing(c, shape)
	}
	if perm, ok := permutation(m); ok {
		return r.constantBack(c, inverse(perm))
	}
	if !slices.Contains(reshaping, m.Op) || !endsWith(out, shape) {
		return nil
	}
	for n := range len(x) + 1 {
		if tail := x[len(x)-n:]; tail.Elements() == shape.Elements() {
			return r.sharing(c, tail)
		}
	}
	return nil
}

// endsWith reports whether shape ends with tail, which has no unknown dimension.
func endsWith(shape, tail tensor.Shape) bool {
	return len(shape) >= len(tail) && slices.Equal(shape[len(shape)-len(tail):], tail)
}

// sharing returns a constant with the content of c and another shape.
func (r *rewriter) sharing(c *ir.Value, shape tensor.Shape) *ir.Value {
	if c.Type.Shape.Equal(shape) {
		return c
	}
	return r.constant(c.Name, &tensor.Tensor{DType: c.Type.DType, Shape: shape.Clone(), Data: c.Const.Data})
}

// constantBack returns the constant that broadcasts as the result of a permutation of as many dimensions as perm has where c broadcasts as its operand: c with its
// dimensions permuted, after the missing ones were put in front, which are dropped again if they are.
func (r *rewriter) constantBack(c *ir.Value, perm []int) *ir.Value {
	if len(c.Type.Shape) > len(perm) {
		return nil
	}
	full := make(tensor.Shape, len(perm))
	missing := len(perm) - len(c.Type.Shape)
	for i := range full {
		full[i] = 1
		if i >= missing {
			full[i] = c.Type.Shape[i-missing]
		}
	}
	t := permutedTensor(&tensor.Tensor{DType: c.Type.DType, Shape: full, Data: c.Const.Data}, perm)
	for len(t.Shape) > len(c.Type.Shape) && t.Shape[0] == 1 {
		t.Shape = t.Shape[1:]
	}
	return r.constant(c.Name, t)
}

// permutedTensor returns t with its dimensions permuted. It shares the content where the order of elements stays.
func permutedTensor(t *tensor.Tensor, perm []int) *tensor.Tensor {
	shape := tensor.Shape(permuted(t.Shape, perm))
	if movesOnes(t.Shape, perm) || t.Elements() == 0 {
		return &tensor.Tensor{DType: t.DType, Shape: shape, Data: t.Data}
	}
	strides := make([]int, len(t.Shape))
	step := t.DType.Size()
	for i := len(strides) - 1; i >= 0; i-- {
		strides[i] = step
		step *= t.Shape[i]
	}
	strides = permuted(strides, perm)
	out := tensor.New(t.DType, shape)
	at, index, size := 0, make([]int, len(shape)), t.DType.Size()
	for to := 0; to < len(out.Data); to += size {
		copy(out.Data[to:to+size], t.Data[at:])
		for i := len(shape) - 1; i >= 0; i-- {
			index[i]++
			at += strides[i]
			if index[i] < shape[i] {
				break
			}
			at -= index[i] * strides[i]
			index[i] = 0
		}
	}
	return out
}
