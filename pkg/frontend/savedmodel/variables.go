package savedmodel

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/reader/bundle"
	"github.com/octetlite/octet/pkg/tensor"
)

// prefix is the path of the checkpoint within a SavedModel.
const prefix = "variables/variables"

// variables finds the values of a graph's variables. There are two ways from the node that makes a variable's handle to its key in the
// checkpoint: models of TensorFlow 2 hand handles to functions, whose list of bound inputs names the objects, of which the checkpoint's object graph tells the keys; graphs of
// TensorFlow 1 hold the operators that restore each variable.
type variables struct {
	fsys fs.FS
	meta *tfpb.MetaGraphDef
	keys map[string]string // by the handle's node
	cuts map[string]string // the part of the checkpoint's tensor that a variable is, where it is one of several
	ckpt *bundle.Bundle
	// The keys in the order in which functions are bound to the variables, which is about that in which they are used, and who reads them.
	order []string
	ahead *ahead
	none  error // why there is no checkpoint, if there is none
}

// bind finds the key of every variable.
func (v *variables) bind() error {
	v.ckpt, v.none = bundle.Open(v.fsys, prefix)
	if v.none != nil {
		if errors.Is(v.none, fs.ErrNotExist) {
			return nil // a model may have no variables
		}
		return v.none
	}
	v.ckpt.Alloc = tensor.Alloc
	if err := v.bindObjects(); err != nil {
		return err
	}
	v.bindRestores()
	return nil
}

// bindObjects follows the objects that functions are bound to.
func (v *variables) bindObjects() error {
	objects := v.meta.ObjectGraphDef
	if _, ok := v.ckpt.Entry(bundle.ObjectGraph); !ok || objects == nil {
		return nil
	}
	strings, err := v.ckpt.ReadStrings(bundle.ObjectGraph)
	if err != nil || len(strings) != 1 {
		return fmt.Errorf("checkpoint: %s: %w", bundle.ObjectGraph, cmpErr(err, "is no scalar"))
	}
	tracked, err := tfpb.DecodeTrackableObjectGraph(strings[0])
	if err != nil {
		return fmt.Errorf("checkpoint: %s: %w", bundle.ObjectGraph, err)
	}
	for i := range v.meta.GraphDef.Node {
		n := &v.meta.GraphDef.Node[i]
		f := n.Attr.Get("f")
		if f == nil || f.Func == nil {
			continue
		}
		concrete := objects.ConcreteFunctions.Get(f.Func.Name)
		if concrete == nil {
			continue
		}
		inputs := dataInputs(n)
		first := len(inputs) - len(concrete.BoundInputs)
		if first < 0 {
			return fmt.Errorf("node %q: function %q is bound to %d objects, but has %d inputs", n.Name, f.Func.Name, len(concrete.BoundInputs), len(inputs))
		}
		for j, id := range concrete.BoundInputs {
			if id < 0 || int(id) >= len(objects.Nodes) {
				return fmt.Errorf("function %q is bound to the object %d, which does not exist", f.Func.Name, id)
			}
			if objects.Nodes[id].Kind != tfpb.ObjectVariable {
				continue // a constant, a table or a file: a node of the graph makes it
			}
			if int(id) >= len(tracked.Nodes) {
				return fmt.Errorf("function %q is bound to the object %d, which the checkpoint does not have", f.Func.Name, id)
			}
			for _, a := range tracked.Nodes[id].Attributes {
				if a.Name == "VARIABLE_VALUE" {
					v.keys[nodeOf(inputs[first+j])] = a.CheckpointKey
					v.order = append(v.order, a.CheckpointKey)
				}
			}
		}
	}
	return nil
}

