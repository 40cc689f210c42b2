package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// variables are the operators on variables. A variable is a constant, unless the model changes it; see mutable.go.
var variables = []Op{
	{Name: "VarHandleOp", Lower: lowerHandle, Note: "its value is a constant"},
	{Name: "VariableV2", Lower: lowerReference, Note: "its value is a constant"},
	{Name: "Variable", Lower: lowerReference, Note: "its value is a constant"},
	{Name: "ReadVariableOp", Lower: lowerRead, Note: "READ_VARIABLE where the model changes the variable"},
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
	{Name: "VarIsInitializedOp", Lower: func(c *Context) {
		c.Out(c.Const(c.name("true"), &tensor.Tensor{DType: tensor.Bool, Data: []byte{1}}))
	}},
	{Name: "Assign", Note: "the model changes a variable while it runs"},
	{Name: "AssignAdd", Note: "the model changes a variable while it runs"},
	{Name: "AssignSub", Note: "the model changes a variable while it runs"},
	{Name: "AssignVariableOp", To: "CALL_ONCE VAR_HANDLE ASSIGN_VARIABLE", Lower: lowerChange},
	{Name: "AssignAddVariableOp", To: "CALL_ONCE VAR_HANDLE READ_VARIABLE ADD ASSIGN_VARIABLE", Lower: lowerChange},
	{Name: "AssignSubVariableOp", To: "CALL_ONCE VAR_HANDLE READ_VARIABLE SUB ASSIGN_VARIABLE", Lower: lowerChange},
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
	if c.scope != nil && c.scope.mutable[r.Name] {
		return r.readMutable(c)
	}
	v, err := r.read(c.Builder)
	if err != nil {
		build.Damaged("%w", err)
	}
	return v
}

// fetch reads the variable's content.
func (r *Resource) fetch() error {
	if r.content != nil {
		return nil
	}
	t, err := r.Content()
	r.content = widened(t)
	return err
}

// read returns the constant that is the variable's value in the builder's graph.
func (r *Resource) read(b *build.Builder) (*ir.Value, error) {
	if v := r.values[b.Graph]; v != nil {
		return v, nil
	}
	if err := r.fetch(); err != nil {
		return nil, err
	}
	v := b.Const(r.Name, r.content)
	r.values[b.Graph] = v
	return v, nil
}
