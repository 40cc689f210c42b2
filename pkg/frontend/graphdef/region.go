package graphdef

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// region is a graph that a node runs, such as the body of a loop, while it is made. Values of the graph around it become inputs, constants are copied.
type region struct {
	*Context // emits into the region
	captured map[*ir.Value]*ir.Value
	outer    []*ir.Value // the captured values that are inputs, in their order
}

// region starts a graph.
func (c *Context) region(suffix string) *region {
	b := c.Sub(c.Def.Name + suffix)
	return &region{&Context{Builder: b, Def: c.Def, scope: c.scope}, map[*ir.Value]*ir.Value{}, nil}
}

// capture returns the value of the region that stands for a value of the graph around it.
func (r *region) capture(v *ir.Value) *ir.Value {
	w := r.captured[v]
	switch {
	case w != nil:
		return w
	case v.Const != nil:
		w = r.Import(v)
	default:
		w = r.Capture(v)
		r.outer = append(r.outer, v)
	}
	r.captured[v] = w
	return w
}

// captures returns edges of the graph around the region as edges of the region.
func (r *region) captures(edges []Edge) []Edge {
	list := make([]Edge, len(edges))
	for i, e := range edges {
		list[i] = e.with(e.part(), r.capture)
	}
	return list
}

// part returns the value that carries an edge from graph to graph, nil if there is none: what the edge stands for is then known while converting.
func (e Edge) part() *ir.Value {
	switch {
	case e.Value != nil:
		return e.Value
	case e.List != nil && e.List.Value != nil:
		return e.List.Value
	case e.List != nil:
		return e.List.Count.Value
	}
	return nil
}

// with returns the edge in another graph, where into gives the value that stands for the edge's part.
func (e Edge) with(part *ir.Value, into func(*ir.Value) *ir.Value) Edge {
	if part != nil {
		part = into(part)
	}
	switch {
	case e.Value != nil:
		return Edge{Value: part}
	case e.List == nil:
		return e
	case e.List.Value != nil:
		return Edge{List: &List{Value: part, State: e.List.State}}
	}
	l := *e.List
	if part != nil {
		l.Count.Value = part
	}
	l.Element = slices.Clone(l.Element)
	for i, d := range l.Element {
		if d.Value != nil {
			l.Element[i] = build.Dim{Size: -1} // a value of the other graph
		}
	}
	return Edge{List: &l}
}

// pending reports whether the edge is a list whose elements have no known shape yet.
func (e Edge) pending() bool { return e.List != nil && e.List.Value == nil }

// elementAs returns the shape of an element of a list whose tensor has the given form, as far as dimensions are known or sizes of the given values.
func (c *Context) elementAs(f build.Form, values []*ir.Value) []build.Dim {
	shape := f.Type().Shape
	element := build.Fixed(shape[1:]...)
	for i := range element {
		if element[i].Size < 0 {
			element[i] = c.sizeAs(f, i+1, values)
		}
	}
	return element
}

// sizeAs looks for a value with a dimension that is dimension i of f, and returns the dimension.
func (c *Context) sizeAs(f build.Form, i int, values []*ir.Value) build.Dim {
	for _, v := range values {
		if v == nil || v.Type.Unranked || v.Type.Static() {
			continue
		}
		g := c.Form(v)
		for j := range v.Type.Shape {
			if f.Same(i, g, j) {
				return c.Dims(c.name("size"), v)[j]
			}
		}
	}
	return build.Dim{Size: -1}
}

// truth returns a condition as a scalar of bool: numbers are true unless they are zero, tensors of another rank unless they are empty.
func (c *Context) truth(v *ir.Value) *ir.Value {
	if len(v.Type.Shape) > 0 {
		if !v.Type.Static() {
			build.Refuse("a condition of shape %v", v.Type.Shape)
		}
		one := byte(min(v.Type.Shape.Elements(), 1))
		return c.Const(c.name("truth"), &tensor.Tensor{DType: tensor.Bool, Shape: tensor.Shape{}, Data: []byte{one}})
	}
	if v.Type.DType == tensor.Bool {
		return v
	}
	if v.Type.DType.Bits() == 0 {
		build.Refuse("a condition of type %v", v.Type.DType)
	}
	return c.Emit("NOT_EQUAL", nil, v, c.Const(c.name("zero"), tensor.New(v.Type.DType, nil)))
}

// poisoned returns the edges that say why results can't be had if a result of a region can't, else nil.
func poisoned(n int, results ...Edge) []Edge {
	var from []*poison
	for _, e := range results {
		if e.poison != nil && !slices.Contains(from, e.poison) {
			from = append(from, e.poison)
		}
	}
	if from == nil {
		return nil
	}
	return slices.Repeat([]Edge{{poison: &poison{from: from}}}, n)
}

// finish makes values the results of the region's graph, and the given ones its inputs.
func (r *region) finish(inputs, outputs []*ir.Value) {
	r.Graph.Inputs, r.Graph.Outputs = inputs, outputs
	r.Graph.Sweep()
}

// used returns the values that nodes of the region's graph read, and the given ones.
func (r *region) used(outputs ...*ir.Value) map[*ir.Value]bool {
	used := map[*ir.Value]bool{}
	for _, v := range outputs {
		used[v] = true
	}
	for _, n := range r.Graph.Nodes {
		for _, v := range n.Inputs {
			used[v] = true
		}
	}
	return used
}

// outEdges sets the node's results. Tensors that the rule made take the node's name.
func (c *Context) outEdges(edges []Edge) {
	for i, e := range edges {
		switch {
		case e.Value == nil || !c.made(e.Value):
		case i == 0:
			c.Rename(e.Value, c.Def.Name)
		default:
			c.Rename(e.Value, fmt.Sprintf("%s:%d", c.Def.Name, i))
		}
	}
	c.OutEdges(edges...)
}
