package graphdef

import (
	"maps"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Variables that change. Most models only read variables, which then are constants, and the order of nodes is that of the data. A graph in which outputs depend, by data or
// by order, on a node that changes a variable is walked in order: inputs for control are operands too. The first attempt finds which variables those are; the next
// keeps them in TFLite's variables, which a graph that runs once fills.

// changes are the operators that change a variable, with the one that combines its value with the operand.
var changes = map[string]string{"AssignVariableOp": "", "AssignAddVariableOp": "ADD", "AssignSubVariableOp": "SUB"}

// changing reports whether an operator may change a variable.
func changing(name string) bool {
	return strings.HasPrefix(name, "Assign") || strings.HasPrefix(name, "ResourceScatter") || strings.HasPrefix(name, "Scatter") && name != "ScatterNd"
}

// findsChange reports whether outputs depend on a node that changes a variable.
func (w *walk) findsChange(outputs []Port) bool {
	seen := map[string]bool{}
	var start []string
	for _, p := range outputs {
		start = append(start, p.Tensor)
	}
	return w.reaches(index(w.graph.Node), start, seen)
}

// reaches follows data and order from references in a graph or function, and into the functions that nodes call.
func (w *walk) reaches(nodes map[string]*tfpb.NodeDef, stack []string, functions map[string]bool) bool {
	seen := map[string]bool{}
	for len(stack) > 0 {
		text := strings.TrimPrefix(stack[len(stack)-1], "^")
		stack = stack[:len(stack)-1]
		name, _, _ := strings.Cut(text, ":")
		n := nodes[name]
		if n == nil || seen[name] {
			continue
		}
		seen[name] = true
		if changing(n.Op) {
			return true
		}
		stack = append(stack, n.Input...)
		if w.callsChange(n, functions) {
			return true
		}
	}
	return false
}

// callsChange reports whether a function that a node calls, directly or not, may change a variable; functions are those that were looked at already.
func (w *walk) callsChange(n *tfpb.NodeDef, functions map[string]bool) bool {
	for i := range n.Attr.Entries {
		var called []tfpb.NameAttrList
		if f := n.Attr.Entries[i].Value.Func; f != nil {
			called = append(called, *f)
		}
		if list := n.Attr.Entries[i].Value.List; list != nil {
			called = append(called, list.Func...)
		}
		for _, f := range called {
			if functions[f.Name] {
				continue
			}
			functions[f.Name] = true
			if def := w.functions[f.Name]; def != nil && w.reaches(w.index(def), ends(def), functions) {
				return true
			}
		}
	}
	return false
}

// losesChange reports whether what could not be made, or what it needed, changes a variable.
func (w *walk) losesChange(p *poison) bool {
	seen := map[*poison]bool{nil: true}
	for stack := []*poison{p}; len(stack) > 0; {
		p, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if seen[p] {
			continue
		}
		seen[p] = true
		if p.node != nil && (changing(p.node.Op) || w.callsChange(p.node, map[string]bool{})) {
			return true
		}
		stack = append(stack, p.from...)
	}
	return false
}

// ends lists what a function must compute: its results, and what must have run when it returns.
func ends(def *tfpb.FunctionDef) (refs []string) {
	for _, e := range def.Ret.Entries {
		refs = append(refs, e.Value)
	}
	for _, e := range def.ControlRet.Entries {
		refs = append(refs, "^"+e.Value)
	}
	return refs
}

// held are the element types that the runtime's variables have.
var held = []tensor.DType{tensor.Float32, tensor.Float64, tensor.Bool, tensor.UInt8, tensor.Int8, tensor.Int32, tensor.Int64, tensor.Complex64, tensor.Complex128}

// lowerChange assigns a variable, or adds to it.
func lowerChange(c *Context) {
	r := c.Edge(0).Resource
	if r == nil || r.Content == nil {
		build.Refuse("input 0 is no variable")
	}
	w := c.scope.walk
	if w.changed == nil {
		w.changed = map[string]bool{}
	}
	w.changed[r.Name] = true
	if !w.mutable[r.Name] {
		return // another attempt follows
	}
	if c.Graph != w.main.Graph {
		build.Refuse("a variable changes in a loop or a branch")
	}
	if err := r.fetch(); err != nil {
		build.Damaged("%w", err)
	}
	if !slices.Contains(held, r.content.DType) {
		build.Refuse("a variable of %v changes", r.content.DType)
	}
	v := c.In(1)
	if combine := changes[c.Def.Op]; combine != "" {
		v = c.Emit(combine, &op.Arith{}, r.readMutable(c), v)
	}
	if t := r.content; t.DType != v.Type.DType {
		build.Damaged("a variable of %v is assigned a tensor of %v", t.DType, v.Type.DType)
	}
	c.EmitAs("ASSIGN_VARIABLE", nil, nil, r.handle(c), v)
}

// handle returns the variable's handle in the main graph, which is the only one where variables change.
func (r *Resource) handle(c *Context) *ir.Value {
	if r.own == nil {
		r.own = c.EmitAs("VAR_HANDLE", &op.VarHandle{SharedName: r.Name}, []ir.Type{handleType})[0]
	}
	return r.own
}

// readMutable emits the variable's value at this point of the order.
func (r *Resource) readMutable(c *Context) *ir.Value {
	if err := r.fetch(); err != nil {
		build.Damaged("%w", err)
	}
	if !slices.Contains(held, r.content.DType) {
		build.Refuse("a variable of %v changes", r.content.DType)
	}
	if c.Graph != c.scope.main.Graph {
		build.Refuse("a variable that changes is read in a loop or a branch")
	}
	return c.EmitAs("READ_VARIABLE", nil, []ir.Type{typed(r.content.DType, r.content.Shape...)}, r.handle(c))[0]
}

// fillVariables assigns the first values of the variables that change.
func (w *walk) fillVariables(b *build.Builder) {
	byName := map[string]*Resource{}
	for _, r := range w.resources {
		if w.mutable[r.Name] && r.content != nil {
			byName[r.Name] = r
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		handle := b.EmitAs(name, "VAR_HANDLE", &op.VarHandle{SharedName: name}, []ir.Type{handleType})[0]
		b.EmitAs(name, "ASSIGN_VARIABLE", nil, nil, handle, b.Const(name+"/value", byName[name].content))
	}
}
