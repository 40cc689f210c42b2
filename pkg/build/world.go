package build

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Unknown marks an element that Known does not know.
const Unknown = math.MinInt

var errNoRule = errors.New("the operator has no shape rule")

// Limits of folding. What is no larger than its operands together always folds.
const (
	foldLimit  = 1 << 20 // bytes of a result that is larger than its operands
	trackLimit = 1 << 12 // elements of a tensor whose content is followed although it depends on unknown dimensions
)

// axisProbes are the sizes that an unknown dimension of an input has in the two worlds, by its axis. They are multiples of a power of two, so that strides,
// splits and blocks divide them as they will divide the real ones, and differ enough to tell dimensions apart.
var axisProbes = [][2]int{{320, 448}, {640, 896}, {1152, 1408}, {1664, 2176}, {2432, 2944}}

// freshProbe returns the sizes of a dimension that depends on data. They are far enough apart to differ after strides, too, and small: detectors pad what
// they select to a hundred, of which it must not be more.
func (s *state) freshProbe() [2]int {
	k := s.fresh
	if s.fresh++; k < 31*31 {
		return [2]int{33 + k%31, 65 + (k/31+k)%31}
	}
	return [2]int{32 * (10 + 3*k), 32 * (40 + 7*k)}
}

// maxProbe is the most that the first of those sizes are.
const maxProbe = 96

// Measure makes v, a scalar of int32 that depends on data and is at most most, a size of its own: dimensions of this size are then the same, and sums with it
// are followed. It does nothing where most is too little for that.
func (b *Builder) Measure(v *ir.Value, most int) {
	if most < maxProbe || v.Const != nil || v.Type.DType != tensor.Int32 || len(v.Type.Shape) > 0 {
		return
	}
	p := b.state.freshProbe()
	if max(p[0], p[1]) <= maxProbe {
		b.state.facts[v] = &fact{[2]*tensor.Tensor{tensor.I32(nil, int32(p[0])), tensor.I32(nil, int32(p[1]))}}
	}
}

// fact is what is known of a value in the two worlds: its type, and its content where that is known. Both worlds share one tensor where they
// agree.
type fact struct{ worlds [2]*tensor.Tensor }

// probe makes a fact of a type with unknown dimensions.
func probe(t ir.Type, size func(axis int) [2]int) *fact {
	f := &fact{}
	for w := range f.worlds {
		f.worlds[w] = &tensor.Tensor{DType: t.DType, Shape: t.Shape.Clone()}
	}
	for axis, d := range t.Shape {
		if d < 0 {
			p := size(axis)
			f.worlds[0].Shape[axis], f.worlds[1].Shape[axis] = p[0], p[1]
		}
	}
	return f
}

// typ returns the type, with -1 for what differs.
func (f *fact) typ() ir.Type {
	t := ir.Type{DType: f.worlds[0].DType, Shape: f.worlds[0].Shape.Clone()}
	for i, d := range f.worlds[1].Shape {
		if t.Shape[i] != d {
			t.Shape[i] = -1
		}
	}
	return t
}

// constant reports whether the content is known, and the same in both worlds.
func (f *fact) constant() bool { return f.worlds[0] == f.worlds[1] && f.worlds[0].Known() }

// matters reports whether the fact says more than the value's type.
func (f *fact) matters() bool { return f.worlds[0] != f.worlds[1] || f.worlds[0].Known() }

// fact returns what is known of v.
func (b *Builder) fact(v *ir.Value) *fact {
	if f := b.state.facts[v]; f != nil {
		return f
	}
	t := v.Const
	if t == nil {
		if !v.Type.Static() {
			f := probe(v.Type, func(int) [2]int { return b.state.freshProbe() })
			b.state.facts[v] = f
			return f
		}
		t = &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape}
	}
	return &fact{[2]*tensor.Tensor{t, t}}
}

// infer returns what is known of a node's results.
func (b *Builder) infer(o *op.Op, n *ir.Node) ([]*fact, error) {
	if o == nil || o.Infer == nil {
		return nil, errNoRule
	}
	var in [2][]*tensor.Tensor
	same := true
	for _, v := range n.Inputs {
		if v == nil {
			in[0], in[1] = append(in[0], nil), append(in[1], nil)
			continue
		}
		f := b.fact(v)
		in[0], in[1] = append(in[0], f.worlds[0]), append(in[1], f.worlds[1])
		same = same && f.worlds[0] == f.worlds[1]
	}
	facts := make([]*fact, len(n.Outputs))
	first, err := b.evaluate(o, n, in[0], same)
	second := first
	if !same {
		var other error
		if second, other = b.evaluate(o, n, in[1], false); (err == nil) != (other == nil) {
			return nil, fmt.Errorf("%w: of the sizes that are possible, some are not: %w", op.ErrDynamic, cmp.Or(err, other))
		}
	}
	if err != nil {
		return nil, err
	}
	for i := range facts {
		if !same {
			b.doubt(n, in, first[i], second[i])
			b.doubtSlice(n, in, first[i], second[i])
		}
		f := &fact{[2]*tensor.Tensor{first[i], second[i]}}
		if x, y := first[i], second[i]; len(x.Shape) != len(y.Shape) {
			return nil, op.ErrDynamic // even the rank depends on an unknown dimension
		} else if x != y && x.Shape.Equal(y.Shape) && x.Known() == y.Known() && bytes.Equal(x.Data, y.Data) {
			f.worlds[1] = x
		}
		facts[i] = f
	}
	return facts, nil
}

