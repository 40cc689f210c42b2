package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
)

// Arithmetic that many layers are made of.

func (c *Context) add(x, y *ir.Value) *ir.Value { return c.TF("AddV2", nil, x, y) }
func (c *Context) sub(x, y *ir.Value) *ir.Value { return c.TF("Sub", nil, x, y) }
func (c *Context) mul(x, y *ir.Value) *ir.Value { return c.TF("Mul", nil, x, y) }
func (c *Context) div(x, y *ir.Value) *ir.Value { return c.TF("RealDiv", nil, x, y) }
func (c *Context) neg(x *ir.Value) *ir.Value    { return c.TF("Neg", nil, x) }

func (c *Context) where(cond, x, y *ir.Value) *ir.Value { return c.TF("SelectV2", nil, cond, x, y) }

// clip limits x to lo and hi.
func (c *Context) clip(x *ir.Value, lo, hi float32) *ir.Value {
	return c.TF("Minimum", nil, c.TF("Maximum", nil, x, c.F32(lo)), c.F32(hi))
}

// reduce applies Mean, Sum, Max and the like over axes.
func (c *Context) reduce(op string, x *ir.Value, keep bool, axes ...int) *ir.Value {
	return c.TF(op, graphdef.Attrs{"keep_dims": keep}, x, c.I32s(axes...))
}

func (c *Context) transpose(x *ir.Value, perm ...int) *ir.Value {
	return c.TF("Transpose", nil, x, c.I32s(perm...))
}

// concat joins tensors along an axis.
func (c *Context) concat(axis int, list ...*ir.Value) *ir.Value {
	if len(list) == 1 {
		return list[0]
	}
	return c.TF("ConcatV2", graphdef.Attrs{"N": len(list)}, append(slices.Clip(list), c.I32(axis))...)
}

// channels reads data_format: whether the channels come first.
func (c *Context) channelsFirst() bool {
	switch f := c.Config.text("data_format", "channels_last"); f {
	case "channels_last":
		return false
	case "channels_first":
		return true
	default:
		build.Damaged("data_format %q", f)
		return false
	}
}

// axis resolves a possibly negative axis.
func axis(a, rank int) int {
	if a < -rank || a >= rank {
		build.Damaged("axis %d of a tensor of %d dimensions", a, rank)
	}
	if a < 0 {
		return a + rank
	}
	return a
}

// along gives a vector of size n the shape by which it broadcasts along an axis of a tensor of the given rank.
func (c *Context) along(v *ir.Value, a, rank int) *ir.Value {
	if a == rank-1 {
		return v
	}
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	dims[a] = v.Type.Shape[0]
	return c.Reshape(v, build.Fixed(dims...)...)
}
