package graphdef

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
)

// Context is a node that is being lowered, with the builder that its rule emits through.
type Context struct {
	*build.Builder
	Def     *tfpb.NodeDef
	scope   *scope
	edges   []Edge
	results []Edge
	first   int // values of the graph before the rule
}

// Len returns the number of operands; inputs for control do not count.
func (c *Context) Len() int { return len(c.edges) }

// Edge returns operand i, whatever it is.
func (c *Context) Edge(i int) Edge {
	if i >= len(c.edges) {
		build.Damaged("has %d inputs, input %d is missing", len(c.edges), i)
	}
	return c.edges[i]
}

// In returns operand i, which must be a tensor.
func (c *Context) In(i int) *ir.Value {
	e := c.Edge(i)
	if e.Value == nil {
		build.Refuse("input %d is no tensor", i)
	}
	return e.Value
}

// Ins returns operands i to j, without j; to the end if j is negative.
func (c *Context) Ins(i, j int) []*ir.Value {
	if j < 0 {
		j = max(i, len(c.edges)+1+j)
	}
	list := make([]*ir.Value, 0, j-i)
	for ; i < j; i++ {
		list = append(list, c.In(i))
	}
	return list
}

// Emit adds an operator with one result; see build.Builder. Its name is the node's, followed by the operator's until the node returns the value.
func (c *Context) Emit(op string, attr ir.Attr, in ...*ir.Value) *ir.Value {
	return c.Builder.Emit(c.name(op), op, attr, in...)
}

// EmitN adds an operator with n results.
func (c *Context) EmitN(op string, attr ir.Attr, n int, in ...*ir.Value) []*ir.Value {
	return c.Builder.EmitN(c.name(op), op, attr, n, in...)
}

// EmitAs adds an operator with results of the given types; see build.Builder for what these mean.
func (c *Context) EmitAs(op string, attr ir.Attr, types []ir.Type, in ...*ir.Value) []*ir.Value {
	return c.Builder.EmitAs(c.name(op), op, attr, types, in...)
}

func (c *Context) name(suffix string) string { return c.Def.Name + "/" + strings.ToLower(suffix) }

// Out sets the node's results to tensors, in order. Those that the rule made take the node's name.
func (c *Context) Out(values ...*ir.Value) {
	for i, v := range values {
		c.results = append(c.results, Edge{Value: v})
		if v == nil || !c.made(v) {
			continue
		}
		name := c.Def.Name
		if i > 0 {
			name = fmt.Sprintf("%s:%d", name, i)
		}
		c.Rename(v, name)
	}
}

// OutEdges sets the node's results.
func (c *Context) OutEdges(edges ...Edge) { c.results = append(c.results, edges...) }

// made reports whether the rule made v.
func (c *Context) made(v *ir.Value) bool {
	return slices.Contains(c.Graph.Values[c.first:], v)
}

// Note tells users something about the conversion, once.
func (c *Context) Note(format string, args ...any) {
	if c.scope != nil {
		c.scope.note(format, args...)
	}
}
