package graphdef

import "github.com/octetlite/octet/pkg/ir"

// Short forms of what many rules are made of.

func (c *Context) add(x, y *ir.Value) *ir.Value { return c.apply("ADD", x, y) }

func (c *Context) sub(x, y *ir.Value) *ir.Value { return c.apply("SUB", x, y) }

func (c *Context) mul(x, y *ir.Value) *ir.Value { return c.apply("MUL", x, y) }

func (c *Context) div(x, y *ir.Value) *ir.Value { return c.apply("DIV", x, y) }

// scalar returns a constant number.
func (c *Context) scalar(x float32) *ir.Value { return c.Builder.Float(c.name("constant"), x) }
