package op

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// maxElements bounds a result, so that no later product of its size with an element's overflows. exec has a limit of its own, in bytes.
const maxElements = 1 << 48

// operands reads the operands of one node for its shape rule. It keeps the first violation in err, so that a rule reads all that it needs and
// then asks once; what it returns after a violation is of no use.
type operands struct {
	node  *ir.Node
	in    []*tensor.Tensor
	real  []tensor.DType // see readReal
	moved []int          // inputs whose elements are moved without a look at what they stand for
	err   error
}

func read(n *ir.Node, in []*tensor.Tensor) *operands { return &operands{node: n, in: in} }

// readReal is read for operators that compute on real numbers in any form: where a float32 operand is asked for, an int8 or int16 one that stands for real numbers
// passes as well.
func readReal(n *ir.Node, in []*tensor.Tensor) *operands {
	return readEither(n, in, tensor.Int8, tensor.Int16)
}

// readEither is readReal for some integer types.
func readEither(n *ir.Node, in []*tensor.Tensor, real ...tensor.DType) *operands {
	return &operands{node: n, in: in, real: real}
}

func (o *operands) fail(format string, args ...any) {
	if o.err == nil {
		o.err = fmt.Errorf(format, args...)
	}
}

// given returns operand i, or nil if it is absent.
func (o *operands) given(i int) *tensor.Tensor {
	if i >= len(o.in) || o.in[i] == nil {
		return nil
	}
	t := o.in[i]
	if len(t.Shape) > kernel.MaxRank {
		o.fail("input %d has shape %v, with more than %d dimensions", i, t.Shape, kernel.MaxRank)
	}
	if v := o.node.Input(i); v != nil && v.Sparsity != nil {
		o.fail("input %d is sparse", i)
	}
	return t
}

// optional returns operand i, or nil if it is absent. If types are given it must be of one of them, and its integers must be plain numbers
// (not quantized ones); otherwise every type of fixed size passes, since the operator only moves elements.
func (o *operands) optional(i int, types ...tensor.DType) *tensor.Tensor {
	t := o.given(i)
	if t == nil {
		return nil
	}
	switch {
	case len(types) == 0 && t.DType.Size() == 0:
		o.fail("input %d is %v, whose elements are not of whole bytes", i, t.DType)
	case len(types) == 0:
		o.moved = append(o.moved, i)
	case slices.Contains(o.real, t.DType) && slices.Contains(types, tensor.Float32) && standsForReal(o.node.Input(i), t.DType):
	case !slices.Contains(types, t.DType):
		o.fail("input %d is %v, want %s", i, t.DType, oneOf(types))
	case quantized(o.node.Input(i)):
		o.fail("input %d is quantized %v: arithmetic on it is not supported", i, t.DType)
	}
	return t
}

// quantized reports whether the elements of v are integers that stand for real numbers.
func quantized(v *ir.Value) bool { return v != nil && v.Quant != nil && !v.Type.DType.Float() }

// tensor returns operand i, which must be there; see optional for the types.
func (o *operands) tensor(i int, types ...tensor.DType) *tensor.Tensor {
	t := o.optional(i, types...)
	if t == nil {
		o.fail("input %d is absent", i)
		return &tensor.Tensor{}
	}
	return t
}

// ranked is tensor for operands with lo to hi dimensions.
func (o *operands) ranked(i, lo, hi int, types ...tensor.DType) *tensor.Tensor {
	t := o.tensor(i, types...)
	o.rank(i, t, lo, hi)
	return t
}

// rank demands that operand i, which is t, has lo to hi dimensions.
func (o *operands) rank(i int, t *tensor.Tensor, lo, hi int) {
	if rank := len(t.Shape); rank < lo || rank > hi {
		want := fmt.Sprint(lo)
		if hi > lo {
			want = fmt.Sprintf("%d to %d", lo, hi)
		}
		o.fail("input %d has shape %v, want rank %s", i, t.Shape, want)
	}
}

// vector checks an optional operand of the given number of elements, such as a bias; of any type if none is given.
func (o *operands) vector(i, length int, types ...tensor.DType) {
	t := o.given(i)
	if len(types) > 0 {
		t = o.optional(i, types...)
	}
	if t != nil && t.Shape.Elements() != length {
		o.fail("input %d has shape %v, want %d elements", i, t.Shape, length)
	}
}

// ints returns the content of operand i, a list of int32 or int64 such as a shape; ErrDynamic if the content is not known.
func (o *operands) ints(i int) []int {
	t := o.ranked(i, 0, 1, tensor.Int32, tensor.Int64)
	return o.content(i, t)
}

