package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// strided is what a StridedSlice takes of a tensor: first dimensions of 1 are added, then a part is taken.
type strided struct {
	shape     tensor.Shape // with the added dimensions
	added     []bool
	positions []position // one for each dimension of shape
	plain     bool       // there is no mask
}

// strided reads the operands of a StridedSlice of a tensor of the given shape. With raw set, elements of indices that are
// not known have no values of their own.
func (c *Context) strided(shape tensor.Shape, raw bool) strided {
	begin, end, strides := c.index32(c.In(1)), c.index32(c.In(2)), c.index32(c.In(3))
	n := length(begin, "begin")
	if length(end, "end") != n || length(strides, "strides") != n || n > 32 {
		build.Damaged("begin of %v, end of %v and strides of %v do not fit each other", begin.Type, end.Type, strides.Type)
	}
	mask := func(name string) func(int) bool {
		bits := c.Int(name, 0)
		return func(i int) bool { return bits>>i&1 != 0 }
	}
	beginMask, endMask, ellipsis := mask("begin_mask"), mask("end_mask"), mask("ellipsis_mask")
	newAxis, shrink := mask("new_axis_mask"), mask("shrink_axis_mask")
	named, ellipses := 0, 0
	for i := range n {
		switch {
		case ellipsis(i):
			ellipses++
		case !newAxis(i):
			named++
		}
	}
	if named > len(shape) || ellipses > 1 {
		build.Damaged("%d positions and %d ellipses do not fit shape %v", named, ellipses, shape)
	}
	from, to := c.elements(begin, raw), c.elements(end, raw)
	step, ok := c.whole(strides)
	if !ok {
		build.Refuse("the strides are no constants")
	}
	s := strided{plain: named == len(shape) && n == named}
	all := func(count int) {
		for range count {
			s.shape, s.added, s.positions = append(s.shape, shape[0]), append(s.added, false), append(s.positions, everything)
			shape = shape[1:]
		}
	}
	for i := range n {
		switch {
		case ellipsis(i):
			all(len(shape) - behind(i+1, n, newAxis))
		case newAxis(i):
			s.shape, s.added, s.positions = append(s.shape, 1), append(s.added, true), append(s.positions, everything)
		default:
			p := position{begin: from[i], end: to[i], stride: step[i], first: beginMask(i), last: endMask(i), drop: shrink(i)}
			if p.stride == 0 || p.drop && p.stride < 0 {
				build.Damaged("stride %d is %d", i, p.stride)
			}
			if p.drop && p.first {
				p.begin, p.end, p.first = build.Dim{Size: 0}, build.Dim{Size: 1}, false
			}
			s.plain = s.plain && !p.first && !p.last && !p.drop && p.stride == 1
			s.shape, s.added, s.positions = append(s.shape, shape[0]), append(s.added, false), append(s.positions, p)
			shape = shape[1:]
		}
	}
	all(len(shape))
	return s
}

// behind counts the positions from i on that name a dimension.
func behind(i, n int, newAxis func(int) bool) int {
	count := 0
	for ; i < n; i++ {
		if !newAxis(i) {
			count++
		}
	}
	return count
}

// elements returns the elements of a vector of int32, as numbers where they are known. With raw set the others are all v.
func (c *Context) elements(v *ir.Value, raw bool) []build.Dim {
	list := make([]build.Dim, v.Type.Shape[0])
	known, ok := c.Known(v)
	made := c.packed(v)
	for i := range list {
		switch {
		case ok && known[i] != build.Unknown:
			list[i] = build.Dim{Size: known[i]}
		case made != nil:
			list[i] = build.Dim{Size: build.Unknown, Value: made[i]}
			if n, ok := c.whole(made[i]); ok && len(n) == 1 {
				list[i] = build.Dim{Size: n[0]}
			}
		case raw:
			list[i] = build.Dim{Size: build.Unknown, Value: v}
		default:
			list[i] = build.Dim{Size: build.Unknown, Value: c.stridedSlice(v, []position{single(build.Dim{Size: i}, build.Dim{Size: i + 1})})}
		}
	}
	return list
}

// packed returns the scalars of which PACK made a vector, or nil.
func (c *Context) packed(v *ir.Value) []*ir.Value {
	for _, n := range slices.Backward(c.Graph.Nodes) {
		if slices.Contains(n.Outputs, v) {
			if n.Op == "PACK" && len(n.Inputs) == v.Type.Shape[0] {
				return n.Inputs
			}
			return nil
		}
	}
	return nil
}

func lowerStridedSlice(c *Context) {
	x := c.In(0)
	if raw := c.opaque(1) || c.opaque(2); raw && c.Int("ellipsis_mask", 0)|c.Int("new_axis_mask", 0) == 0 && len(x.Type.Shape) <= sliceRank {
		c.Out(c.rawSlice(x))
		return
	}
	s := c.strided(x.Type.Shape, false)
	if slices.Contains(s.added, true) {
		x = c.insert(x, s)
	}
	if s.plain {
		if y := c.plainSlice(x, s); y != nil {
			c.Out(y)
			return
		}
	}
	c.Out(c.cut(x, s.positions))
}

// opaque reports whether nothing is known of operand i, and it is not made of scalars.
func (c *Context) opaque(i int) bool {
	v := c.In(i)
	if _, ok := c.Known(v); ok {
		return false
	}
	length(v, "a list of indices")
	return c.packed(v) == nil
}

