package graphdef

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// inFloat32 makes a rule for float32 one that takes float16 as well: operands are widened, which is exact, and the result is rounded once.
// TensorFlow rounds at least as often.
func inFloat32(rule func(*Context)) func(*Context) {
	return func(c *Context) {
		narrow := false
		wide, def := *c, *c.Def
		for i, e := range c.edges {
			if e.Value == nil || e.Value.Type.DType != tensor.Float16 {
				continue
			}
			if !narrow {
				narrow = true
				wide.edges = append([]Edge(nil), c.edges...)
			}
			wide.edges[i] = Edge{Value: c.castTo(e.Value, f32)}
		}
		if !narrow {
			rule(c)
			return
		}
		def.Name += "/f32"
		wide.Def = &def
		rule(&wide)
		for i, e := range wide.results {
			if e.Value != nil && e.Value.Type.DType == f32 && c.made(e.Value) {
				wide.results[i] = Edge{Value: c.castTo(e.Value, tensor.Float16)}
			}
		}
		for _, e := range wide.results {
			if e.Value == nil {
				c.OutEdges(e)
				continue
			}
			c.Out(e.Value)
		}
	}
}

// rounded is a float32 value that was rounded to float16, and whether the model itself says so by a Cast.
type rounded struct {
	from  *ir.Value
	given bool
}

// castTo converts v to an element type, if it is of another. What a rule rounded to float16, since the model computes in it, is not rounded when the next
// rule widens it again: TFLite would round at each operator, and fuse none. Only a model's own pair of casts stays as it is.
func (c *Context) castTo(v *ir.Value, d tensor.DType) *ir.Value {
	if v.Type.DType == d {
		return v
	}
	given := c.Def.Op == "Cast"
	if c.scope == nil || v.Const != nil {
		return c.Emit("CAST", &op.Cast{In: v.Type.DType, Out: d}, v)
	}
	if r := c.scope.rounded[v]; d == f32 && r.from != nil && !(r.given && given) {
		return r.from
	}
	w := c.Emit("CAST", &op.Cast{In: v.Type.DType, Out: d}, v)
	if v.Type.DType == f32 && d == tensor.Float16 {
		c.scope.rounded[w] = rounded{v, given}
	}
	return w
}

// unsupported is a result that can't be made, for the given reason; it does no harm until something needs it.
func (c *Context) unsupported(reason string) Edge {
	return Edge{poison: &poison{node: c.Def, reason: reason}}
}
