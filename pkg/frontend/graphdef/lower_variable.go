package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// variables are the operators on variables. A variable is a constant: what a model changes while it runs is refused.
var variables = []Op{
	{Name: "VarHandleOp", Lower: lowerHandle, Note: "its value is a constant"},
	{Name: "VariableV2", Lower: lowerReference, Note: "its value is a constant"},
	{Name: "Variable", Lower: lowerReference, Note: "its value is a constant"},
	{Name: "ReadVariableOp", Lower: lowerRead},
	{Name: "DisableCopyOnRead", Lower: func(*Context) {}},
	{Name: "VariableShape", To: "SHAPE", Lower: func(c *Context) {
		c.Out(c.Emit("SHAPE", &op.Shape{OutType: c.Type("out_type", i32)}, c.Variable(0)))
	}},
	{Name: "ResourceGather", To: "GATHER", Lower: func(c *Context) {
		c.Out(c.Emit("GATHER", &op.Gather{BatchDims: c.Int("batch_dims", 0)}, c.Variable(0), c.In(1)))
	}},
	{Name: "ResourceGatherNd", To: "GATHER_ND", Lower: func(c *Context) {
		c.Out(c.Emit("GATHER_ND", nil, c.Variable(0), c.In(1)))
	}},
	{Name: "VarIsInitializedOp", Note: "variables that change are not supported"},
	{Name: "Assign", Note: "the model changes a variable while it runs"},
	{Name: "AssignAdd", Note: "the model changes a variable while it runs"},
	{Name: "AssignSub", Note: "the model changes a variable while it runs"},
	{Name: "AssignVariableOp", Note: "the model changes a variable while it runs"},
	{Name: "AssignAddVariableOp", Note: "the model changes a variable while it runs"},
	{Name: "AssignSubVariableOp", Note: "the model changes a variable while it runs"},
	{Name: "ResourceScatterUpdate", Note: "the model changes a variable while it runs"},
	{Name: "ResourceScatterNdUpdate", Note: "the model changes a variable while it runs"},
}

func lowerHandle(c *Context) { c.OutEdges(Edge{Resource: c.variable()}) }

func lowerReference(c *Context) {
	v, err := c.variable().read(c.Builder)
	if err != nil {
		build.Damaged("%w", err)
	}
	c.OutEdges(Edge{Value: v})
}

func lowerRead(c *Context) { c.OutEdges(Edge{Value: c.Variable(0)}) }

// variable returns the variable whose handle the node makes.
func (c *Context) variable() *Resource {
	w := c.scope.walk
	r := w.resources[c.Def.Name]
	if r == nil {
		if w.opt.Variables == nil {
			build.Refuse("the graph has variables, but no values for them: it must be frozen first")
		}
		r = &Resource{Kind: "variable", Name: c.Def.Name, values: map[*ir.Graph]*ir.Value{}}
		def := c.Def
		r.Content = func() (t *tensor.Tensor, err error) { return w.opt.Variables(def) }
		w.resources[c.Def.Name] = r
	}
	return r
}

// Variable returns the value of the variable whose handle is operand i.
func (c *Context) Variable(i int) *ir.Value {
	r := c.Edge(i).Resource
	if r == nil || r.Content == nil {
		build.Refuse("input %d is no variable", i)
	}
	v, err := r.read(c.Builder)
	if err != nil {
		build.Damaged("%w", err)
	}
	return v
}

// read returns the constant that is the variable's value in the builder's graph.
func (r *Resource) read(b *build.Builder) (*ir.Value, error) {
	if v := r.values[b.Graph]; v != nil {
		return v, nil
	}
	if r.content == nil {
		t, err := r.Content()
		if err != nil {
			return nil, err
		}
		r.content = t
	}
	v := b.Const(r.Name, r.content)
	r.values[b.Graph] = v
	return v, nil
}