// rawSlice emits a StridedSlice as it is, but for the type of its indices.
func (c *Context) rawSlice(x *ir.Value) *ir.Value {
	s := c.strided(x.Type.Shape, true)
	shape := tensor.Shape{}
	for i, p := range s.positions {
		switch {
		case p.all:
			shape = append(shape, likeOf(x, i))
		case !p.drop:
			shape = append(shape, p.count(s.shape[i]))
		}
	}
	attr := &op.StridedSlice{BeginMask: c.Int("begin_mask", 0), EndMask: c.Int("end_mask", 0), ShrinkAxisMask: c.Int("shrink_axis_mask", 0)}
	y, back := c.as(x, sliceTypes...)
	return back(c.EmitAs("STRIDED_SLICE", attr, []ir.Type{typed(y.Type.DType, shape...)}, y, c.index32(c.In(1)), c.index32(c.In(2)), c.index32(c.In(3)))[0])
}

// insert adds the dimensions of 1.
func (c *Context) insert(x *ir.Value, s strided) *ir.Value {
	return c.inserted(x, s.shape, func() *ir.Value {
		y := x
		for i, added := range s.added {
			if added {
				y = c.Emit("EXPAND_DIMS", nil, y, c.Builder.Int(c.name("axis"), i))
			}
		}
		return y
	})
}

// plainSlice emits SLICE for a slice without masks and strides; nil if that does not fit.
func (c *Context) plainSlice(x *ir.Value, s strided) *ir.Value {
	begin, size := make([]int, len(s.shape)), make([]int, len(s.shape))
	for i, p := range s.positions {
		if s.shape[i] < 0 || p.begin.Value != nil || p.end.Value != nil || p.begin.Size < 0 || p.end.Size < 0 {
			return nil
		}
		begin[i], size[i] = min(p.begin.Size, s.shape[i]), p.count(s.shape[i])
	}
	if len(begin) > sliceRank {
		return nil
	}
	y, back := c.as(x, sliceTypes...)
	return back(c.Emit("SLICE", nil, y, c.Ints(c.name("begin"), begin...), c.Ints(c.name("size"), size...)))
}

// check abandons the rule unless the positions of s are constants of known dimensions.
func (s strided) check() {
	for i, p := range s.positions {
		if s.shape[i] < 0 || p.begin.Value != nil || p.end.Value != nil {
			build.Refuse("the slice is no constant one of a known shape")
		}
		if from, _ := p.bounds(s.shape[i]); p.drop && (from < 0 || from >= s.shape[i]) {
			build.Damaged("index %d is outside a dimension of %d", p.begin.Size, s.shape[i])
		}
	}
}

// taken returns the shape of the slice, with dropped dimensions as 1, and whether all strides are 1.
func (s strided) taken() (shape tensor.Shape, dense bool) {
	dense = true
	for i, p := range s.positions {
		dense = dense && p.stride == 1
		if p.drop {
			shape = append(shape, 1)
			continue
		}
		shape = append(shape, p.count(s.shape[i]))
	}
	return shape, dense
}

// places returns for each element of the slice its place in the sliced tensor.
func (s strided) places() []int {
	shape, _ := s.taken()
	list := []int{0}
	for i, p := range s.positions {
		from, _ := p.bounds(s.shape[i])
		next := make([]int, 0, len(list)*shape[i])
		for _, base := range list {
			for j := range shape[i] {
				next = append(next, base*s.shape[i]+from+j*p.stride)
			}
		}
		list = next
	}
	return list
}

// maxPlaces bounds lists of places.
const maxPlaces = 1 << 22

// lowerStridedSliceGrad puts a slice back into zeros.
func lowerStridedSliceGrad(c *Context) {
	shape, ok := c.whole(c.In(0))
	if !ok || tensor.Shape(shape).Elements() > maxPlaces {
		build.Refuse("the shape is no small constant")
	}
	s := c.strided(shape, true)
	s.check()
	part, dense := s.taken()
	x := c.reshape(c.In(4), part...)
	if dense {
		pads := make([]int, 0, 2*len(part))
		for i, p := range s.positions {
			from, _ := p.bounds(s.shape[i])
			pads = append(pads, from, s.shape[i]-from-part[i])
		}
		c.Out(c.reshape(c.padded(x, pads, nil), shape...))
		return
	}
	n := tensor.Shape(shape).Elements()
	places := s.places()
	rows := c.reshape(c.Ints(c.name("places"), places...), len(places), 1)
	y := c.scatter(rows, c.reshape(x, len(places)), c.Ints(c.name("size"), n))
	c.Out(c.reshape(y, shape...))
}

// lowerStridedUpdate replaces a slice.
func lowerStridedUpdate(c *Context) {
	x, update := c.In(0), c.In(4)
	s := c.strided(x.Type.Shape, true)
	s.check()
	part, dense := s.taken()
	if n := update.Type.Shape.Elements(); n == 1 && part.Elements() != 1 {
		update = c.broadcastTo(c.reshape(update, 1), c.Ints(c.name("part"), part...))
	}
	update = c.reshape(update, part...)
	if dense {
		start := make([]int, len(part))
		for i, p := range s.positions {
			start[i], _ = p.bounds(s.shape[i])
		}
		y := c.updateSlice(c.reshape(x, s.shape...), update, c.Ints(c.name("start"), start...))
		c.Out(c.reshape(y, x.Type.Shape...))
		return
	}
	n := x.Type.Shape.Elements()
	if n > maxPlaces {
		build.Refuse("a slice with strides of so large a tensor")
	}
	index, mask := make([]int, n), make([]bool, n)
	for i, at := range s.places() {
		index[at], mask[at] = i, true
	}
	picked := c.gather(c.reshape(update, part.Elements()), c.Ints(c.name("index"), index...), 0, 0)
	c.Out(c.selectV2(c.Const(c.name("mask"), tensor.Of(tensor.Bool, x.Type.Shape, mask)), c.reshape(picked, x.Type.Shape...), x))
}