// bindRestores follows the nodes that assign what RestoreV2 reads.
func (v *variables) bindRestores() {
	nodes := map[string]*tfpb.NodeDef{}
	for i := range v.meta.GraphDef.Node {
		nodes[v.meta.GraphDef.Node[i].Name] = &v.meta.GraphDef.Node[i]
	}
	for i := range v.meta.GraphDef.Node {
		n := &v.meta.GraphDef.Node[i]
		if n.Op != "Assign" && n.Op != "AssignVariableOp" || len(n.Input) < 2 {
			continue
		}
		handle := nodeOf(n.Input[0])
		if v.keys[handle] != "" {
			continue
		}
		value := n.Input[1]
		for range 10 { // as many conversions as there may be in between
			id := nodes[nodeOf(value)]
			if id == nil || id.Op != "Identity" && id.Op != "Cast" || len(id.Input) == 0 {
				break
			}
			value = id.Input[0]
		}
		restore := nodes[nodeOf(value)]
		if restore == nil || restore.Op != "RestoreV2" || len(restore.Input) < 2 {
			continue
		}
		list := nodes[nodeOf(restore.Input[1])]
		if list == nil {
			continue
		}
		a := list.Attr.Get("value")
		if a == nil || a.Tensor == nil {
			continue
		}
		names, err := a.Tensor.Strings(1 << 20)
		at := resultOf(value)
		if err != nil || at < 0 || at >= len(names) {
			continue
		}
		v.keys[handle] = string(names[at])
		if len(restore.Input) < 3 || nodes[nodeOf(restore.Input[2])] == nil {
			continue
		}
		if a := nodes[nodeOf(restore.Input[2])].Attr.Get("value"); a != nil && a.Tensor != nil {
			if cuts, err := a.Tensor.Strings(1 << 20); err == nil && at < len(cuts) {
				v.cuts[handle] = string(cuts[at])
			}
		}
	}
}

// value returns the content of the variable whose handle a node makes.
func (v *variables) value(handle *tfpb.NodeDef) (*tensor.Tensor, error) {
	if t := assetName(v.meta, handle.Name); t != nil {
		return t, nil
	}
	if v.ckpt == nil {
		return nil, fmt.Errorf("the model has variables, but no checkpoint: %w", v.none)
	}
	key := v.keys[handle.Name]
	if key == "" {
		// Names that TensorFlow 1 saves variables by.
		key = handle.Name
		if a := handle.Attr.Get("shared_name"); a != nil && len(a.S) > 0 {
			key = string(a.S)
		}
		if _, ok := v.ckpt.Entry(key); !ok {
			return nil, errors.New("the checkpoint has no value for the variable, or the model does not say which it is")
		}
	}
	e, ok := v.ckpt.Entry(key)
	if !ok {
		return nil, fmt.Errorf("the checkpoint has no value %q", key)
	}
	d, ok := graphdef.DType(tfpb.DataType(e.DType))
	if !ok {
		return nil, fmt.Errorf("the variable %q is of the type %v, which can't be converted", key, tfpb.DataType(e.DType))
	}
	t := &tensor.Tensor{DType: d, Shape: make(tensor.Shape, len(e.Shape))}
	for i, n := range e.Shape {
		t.Shape[i] = int(n)
	}
	if d == tensor.String {
		list, err := v.ckpt.ReadStrings(key)
		if err != nil {
			return nil, err
		}
		t.Data = graphdef.Strings(list)
		return t, nil
	}
	data, err := v.ahead.read(key)
	if err != nil {
		return nil, err
	}
	t.Data, t.Own = tensor.Aligned(d, data), true
	if spec := v.cuts[handle.Name]; spec != "" {
		return cut(t, spec)
	}
	return t, nil
}

// dataInputs returns a node's inputs without those for control.
func dataInputs(n *tfpb.NodeDef) []string {
	var list []string
	for _, in := range n.Input {
		if !strings.HasPrefix(in, "^") {
			list = append(list, in)
		}
	}
	return list
}

// nodeOf returns the node of a reference in a graph.
func nodeOf(ref string) string {
	name, _, _ := strings.Cut(ref, ":")
	return name
}

// resultOf returns the position of the result that a reference in a graph means.
func resultOf(ref string) int {
	_, text, ok := strings.Cut(ref, ":")
	if !ok {
		return 0
	}
	var at int
	if _, err := fmt.Sscan(text, &at); err != nil {
		return -1
	}
	return at
}

func cmpErr(err error, otherwise string) error {
	if err != nil {
		return err
	}
	return errors.New(otherwise)
}