// evaluate returns the results' types in one world, with content where that follows from known operands. Content that differs between the worlds
// (certain is false) is followed for small tensors only.
func (b *Builder) evaluate(o *op.Op, n *ir.Node, in []*tensor.Tensor, certain bool) ([]*tensor.Tensor, error) {
	contents := in
	in, opaque := standIns(in)
	types, err := o.Infer(n, in)
	if err != nil {
		return nil, err
	}
	known, operands, results := o.Executable(), 0, 0
	for _, t := range in {
		if t != nil {
			known = known && (t.Known() || o.TypesOnly || t.Elements() == 0)
			operands += len(t.Data)
		}
	}
	out := make([]*tensor.Tensor, len(types))
	for i, t := range types {
		if opaque && t.DType == standIn {
			t.DType = tensor.String
		}
		out[i] = &tensor.Tensor{DType: t.DType, Shape: t.Shape}
		elements := t.Shape.Elements()
		if elements < 0 || !certain && elements > trackLimit || t.DType.Bits() == 0 {
			known = false
			continue
		}
		results += t.DType.Bytes(elements)
	}
	if opaque && slices.Contains(relabeling, n.Op) && contents[0].DType == tensor.String {
		out[0].Data = contents[0].Data
		return out, nil
	}
	if !known || results > foldLimit && results > operands || slices.Contains(unfoldable, n.Op) {
		return out, nil
	}
	if slices.Contains(relabeling, n.Op) {
		out[0].Data, out[0].Own = in[0].Data, in[0].Own
		return out, nil
	}
	read := in
	if o.TypesOnly {
		read = nil
	}
	if !b.state.pay(n, read, out) {
		return out, nil
	}
	for _, t := range out {
		t.Data, t.Own = tensor.Alloc(t.DType.Bytes(t.Elements())), true
	}
	kernel, err := o.Kernel(n, in, out)
	if err == nil {
		err = kernel(&op.Call{Node: n, In: in, Out: out})
	}
	return out, err
}

// standIn takes the place of strings in the shape rules of operators that only move elements: the rules want elements of a fixed size, and the
// operators that compute on this type don't take strings either.
const standIn = tensor.Complex128

// standIns returns operands with stand-ins for strings among them, and whether there are any.
func standIns(in []*tensor.Tensor) (list []*tensor.Tensor, found bool) {
	list = in
	for i, t := range in {
		if t == nil || t.DType != tensor.String {
			continue
		}
		if !found {
			list, found = slices.Clone(in), true
		}
		list[i] = &tensor.Tensor{DType: standIn, Shape: t.Shape}
	}
	return list, found
}

// unfoldable lists operators that give other results each time, or change state.
var unfoldable = []string{"RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL", "QUANTIZE", "DEQUANTIZE", "FAKE_QUANT"}

// relabeling lists operators whose result has the operand's elements in their order: folding shares the memory.
var relabeling = []string{"RESHAPE", "SQUEEZE", "EXPAND_DIMS"}

// Like stands, in the shape of a type that is declared (EmitAs), for the size of an axis of the first operand.
func Like(axis int) int { return -2 - axis }

// assume makes facts of the types that a front end declares; nil if they don't say enough. Of an operator without a rule (plain), a result of an
// operand's shape has that operand's unknown dimensions.
func (b *Builder) assume(n *ir.Node, types []ir.Type, plain bool) []*fact {
	facts := make([]*fact, len(types))
	for i, t := range types {
		if t.DType == tensor.Invalid || t.Unranked {
			return nil
		}
		at := slices.IndexFunc(n.Inputs, func(v *ir.Value) bool { return v != nil && v.Type.Shape.Equal(t.Shape) })
		if plain && at >= 0 && !t.Static() {
			f := b.fact(n.Inputs[at])
			facts[i] = &fact{[2]*tensor.Tensor{{DType: t.DType, Shape: f.worlds[0].Shape}, {DType: t.DType, Shape: f.worlds[1].Shape}}}
			continue
		}
		facts[i] = probe(t, func(int) [2]int { return b.state.freshProbe() })
		if t.Static() {
			facts[i].worlds[1] = facts[i].worlds[0]
		}
		for axis, d := range t.Shape {
			if from := Like(0) - d; from >= 0 && len(n.Inputs) > 0 && from < len(n.Inputs[0].Type.Shape) {
				for w, x := range b.fact(n.Inputs[0]).worlds {
					facts[i].worlds[w].Shape[axis] = x.Shape[from]
				}
			}
		}
	}
	return facts
}

// Known returns the elements of an integer or bool tensor as far as they are known: Unknown stands for those that depend on unknown dimensions.
// ok is false if nothing is known, not even the number of elements.
func (b *Builder) Known(v *ir.Value) (elements []int, ok bool) {
	f := b.fact(v)
	x, ok := integers(f.worlds[0])
	y, ok2 := integers(f.worlds[1])
	if !ok || !ok2 || len(x) != len(y) {
		return nil, false
	}
	for i := range x {
		if x[i] != y[i] {
			x[i] = Unknown
		}
	}
	return x, true
}

func integers(t *tensor.Tensor) ([]int, bool) {
	if !t.Known() {
		return nil, false
	}
	if t.DType == tensor.Bool {
		list := make([]int, len(t.Data))
		for i, x := range t.Data {
			list[i] = int(x)
		}
		return list, true
	}
	list, err := t.Ints()
	return list, err == nil
}

// SameShape reports whether x and y have the same shape, as far as that follows from their operators: unknown dimensions count as equal where they
// stand for the same size.
func (b *Builder) SameShape(x, y *ir.Value) bool {
	f, g := b.fact(x), b.fact(y)
	return f.worlds[0].Shape.Equal(g.worlds[0].Shape) && f.worlds[1].Shape.Equal(g.worlds[1].Shape)
}
