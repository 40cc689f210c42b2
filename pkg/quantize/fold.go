package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// passing stands for an operation that hands its operand on as it is, while both have a range: TFLiteConverter gives types to both.
const passing = "PASSING"

// fold removes operations that hand an operand on as it is, and makes constants of those whose result is known beforehand: a shape, a
// constant that is only moved.
func (g *graph) fold() {
	for _, o := range g.operations() {
		if !o.gone {
			g.foldOne(o)
		}
	}
}

// foldOne does so for one operation, and reports whether it applied.
func (g *graph) foldOne(o *operation) bool {
	if len(o.outputs) != 1 {
		return false
	}
	if v := handsOn(o); v != nil {
		if g.compat == TFLite && v.stat != nil && o.outputs[0].stat != nil && !o.is(passing) {
			o.become(passing, nil, v)
			return true
		}
		if v.stat == nil && !v.madeBy(constant) {
			v.stat = o.outputs[0].stat
		}
		g.bypass(o, v)
		return true
	}
	if c := known(o); c != nil {
		g.settle(o, c)
		return true
	}
	return false
}

// handsOn returns the operand that o's result equals whatever it holds, or nil.
func handsOn(o *operation) *value {
	in, out := o.input(0), o.outputs[0]
	switch o.name {
	case passing:
		return in
	case "CAST", "PAD", "PADV2", "RESHAPE", "SLICE", "SQUEEZE":
		if sameType(in, out) && (in.static() || o.is("CAST", "SQUEEZE")) {
			return in
		}
	case "STRIDED_SLICE":
		if sameElements(in, out) && in.static() && slicesAll(o) {
			return in
		}
	case "ADD":
		return neutral(o, 0, true)
	case "MUL":
		return neutral(o, 1, true)
	case "SUB":
		return neutral(o, 0, false)
	case "DIV":
		return neutral(o, 1, false)
	}
	return nil
}

// neutral returns the operand beside a constant that changes nothing.
func neutral(o *operation, x float32, commutes bool) *value {
	if activation(o.attr) != op.None || o.outputs[0].quantized != nil {
		return nil
	}
	for i := range 2 {
		other := o.inputs[1-i]
		if o.inputs[i].isAll(x) && sameType(other, o.outputs[0]) && (commutes || i == 1) {
			return other
		}
	}
	return nil
}

func slicesAll(o *operation) bool {
	a, ok := o.attr.(*op.StridedSlice)
	if !ok || *a != (op.StridedSlice{}) || len(o.inputs) != 4 {
		return false
	}
	begin, end, strides := o.inputs[1].ints(), o.inputs[2].ints(), o.inputs[3].ints()
	return begin != nil && strides != nil && slices.Equal(end, o.inputs[0].dims()) && len(begin) == len(end) &&
		allInts(begin, 0) && allInts(strides, 1)
}

func allInts(list []int, x int) bool {
	return !slices.ContainsFunc(list, func(e int) bool { return e != x })
}

// known returns o's result if it does not depend on data, else nil.
func known(o *operation) *tensor.Tensor {
	in, out := o.input(0), o.outputs[0]
	switch o.name {
	case "SHAPE":
		if in.static() {
			return integers(out, in.dims()...)
		}
	case "RANK":
		if !in.typ.Unranked && in.rank() > 0 {
			return integers(out, in.rank())
		}
	case "RESHAPE", "TRANSPOSE":
		if !in.madeBy(constant) || in.made.content == nil || in.source != nil && in.source.Sparsity != nil ||
			!out.static() || !sameElements(in, out) {
			return nil
		}
		if o.is("RESHAPE") {
			if in.made.content.Elements() != out.dims().Elements() {
				return nil
			}
			return &tensor.Tensor{DType: in.made.content.DType, Shape: out.dims().Clone(), Data: in.made.content.Data}
		}
		if t := transpose(in.made.content, o.input(1).ints()); t != nil && t.Shape.Equal(out.dims()) {
			return t
		}
	}
	return nil
}

// integers returns a tensor of v's type, int32 or int64.
func integers(v *value, list ...int) *tensor.Tensor {
	t := tensor.New(v.typ.DType, v.typ.Shape)
	for i, x := range list {
		switch v.typ.DType {
		case tensor.Int32:
			tensor.View[int32](t)[i] = int32(x)
		case tensor.Int64:
			tensor.View[int64](t)[i] = int64(x)
		default:
			return nil
		}
	}
	return t
}

// transpose returns c with its dimensions permuted, or nil if perm is no permutation of them.
func transpose(c *tensor.Tensor, perm []int) *tensor.Tensor {
	size := c.DType.Size()
	if !isPermutation(perm, len(c.Shape)) || size == 0 || len(perm) == 0 {
		return nil
	}
	strides := make([]int, len(perm)) // of the result's dimensions, in elements of c
	shape := make(tensor.Shape, len(perm))
	for i, p := range perm {
		shape[i], strides[i] = c.Shape[p], c.Shape[p+1:].Elements()
	}
	out := tensor.New(c.DType, shape)
	index := make([]int, len(perm))
	for at := 0; at < len(out.Data); at += size {
		from := 0
		for i, x := range index {
			from += x * strides[i]
		}
		copy(out.Data[at:at+size], c.Data[from*size:])
		for i := len(index) - 1; i >= 0; i-- {
			if index[i]++; index[i] < shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return out
}

func isPermutation(perm []int, rank int) bool {
	sorted := slices.Sorted(slices.Values(perm))
	for i, p := range sorted {
		if p != i {
			return false
		}
	}
	return len(perm) == rank
}

// bypass lets all users of o's result read v instead, and removes o.
func (g *graph) bypass(o *operation, v *value) {
	o.outputs[0].replace(v)
	g.eraseDead(o)
}

// settle turns o into a constant.
func (g *graph) settle(o *operation, content *tensor.Tensor) {
	c := newOperation(constant, nil, []*value{o.outputs[0]})
	c.content = content
	g.insertAfter(nil, c)
	o.outputs = nil
	g.eraseDead(o)
}

// eraseDead removes o if nobody uses it, and then what only o used.
func (g *graph) eraseDead(o *operation) {
	if o.gone || keepsState[o.name] || slices.ContainsFunc(o.outputs, func(v *value) bool { return len(v.uses) > 0 }) {
		return
	}
	inputs := slices.Clone(o.inputs)
	g.erase(o)
	for _, v := range inputs {
		if v != nil && v.made != nil {
			g.eraseDead(v.made)
		}
	}
}
