package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// StridedSlice are the attributes of STRIDED_SLICE: masks, a bit for each position.
type StridedSlice struct {
	BeginMask, EndMask, EllipsisMask, NewAxisMask, ShrinkAxisMask int
	Offset                                                        bool // ends are relative to begins
}

// slicings are the operators that take or replace a part of a tensor.
var slicings = []Op{
	{
		Name: "SLICE", Doc: "The part of input 0 that begins at input 1 and has the size in input 2, where -1 means all that is left.",
		In: Exactly(3), Out: Exactly(1), Infer: inferSlicing(slice), Prepare: late(prepareSlicing(slice), 1, 2),
	},
	{
		Name: "STRIDED_SLICE", Doc: "Every input 3-th element of input 0 from input 1 up to input 2, along each dimension, as in Python; masks add and drop dimensions.",
		In: Exactly(4), Out: Exactly(1), Attr: attr[StridedSlice], Infer: inferSlicing(stridedSlice), Prepare: late(prepareSlicing(stridedSlice), 1, 2, 3),
	},
	{
		Name: "DYNAMIC_UPDATE_SLICE", Doc: "Input 0 with input 1 in the place that begins at input 2, moved where it must be to lie inside.",
		In: Exactly(3), Out: Exactly(1), Infer: inferUpdateSlice, Eval: evalUpdateSlice,
	},
}

// slicing is what a slice takes of each dimension of its operand, and the shape that it gives the result.
type slicing struct {
	start, step, count []int
	shape              tensor.Shape
}

// all takes a whole dimension of the given size.
func (s *slicing) all(size int) {
	s.take(0, 1, size)
	s.shape = append(s.shape, size)
}

func (s *slicing) take(start, step, count int) {
	s.start, s.step, s.count = append(s.start, start), append(s.step, step), append(s.count, count)
}

// slice reads the operands of SLICE.
func slice(o *operands) slicing {
	x, begin, size := o.tensor(0), o.ints(1), o.ints(2)
	if o.err == nil && (len(begin) != len(x.Shape) || len(size) != len(x.Shape)) {
		o.fail("begin %v and size %v do not fit shape %v", begin, size, x.Shape)
	}
	var s slicing
	if o.err != nil {
		return s
	}
	for i, d := range x.Shape {
		count := size[i]
		if count == -1 {
			count = d - begin[i]
		}
		if begin[i] < 0 || count < 0 || begin[i]+count > d {
			o.fail("begin %v and size %v leave shape %v", begin, size, x.Shape)
			return s
		}
		s.take(begin[i], 1, count)
		s.shape = append(s.shape, count)
	}
	return s
}

// maxPositions is the number of positions for which the masks of STRIDED_SLICE have a bit.
const maxPositions = 31

// stridedSlice reads the operands of STRIDED_SLICE.
func stridedSlice(o *operands) slicing {
	a := o.node.Attr.(*StridedSlice)
	x, begin, end, stride := o.tensor(0), o.ints(1), o.ints(2), o.ints(3)
	var s slicing
	if o.err != nil {
		return s
	}
	positions := len(begin)
	if len(end) != positions || len(stride) != positions || positions > maxPositions {
		o.fail("begin %v, end %v and strides %v do not fit each other", begin, end, stride)
		return s
	}
	named, ellipses := 0, 0
	for i := range positions {
		switch {
		case a.EllipsisMask>>i&1 != 0:
			ellipses++
		case a.NewAxisMask>>i&1 == 0:
			named++
		}
	}
	if named > len(x.Shape) || ellipses > 1 {
		o.fail("%d positions and %d ellipses do not fit shape %v", named, ellipses, x.Shape)
		return s
	}
	rest := x.Shape
	for i := range positions {
		switch {
		case a.EllipsisMask>>i&1 != 0:
			for range len(x.Shape) - named {
				s.all(rest[0])
				rest = rest[1:]
			}
		case a.NewAxisMask>>i&1 != 0:
			s.shape = append(s.shape, 1)
		default:
			o.position(&s, a, i, rest[0], begin[i], end[i], stride[i])
			rest = rest[1:]
		}
	}
	for _, d := range rest {
		s.all(d)
	}
	return s
}

// position adds what position i of a strided slice takes of a dimension of the given size.
func (o *operands) position(s *slicing, a *StridedSlice, i, size, begin, end, stride int) {
	if stride == 0 {
		o.fail("stride %d is 0", i)
		return
	}
	lo, hi := 0, size // where the slice may begin and end
	if stride < 0 {
		lo, hi = -1, size-1
	}
	wrap := func(at int) int {
		if at < 0 {
			at += size
		}
		return at
	}
	start := wrap(begin)
	if a.ShrinkAxisMask>>i&1 != 0 {
		if a.BeginMask>>i&1 != 0 {
			start = 0
		}
		if start < 0 || start >= size {
			o.fail("position %d: index %d is outside a dimension of %d", i, begin, size)
		}
		s.take(start, 1, 1)
		return
	}
	start = max(lo, min(start, hi))
	if a.BeginMask>>i&1 != 0 {
		start = lo
		if stride < 0 {
			start = hi
		}
	}
	switch {
	case a.EndMask>>i&1 != 0:
		end = hi
		if stride < 0 {
			end = lo
		}
	case a.Offset:
		end = max(lo, min(start+end, hi))
	default:
		end = max(lo, min(wrap(end), hi))
	}
	count := 0
	switch {
	case stride > 0 && end > start:
		count = (end - start + stride - 1) / stride
	case stride < 0 && end < start:
		count = (start - end - stride - 1) / -stride
	}
	s.take(start, stride, count)
	s.shape = append(s.shape, count)
}

func inferSlicing(operandsOf func(*operands) slicing) func(*ir.Node, []*tensor.Tensor) ([]ir.Type, error) {
	return func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
		o := read(n, in)
		s := operandsOf(o)
		return o.one(o.tensor(0).DType, s.shape)
	}
}

func prepareSlicing(operandsOf func(*operands) slicing) prepare {
	return func(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
		o := read(n, in)
		s := operandsOf(o)
		return func(c *Call) error {
			x := c.In[0]
			kernel.Slice(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, s.start, s.step, s.count)
			return nil
		}, o.err
	}
}

func inferUpdateSlice(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, update, start := o.tensor(0), o.tensor(1), o.ranked(2, 1, 1, tensor.Int32, tensor.Int64)
	o.same(0, 1)
	if len(update.Shape) != len(x.Shape) || start.Elements() != len(x.Shape) {
		o.fail("shape %v, update %v and %d starts do not fit each other", x.Shape, update.Shape, start.Elements())
		return nil, o.err
	}
	for i, d := range update.Shape {
		if d > x.Shape[i] {
			o.fail("update %v is larger than %v", update.Shape, x.Shape)
		}
	}
	return o.one(x.DType, x.Shape)
}

func evalUpdateSlice(c *Call) error {
	x, update := c.In[0], c.In[1]
	var start [kernel.MaxRank]int
	if t := c.In[2]; t.DType == tensor.Int64 {
		for i, v := range tensor.View[int64](t) {
			start[i] = int(v)
		}
	} else {
		for i, v := range tensor.View[int32](t) {
			start[i] = int(v)
		}
	}
	kernel.UpdateSlice(c.Out[0].Data, x.Data, x.DType.Size(), x.Shape, update.Data, update.Shape, start[:len(x.Shape)])
	return nil
}
