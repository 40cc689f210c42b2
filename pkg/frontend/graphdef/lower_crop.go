package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

const cropping = "RESHAPE UNPACK ADD SUB MUL FLOOR CEIL MINIMUM MAXIMUM GREATER_EQUAL LESS_EQUAL LOGICAL_AND CAST GATHER SELECT_V2"

// taken are the places along one axis at which crops take pixels, in pixels of the image: [n, count].
type taken struct {
	at, inside *ir.Value // inside: whether that is in the image
	lo, hi     *ir.Value // the pixels before and behind, int32; lo is the nearest one if there is no hi
	part       *ir.Value // how much of hi counts
}

// lowerCropAndResize cuts boxes out of images, and scales each to one size: between the pixels around a place, or by the nearest one. With corners a
// and b of a box as parts of the image, the i-th of m places is (a + i(b - a)/(m - 1))·(size - 1), and the box's middle if m is 1.
func lowerCropAndResize(c *Context) {
	x, boxes, index := c.castTo(c.In(0), f32), c.castTo(c.In(1), f32), c.index32(c.In(2))
	size, ok := c.whole(c.In(3))
	if len(x.Type.Shape) != 4 || len(boxes.Type.Shape) != 2 || len(index.Type.Shape) != 1 {
		build.Damaged("images %v, boxes %v and their images' numbers %v", x.Type, boxes.Type, index.Type)
	}
	if !ok || len(size) != 2 || size[0] < 1 || size[1] < 1 || size[0] > maxPlaces/size[1] {
		build.Refuse("the size of crops is no constant")
	}
	method := c.String("method", "bilinear")
	nearest := method == "nearest"
	if !nearest && method != "bilinear" {
		build.Damaged("the method %q", method)
	}
	dims := c.Dims(c.name("dims"), x)
	corners := c.EmitN("UNPACK", &op.Unpack{Count: 4, Axis: 1}, 4, boxes)
	rows := c.taken(corners[0], corners[2], dims[1], size[0], nearest)
	columns := c.taken(corners[1], corners[3], dims[2], size[1], nearest)

	all := build.Dim{Size: -1}
	tall := func(v *ir.Value) *ir.Value {
		return c.Reshape(c.name("rows"), v, []build.Dim{all, {Size: size[0]}, {Size: 1}})
	}
	wide := func(v *ir.Value) *ir.Value {
		return c.Reshape(c.name("columns"), v, []build.Dim{all, {Size: 1}, {Size: size[1]}})
	}
	first := c.mul(c.expand(index, 1), c.scalarOf(dims[1]))
	table := c.Reshape(c.name("pixels"), x, []build.Dim{c.timesDim(dims[0], c.timesDim(dims[1], dims[2])), dims[3]})
	pixels := func(row, column *ir.Value) *ir.Value {
		start := c.mul(c.add(first, row), c.scalarOf(dims[2]))
		return c.gather(table, c.add(tall(start), wide(column)), 0, 0)
	}
	last := func(v *ir.Value) *ir.Value { return c.expand(v, 3) }
	y := pixels(rows.lo, columns.lo)
	if !nearest {
		between := func(a, b, part *ir.Value) *ir.Value { return c.add(a, c.mul(c.sub(b, a), part)) }
		right := last(wide(columns.part))
		top := between(y, pixels(rows.lo, columns.hi), right)
		bottom := between(pixels(rows.hi, columns.lo), pixels(rows.hi, columns.hi), right)
		y = between(top, bottom, last(tall(rows.part)))
	}
	inside := last(c.Emit("LOGICAL_AND", nil, tall(rows.inside), wide(columns.inside)))
	c.Out(c.selectV2(inside, y, c.scalar(c.Float("extrapolation_value", 0))))
}

// taken returns the places between the corners a and b along an axis.
func (c *Context) taken(a, b *ir.Value, size build.Dim, count int, nearest bool) (s taken) {
	end := c.sub(c.castTo(c.scalarOf(size), f32), c.scalar(1))
	a, b = c.expand(a, 1), c.expand(b, 1)
	if count == 1 {
		s.at = c.mul(c.mul(c.add(a, b), c.scalar(0.5)), end)
	} else {
		steps := make([]float32, count)
		for i := range steps {
			steps[i] = float32(i)
		}
		step := c.mul(c.mul(c.sub(b, a), end), c.scalar(1/float32(count-1)))
		s.at = c.add(c.mul(a, end), c.mul(step, c.Const(c.name("steps"), tensor.F32(tensor.Shape{1, count}, steps...))))
	}
	zero := c.scalar(0)
	s.inside = c.Emit("LOGICAL_AND", nil, c.Emit("GREATER_EQUAL", nil, s.at, zero), c.Emit("LESS_EQUAL", nil, s.at, end))
	at := c.Emit("MINIMUM", nil, c.Emit("MAXIMUM", nil, s.at, zero), end)
	if nearest {
		s.lo = c.castTo(c.add(at, c.scalar(0.5)), i32)
		return s
	}
	lo := c.Emit("FLOOR", nil, at)
	s.lo, s.hi, s.part = c.castTo(lo, i32), c.castTo(c.Emit("CEIL", nil, at), i32), c.sub(at, lo)
	return s
}
