package keras

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// Limits of a model: how deep others may be nested in it, how many layers it has itself, and how many calls of layers with all of these.
const (
	maxDepth  = 50
	maxLayers = 20_000
	maxCalls  = 50_000
)

// containers are the models, which may be layers of others.
var containers = []Layer{
	{Class: "Functional", Call: callContainer},
	{Class: "Model", Call: callContainer, Note: "the functional ones of Keras 2"},
	{Class: "Sequential", Call: callContainer},
	{Class: "InputLayer", Call: func(c *Context) any { return c.Arg(0, "") }},
}

func callContainer(c *Context) any {
	if c.layer.container == nil {
		c.layer.container = c.im.container(c.layer, c.store)
	}
	return c.layer.container.run(c.im, c.Args)
}

// container is a model: layers, and how they are connected.
type container struct {
	layers     map[string]*instance
	order      []*instance
	sequential bool
	inputs     any // result, list or object of results
	outputs    any
	name       string
}

// container reads the layers of a model and says where each finds its variables.
func (im *importer) container(l *instance, s *store) *container {
	if im.depth++; im.depth > maxDepth {
		build.Refuse("models are nested more than %d deep", maxDepth)
	}
	defer func() { im.depth-- }()
	m := &container{layers: map[string]*instance{}, sequential: l.class == "Sequential", name: l.name}
	if !m.sequential && !l.config.has("layers") {
		build.Refuse("the configuration lists no layers: a subclassed model, which only its own code can build; export it as a SavedModel (model.export)")
	}
	counts := map[string]int{}
	list := l.config.list("layers")
	if len(list) > maxLayers {
		build.Refuse("a model of more than %d layers", maxLayers)
	}
	if l.config == nil {
		list = nil
	}
	for _, x := range list {
		c, ok := x.(map[string]any)
		if !ok {
			build.Damaged("layers holds %T", x)
		}
		n := im.instance(c)
		if m.layers[n.name] != nil {
			build.Damaged("two layers are called %q", n.name)
		}
		n.calls = readCalls(config(c).list("inbound_nodes"))
		m.layers[n.name] = n
		m.order = append(m.order, n)
		n.store = &store{b: im.b, weights: s.weights, name: n.name, parts: map[string]*store{}, made: map[string]*ir.Value{}}
		n.store.owner = n.store
		n.store.place.layers = append(slices.Clone(s.place.layers), n.name)
		if n.rule.op {
			continue
		}
		key := snake(n.class)
		if k := counts[key]; k > 0 {
			n.store.place.path = path.Join(s.place.path, "layers", fmt.Sprintf("%s_%d", key, k))
		} else {
			n.store.place.path = path.Join(s.place.path, "layers", key)
		}
		counts[key]++
	}
	if !m.sequential {
		m.inputs, m.outputs = ports(l.config["input_layers"]), ports(l.config["output_layers"])
		m.number()
	}
	return m
}

// ports reads input_layers or output_layers: one reference, or a list or object of them.
func ports(x any) any {
	switch x := x.(type) {
	case []any:
		if len(x) == 3 {
			if _, ok := x[0].(string); ok {
				return resultOf(x)
			}
		}
		out := make([]any, len(x))
		for i, y := range x {
			out[i] = ports(y)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, y := range x {
			out[key] = ports(y)
		}
		return out
	}
	build.Damaged("the model does not say which layers its inputs and outputs are")
	return nil
}

// flatten lists the leaves of lists and objects; objects in the order of their keys.
func flatten(x any) []any {
	switch x := x.(type) {
	case []any:
		var out []any
		for _, y := range x {
			out = append(out, flatten(y)...)
		}
		return out
	case map[string]any:
		var out []any
		for _, key := range slices.Sorted(maps.Keys(x)) {
			out = append(out, flatten(x[key])...)
		}
		return out
	}
	return []any{x}
}

// run emits the model for the given inputs.
func (m *container) run(im *importer, args []any) any {
	if m.sequential {
		if len(args) == 0 {
			build.Damaged("is called without inputs")
		}
		x := args[0]
		for _, l := range m.order {
			if l.class == "InputLayer" {
				continue
			}
			x = im.call(l, []any{x}, nil, l.name)
			if x == nil {
				return nil
			}
		}
		return x
	}
	r := &evaluation{im: im, model: m, values: map[result]any{}, open: map[result]bool{}}
	given := flatten(args)
	want := flatten(m.inputs)
	if len(given) != len(want) {
		build.Damaged("has %d inputs, and is called with %d", len(want), len(given))
	}
	for i, x := range want {
		ref := x.(result)
		r.values[r.normal(ref)] = given[i]
	}
	return r.get(m.outputs)
}

// call emits one call of a layer. It returns nil, and notes why, if that can't be.
func (im *importer) call(l *instance, args []any, kwargs map[string]any, name string) any {
	if l.rule.Call == nil {
		im.refuse(l, l.rule.Note)
		return nil
	}
	if im.calls++; im.calls > maxCalls {
		build.Refuse("more than %d calls of layers", maxCalls)
	}
	c := &Context{Builder: im.b, store: l.store, im: im, layer: l, Config: l.config, Args: args, Kwargs: kwargs, name: name}
	var out any
	first, node := len(im.b.Graph.Values), len(im.b.Graph.Nodes)
	f := build.Try(func() { out = c.Call() })
	switch {
	case f == nil:
	case f.Refused:
		im.refuse(l, f.Error())
		return nil
	default:
		panic(&build.Failure{Err: fmt.Errorf("layer %q, %s: %w", l.name, l.class, f.Err)})
	}
	if v, ok := out.(*ir.Value); ok && slices.Contains(im.b.Graph.Values[first:], v) {
		im.b.Rename(v, name)
	}
	if l.container == nil && l.store != nil {
		used := map[*ir.Value]bool{}
		for _, v := range c.tensors(out) {
			used[v] = true
		}
		for _, n := range im.b.Graph.Nodes[min(node, len(im.b.Graph.Nodes)):] {
			for _, v := range n.Inputs {
				used[v] = true
			}
		}
		l.store.release(used)
	}
	return out
}

func (im *importer) refuse(l *instance, reason string) {
	for _, u := range im.unsupported.Layers {
		if u.Name == l.name && u.Class == l.class {
			return
		}
	}
	im.unsupported.Layers = append(im.unsupported.Layers, UnsupportedLayer{l.class, l.name, reason})
}
