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

// castTo converts v to an element type, if it is of another.
func (c *Context) castTo(v *ir.Value, d tensor.DType) *ir.Value {
	if v.Type.DType == d {
		return v
	}
	return c.Emit("CAST", &op.Cast{In: v.Type.DType, Out: d}, v)
}

// unsupported is a result that can't be made, for the given reason; it does no harm until something needs it.
func (c *Context) unsupported(reason string) Edge {
	return Edge{poison: &poison{node: c.Def, reason: reason}}
}
