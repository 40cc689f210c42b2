package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/tensor"
)

// attr returns an attribute, or nil if the node leaves it out, which means the operator's default. In a function's body it may be a placeholder for an attribute
// of the call.
func (c *Context) attr(name string) *tfpb.AttrValue {
	a := c.Def.Attr.Get(name)
	if a != nil && a.Kind == tfpb.AttrPlaceholder && c.scope != nil && c.scope.attrs != nil {
		a = c.scope.attrs.Get(a.Placeholder)
	}
	if a == nil || a.Kind == tfpb.AttrNone {
		return nil
	}
	return a
}

// kind returns an attribute of the given kind, or nil if it is left out.
func (c *Context) kind(name string, kind tfpb.AttrKind) *tfpb.AttrValue {
	a := c.attr(name)
	if a != nil && a.Kind != kind {
		build.Damaged("attribute %q is of another kind than it should be", name)
	}
	return a
}

// Int returns an integer attribute.
func (c *Context) Int(name string, otherwise int) int {
	if a := c.kind(name, tfpb.AttrI); a != nil {
		return int(a.I)
	}
	return otherwise
}

// Float returns a float attribute.
func (c *Context) Float(name string, otherwise float32) float32 {
	if a := c.kind(name, tfpb.AttrF); a != nil {
		return a.F
	}
	return otherwise
}

// Bool returns a boolean attribute.
func (c *Context) Bool(name string, otherwise bool) bool {
	if a := c.kind(name, tfpb.AttrB); a != nil {
		return a.B
	}
	return otherwise
}

// String returns a string attribute.
func (c *Context) String(name, otherwise string) string {
	if a := c.kind(name, tfpb.AttrS); a != nil {
		return string(a.S)
	}
	return otherwise
}

// Type returns an attribute that is an element type. Types that tensors here can't have are refused.
func (c *Context) Type(name string, otherwise tensor.DType) tensor.DType {
	if a := c.kind(name, tfpb.AttrType); a != nil {
		return dtype(a.Type)
	}
	return otherwise
}

// IntList returns an attribute that is a list of integers.
func (c *Context) IntList(name string, otherwise ...int) []int {
	a := c.kind(name, tfpb.AttrList)
	if a == nil || a.List == nil {
		return otherwise
	}
	list := make([]int, len(a.List.I))
	for i, x := range a.List.I {
		list[i] = int(x)
	}
	return list
}

// FloatList returns an attribute that is a list of floats.
func (c *Context) FloatList(name string) []float32 {
	if a := c.kind(name, tfpb.AttrList); a != nil && a.List != nil {
		return a.List.F
	}
	return nil
}

// StringList returns an attribute that is a list of strings.
func (c *Context) StringList(name string) []string {
	a := c.kind(name, tfpb.AttrList)
	if a == nil || a.List == nil {
		return nil
	}
	list := make([]string, len(a.List.S))
	for i, s := range a.List.S {
		list[i] = string(s)
	}
	return list
}

// ShapeAttr returns an attribute that is a shape, -1 where a dimension is unknown.
func (c *Context) ShapeAttr(name string) (shape tensor.Shape, unranked bool) {
	a := c.kind(name, tfpb.AttrShape)
	if a == nil || a.Shape == nil {
		return nil, true
	}
	return shapeOf(a.Shape)
}

// Func returns an attribute that is a function with its attributes.
func (c *Context) Func(name string) *tfpb.NameAttrList {
	if a := c.kind(name, tfpb.AttrFunc); a != nil && a.Func != nil {
		return a.Func
	}
	build.Damaged("attribute %q, a function, is missing", name)
	return nil
}

// FuncList returns an attribute that is a list of functions.
func (c *Context) FuncList(name string) []tfpb.NameAttrList {
	if a := c.kind(name, tfpb.AttrList); a != nil && a.List != nil {
		return a.List.Func
	}
	return nil
}

// shapeOf returns a shape, -1 where a dimension is unknown.
func shapeOf(p *tfpb.TensorShapeProto) (shape tensor.Shape, unranked bool) {
	if p.UnknownRank {
		return nil, true
	}
	shape = make(tensor.Shape, len(p.Dim))
	for i, d := range p.Dim {
		if d < -1 || d > 1<<48 {
			build.Damaged("a shape has the dimension %d", d)
		}
		shape[i] = int(d)
	}
	return shape, false
}