// content returns the elements of an integer operand of any rank. They are in the range of int32, so that sums and products of two do not overflow.
func (o *operands) content(i int, t *tensor.Tensor) []int {
	if o.err != nil {
		return nil
	}
	if !t.Known() {
		o.err = fmt.Errorf("input %d: %w", i, ErrDynamic)
		return nil
	}
	v, err := t.Ints()
	if err != nil {
		o.fail("input %d: %w", i, err)
	}
	if len(v) != t.Elements() {
		o.fail("input %d of shape %v holds %d elements", i, t.Shape, len(v))
	}
	for _, x := range v {
		if x < math.MinInt32 || x > math.MaxInt32 {
			o.fail("input %d holds %d, which passes the range of int32", i, x)
		}
	}
	return v
}

// int returns the content of operand i, one int32 or int64 such as an axis; ErrDynamic if it is not known.
func (o *operands) int(i int) int {
	t := o.tensor(i, tensor.Int32, tensor.Int64)
	if o.err == nil && t.Elements() != 1 {
		o.fail("input %d has shape %v, want one element", i, t.Shape)
	}
	v := o.content(i, t)
	if o.err != nil {
		return 0
	}
	return v[0]
}

// axis resolves an axis of a tensor of the given rank.
func (o *operands) axis(axis, rank int) int {
	a, err := tensor.Axis(axis, rank)
	if err != nil {
		o.fail("%w", err)
	}
	return a
}

// same demands that two operands have one type.
func (o *operands) same(i, j int) {
	a, b := o.given(i), o.given(j)
	if a == nil || b == nil {
		o.fail("input %d or %d is absent", i, j)
	} else if a.DType != b.DType {
		o.fail("input %d is %v, input %d is %v", i, a.DType, j, b.DType)
	}
}

// sameShape demands that two operands have one shape.
func (o *operands) sameShape(i, j int) {
	a, b := o.given(i), o.given(j)
	if a == nil || b == nil {
		o.fail("input %d or %d is absent", i, j)
	} else if !a.Shape.Equal(b.Shape) {
		o.fail("input %d has shape %v, input %d has shape %v", i, a.Shape, j, b.Shape)
	}
}

// declared returns the element type that the graph gives to result i, for operators that take it from there.
func (o *operands) declared(i int, types ...tensor.DType) tensor.DType {
	if i >= len(o.node.Outputs) || o.node.Outputs[i] == nil {
		o.fail("has no output %d", i)
		return tensor.Invalid
	}
	d := o.node.Outputs[i].Type.DType
	switch {
	case len(types) == 0 && d.Size() == 0:
		o.fail("output %d is %v, whose elements are not of whole bytes", i, d)
	case len(types) > 0 && !slices.Contains(types, d):
		o.fail("output %d is %v, want %s", i, d, oneOf(types))
	}
	return d
}

// one returns the type of the only result, or the first violation.
func (o *operands) one(d tensor.DType, shape tensor.Shape) ([]ir.Type, error) {
	return o.results(ir.Type{DType: d, Shape: shape})
}

// like is one for a result of operand i's type.
func (o *operands) like(i int, shape tensor.Shape) ([]ir.Type, error) {
	t := o.given(i)
	if t == nil {
		return nil, o.err
	}
	return o.one(t.DType, shape)
}

// results returns the given types, or the first violation; sizes beyond int32 dimensions, or too large to multiply, are one.
func (o *operands) results(types ...ir.Type) ([]ir.Type, error) {
	if o.err != nil {
		return nil, o.err
	}
	for i, t := range types {
		if err := checkSize(t.Shape); err != nil {
			return nil, fmt.Errorf("result %d: %w", i, err)
		}
		for _, j := range o.moved {
			if !sameScale(o.node.Input(j), o.node.Outputs, i) {
				return nil, fmt.Errorf("input %d and result %d have different scales or zero points", j, i)
			}
		}
	}
	return types, nil
}

// sameScale reports whether the integers of v stand for the same numbers in result i: unless both are quantized there is nothing to compare.
func sameScale(v *ir.Value, results []*ir.Value, i int) bool {
	if i >= len(results) || !quantized(v) || !quantized(results[i]) || results[i].Type.DType != v.Type.DType {
		return true
	}
	p, q := v.Quant, results[i].Quant
	return slices.Equal(p.Scale, q.Scale) && slices.Equal(p.Zero, q.Zero)
}

func checkSize(s tensor.Shape) error {
	if len(s) > kernel.MaxRank {
		return fmt.Errorf("shape %v has more than %d dimensions", s, kernel.MaxRank)
	}
	for _, d := range s {
		if d < 0 || d > math.MaxInt32 {
			return fmt.Errorf("shape %v is out of range", s)
		}
	}
	if n := s.Elements(); n < 0 || n > maxElements {
		return fmt.Errorf("shape %v has too many elements", s)
	}
	return nil
}

func oneOf(types []tensor.DType) string {
	names := make([]string, len(types))
	for i, d := range types {
		names[i] = d.String()
	}
	return strings.Join(names, " or ")
}
