package keras

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
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

// evaluation is one call of a functional model.
type evaluation struct {
	im     *importer
	model  *container
	values map[result]any
	open   map[result]bool
}

// get replaces references by what they refer to, and emits what that needs. It returns nil for results that can't be made.
func (r *evaluation) get(x any) any {
	switch x := x.(type) {
	case result:
		return r.result(x)
	case constant:
		c := &Context{Builder: r.im.b, im: r.im, name: r.model.name}
		return c.cast(c.numbers("value", x.value), x.dtype)
	case []any:
		out := make([]any, len(x))
		for i, y := range x {
			out[i] = r.get(y)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, y := range x {
			out[key] = r.get(y)
		}
		return out
	}
	return x
}

func (r *evaluation) result(ref result) any {
	ref = r.normal(ref)
	if v, ok := r.values[ref]; ok {
		return v
	}
	l := r.model.layers[ref.layer]
	switch {
	case l == nil:
		build.Damaged("model %q has no layer %q", r.model.name, ref.layer)
	case ref.node < 0 || ref.node >= len(l.calls):
		build.Damaged("layer %q is called %d times, and call %d is referred to", ref.layer, len(l.calls), ref.node)
	}
	node := result{ref.layer, ref.node, 0}
	if r.open[node] {
		build.Damaged("layer %q needs its own result", ref.layer)
	}
	r.open[node] = true
	r.call(l, node)
	delete(r.open, node)
	v, ok := r.values[ref]
	if !ok && r.values[node] != nil {
		build.Damaged("layer %q has no result %d", ref.layer, ref.tensor)
	}
	return v
}

// call emits a call of a layer, and keeps its results: nil in place of the first if it can't be emitted, or if an operand could not.
func (r *evaluation) call(l *instance, node result) {
	c := l.calls[node.node]
	args := r.get(c.args).([]any)
	kwargs := map[string]any{}
	for key, a := range c.kwargs {
		kwargs[key] = r.get(a)
	}
	for _, leaf := range flatten([]any{c.args, c.kwargs}) {
		if ref, ok := leaf.(result); ok && r.values[r.normal(ref)] == nil {
			r.values[node] = nil
			return
		}
	}
	name := l.name
	if node.node > 0 {
		name = fmt.Sprintf("%s_%d", l.name, node.node)
	}
	r.values[node] = nil
	for i, x := range flatten(r.im.call(l, args, kwargs, name)) {
		r.values[result{node.layer, node.node, i}] = x
	}
}

// normal numbers the calls of a layer as the file lists them.
func (r *evaluation) normal(ref result) result {
	if l := r.model.layers[ref.layer]; l != nil {
		ref.node -= l.offset
	}
	return ref
}

// number finds the layers whose calls are counted from 1: some versions of Keras count the call that made a nested model, from its inputs to its outputs, but
// do not list it.
func (m *container) number() {
	last := map[string]int{}
	note := func(x any) {
		for _, leaf := range flatten(x) {
			if ref, ok := leaf.(result); ok {
				last[ref.layer] = max(last[ref.layer], ref.node)
			}
		}
	}
	note(m.outputs)
	for _, l := range m.order {
		for _, c := range l.calls {
			note([]any{c.args, c.kwargs})
		}
	}
	for _, l := range m.order {
		if n := len(l.calls); n > 0 && last[l.name] == n {
			l.offset = 1
		}
	}
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

// model emits the outermost model: its inputs, the call, and the signature.
func (im *importer) model(f *file) error {
	im.keras2 = strings.HasPrefix(f.version, "1.") || strings.HasPrefix(f.version, "2.")
	l := im.instance(f.config)
	if l.rule.Class != "Functional" && l.rule.Class != "Model" && l.rule.Class != "Sequential" {
		return &Unsupported{[]UnsupportedLayer{{l.class, l.name, "a model of a class of its own, which only its own code can build: export it as a SavedModel (model.export)"}}}
	}
	root := &store{b: im.b, weights: f.weights, name: l.name, parts: map[string]*store{}, made: map[string]*ir.Value{}}
	root.owner = root
	m := im.container(l, root)
	im.signature = &ir.Signature{Key: Signature}
	var args []any
	for _, in := range im.inputs(m) {
		v := im.b.Input(in.name, in.typ)
		im.signature.Inputs = append(im.signature.Inputs, ir.Port{Name: in.name, Value: v})
		args = append(args, v)
	}
	out := m.run(im, args)
	if len(im.unsupported.Layers) > 0 {
		return nil
	}
	names := im.outputNames(m, out)
	for i, x := range flatten(out) {
		v, ok := x.(*ir.Value)
		if !ok {
			return errors.New("an output of the model is no tensor")
		}
		im.b.Graph.Outputs = append(im.b.Graph.Outputs, v)
		im.signature.Outputs = append(im.signature.Outputs, ir.Port{Name: names[i], Value: v})
	}
	return nil
}

// input is an input of the outermost model.
type input struct {
	name string
	typ  ir.Type
}

// inputs returns the inputs of the outermost model, in the order in which it takes them.
func (im *importer) inputs(m *container) []input {
	var list []input
	add := func(l *instance) {
		in := input{name: l.name, typ: inputType(l)}
		if im.keras2 && l.class != "InputLayer" && l.container == nil && !l.config.has("layers") { // as Keras 2 calls the input that it makes for a Sequential
			in.name += "_input"
		}
		if s, ok := im.opt.Shapes[in.name]; ok {
			in.typ.Shape = s
		}
		if s := in.typ.Shape; len(s) > 0 && s[0] < 0 && im.opt.Batch > 0 {
			in.typ.Shape = append(tensor.Shape{im.opt.Batch}, s[1:]...)
		}
		list = append(list, in)
	}
	if !m.sequential {
		for _, x := range flatten(m.inputs) {
			ref := x.(result)
			l := m.layers[ref.layer]
			if l == nil {
				build.Damaged("the model has no layer %q, which is to be an input", ref.layer)
			}
			add(l)
		}
	} else {
		if len(m.order) == 0 {
			build.Damaged("the model has no layers")
		}
		add(m.order[0])
	}
	for name := range im.opt.Shapes {
		if !slices.ContainsFunc(list, func(in input) bool { return in.name == name }) {
			build.Damaged("there is no input %q to give a shape to", name)
		}
	}
	return list
}

// inputType returns what a layer says of its input.
func inputType(l *instance) ir.Type {
	t := ir.Type{DType: tensor.Float32}
	shape := l.config.list("batch_shape")
	if shape == nil {
		shape = l.config.list("batch_input_shape")
	}
	if shape == nil && l.container == nil && l.config.has("layers") { // a nested model in front
		for _, x := range l.config.list("layers") {
			if c, ok := x.(map[string]any); ok {
				inner := config(c).object("config")
				return inputType(&instance{config: inner})
			}
		}
	}
	if shape == nil {
		if s := l.config.list("build_input_shape"); s != nil {
			shape = s
		}
	}
	if shape == nil {
		build.Refuse("the model does not say which shape its input has: build it, or give it an Input, before it is saved")
	}
	for _, d := range shape {
		t.Shape = append(t.Shape, integer("batch_shape", d))
	}
	switch name := dtypeName(l.config); name {
	case "", "float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16":
	default:
		if err := t.DType.UnmarshalText([]byte(shortType(name))); err != nil {
			build.Refuse("an input of the type %q", name)
		}
	}
	return t
}

// dtypeName returns the name of a layer's element type or of its policy, which may be an object.
func dtypeName(c config) string {
	switch x := c["dtype"].(type) {
	case string:
		return x
	case map[string]any:
		return config(x).object("config").text("name", "")
	}
	return ""
}

// shortType turns "int32" and "uint8" into "i32" and "u8".
func shortType(name string) string {
	for _, p := range [][2]string{{"uint", "u"}, {"int", "i"}} {
		if len(name) > len(p[0]) && name[:len(p[0])] == p[0] {
			return p[1] + name[len(p[0]):]
		}
	}
	return name
}

// outputNames names the outputs of the outermost model: the keys of an object, else the names of the layers.
func (im *importer) outputNames(m *container, out any) []string {
	if keyed, ok := m.outputs.(map[string]any); ok {
		names := make([]string, 0, len(keyed))
		for key := range keyed {
			names = append(names, key)
		}
		sort.Strings(names)
		return names
	}
	var names []string
	add := func(name string) {
		for k, base := 1, name; slices.Contains(names, name); k++ {
			name = fmt.Sprintf("%s_%d", base, k)
		}
		names = append(names, name)
	}
	if m.sequential {
		for range flatten(out) {
			add(m.order[len(m.order)-1].name)
		}
		return names
	}
	for _, x := range flatten(m.outputs) {
		add(x.(result).layer)
	}
	return names
}
