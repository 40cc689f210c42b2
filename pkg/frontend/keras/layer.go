package keras

import (
	"fmt"
	"maps"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Layer is the rule of one class of layers, or of one operation of keras.ops.
type Layer struct {
	Class string
	Note  string // restrictions, in a few words, for the documentation
	// Call emits what the layer computes for one call, and returns its result: a *ir.Value, or a list or object of results. It abandons the layer by
	// build.Refuse and build.Damaged. nil marks a class that is known, and refused for the reason in Note.
	Call func(c *Context) any
	// op marks an operation of keras.ops, which has no weights and does not count among a model's layers.
	op bool
}

// Layers is the table of all layers by class; Operations are those of keras.ops, whose classes may have the same names.
var Layers, Operations map[string]*Layer

// They are filled here since rules of wrappers look layers up again.
func init() { //nolint:gochecknoinits // an initializer would refer to itself
	Layers = byClass(containers, cores, convs, pools, norms, merges, reshapes, inputs, rnns, attentions, maskers, lambdas, convRNNs, locals, sounds, others)
	Operations = byClass(operations)
	for _, l := range Operations {
		l.op = true
	}
}

func byClass(families ...[]Layer) map[string]*Layer {
	m := map[string]*Layer{}
	for _, family := range families {
		for i := range family {
			l := &family[i]
			if m[l.Class] != nil {
				panic("keras: " + l.Class + " is listed twice")
			}
			m[l.Class] = l
		}
	}
	return m
}

// Classes lists the classes of layers in alphabetical order.
func Classes() []string { return slices.Sorted(maps.Keys(Layers)) }

// Context is one call of a layer.
type Context struct {
	*build.Builder
	*store // where its variables come from
	im     *importer
	layer  *instance
	Config config
	Args   []any          // positional arguments: tensors (*ir.Value), numbers, strings, lists ([]any), objects (map[string]any), nil
	Kwargs map[string]any // named ones
	name   string         // of what the call emits
}

// In returns tensor i of the first argument, which is one tensor or a list of them.
func (c *Context) In(i int) *ir.Value {
	list := c.Ins()
	if i >= len(list) {
		build.Damaged("is called with %d tensors, tensor %d is missing", len(list), i)
	}
	return list[i]
}

// Ins returns the tensors of all positional arguments, lists flattened.
func (c *Context) Ins() []*ir.Value {
	var list []*ir.Value
	for _, a := range c.Args {
		list = append(list, c.tensors(a)...)
	}
	return list
}

// tensors flattens an argument; numbers become constants.
func (c *Context) tensors(a any) []*ir.Value {
	switch a := a.(type) {
	case *ir.Value:
		return []*ir.Value{a}
	case []any:
		var list []*ir.Value
		for _, x := range a {
			list = append(list, c.tensors(x)...)
		}
		return list
	}
	return nil
}

// Arg returns an argument by its position or its name, nil if it is not given.
func (c *Context) Arg(i int, name string) any {
	if x, ok := c.Kwargs[name]; ok {
		return x
	}
	if i >= 0 && i < len(c.Args) {
		return c.Args[i]
	}
	return nil
}

// TF emits an operator of TensorFlow with one result.
func (c *Context) TF(op string, attrs graphdef.Attrs, in ...*ir.Value) *ir.Value {
	return c.TFs(op, attrs, in...)[0]
}

// TFs emits an operator of TensorFlow.
func (c *Context) TFs(op string, attrs graphdef.Attrs, in ...*ir.Value) []*ir.Value {
	return graphdef.Apply(c.Builder, c.name+"/"+op, op, attrs, in...)
}

// Emit adds an operator of TFLite with one result.
func (c *Context) Emit(op string, attr ir.Attr, in ...*ir.Value) *ir.Value {
	return c.Builder.Emit(c.name+"/"+op, op, attr, in...)
}

// F32 adds a constant scalar.
func (c *Context) F32(x float32) *ir.Value { return c.Builder.Float(c.name+"/const", x) }

// I32s adds a constant vector.
func (c *Context) I32s(list ...int) *ir.Value { return c.Builder.Ints(c.name+"/const", list...) }

// I32 adds a constant scalar.
func (c *Context) I32(x int) *ir.Value { return c.Builder.Int(c.name+"/const", x) }

// Floats adds a constant of the given shape.
func (c *Context) Floats(shape tensor.Shape, values ...float32) *ir.Value {
	return c.Const(c.name+"/const", tensor.F32(shape, values...))
}

// Reshape gives v other dimensions; -1 stands for what the others leave, build.Unknown copies v's dimension of that position.
func (c *Context) Reshape(v *ir.Value, dims ...build.Dim) *ir.Value {
	return c.Builder.Reshape(c.name+"/reshape", v, dims)
}

// Dims returns v's dimensions.
func (c *Context) Dims(v *ir.Value) []build.Dim { return c.Builder.Dims(c.name, v) }

// Rank returns the number of v's dimensions, which must be at least lo and at most hi.
func (c *Context) Rank(v *ir.Value, lo, hi int) int {
	r := len(v.Type.Shape)
	if r < lo || r > hi {
		build.Damaged("is called with a tensor of shape %v, want %d to %d dimensions", v.Type.Shape, lo, hi)
	}
	return r
}

// Last returns the size of v's last dimension, which must be known.
func (c *Context) Last(v *ir.Value) int {
	s := v.Type.Shape
	if len(s) == 0 || s[len(s)-1] < 0 {
		build.Refuse("the size of the last dimension of %v is not known", s)
	}
	return s[len(s)-1]
}

// Note tells users something about the conversion, once.
func (c *Context) Note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(c.im.notes, text) {
		c.im.notes = append(c.im.notes, text)
	}
}

// Sub returns the context of a layer that this one wraps, whose configuration is a serialized layer and whose variables are kept under part.
func (c *Context) Sub(serialized config, part string, args ...any) *Context {
	l := c.im.instance(serialized)
	sub := *c
	sub.store, sub.layer, sub.Config, sub.Args, sub.Kwargs = c.store.part(part), l, l.config, args, nil
	sub.name = c.name + "/" + l.name
	return &sub
}

// Call applies the rule of the context's layer.
func (c *Context) Call() any {
	if c.layer.rule.Call == nil {
		build.Refuse("%s %q: %s", c.layer.class, c.layer.name, c.layer.rule.Note)
	}
	c.heedPolicy()
	out := c.layer.rule.Call(c)
	c.passMask(out)
	return out
}
