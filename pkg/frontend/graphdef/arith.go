package graphdef

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// Short forms of the operators that many rules are made of.

func (c *Context) add(x, y *ir.Value) *ir.Value { return c.Emit("ADD", &op.Arith{}, x, y) }

func (c *Context) sub(x, y *ir.Value) *ir.Value { return c.Emit("SUB", &op.Arith{}, x, y) }

func (c *Context) mul(x, y *ir.Value) *ir.Value { return c.Emit("MUL", &op.Fused{}, x, y) }

func (c *Context) div(x, y *ir.Value) *ir.Value { return c.Emit("DIV", &op.Fused{}, x, y) }

// scalar returns a constant number.
func (c *Context) scalar(x float32) *ir.Value { return c.Builder.Float(c.name("constant"), x) }
