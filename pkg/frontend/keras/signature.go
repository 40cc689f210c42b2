package keras

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

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
			build.Refuse("an input of the type %q: convert the part of the model behind the layer that makes numbers of it (StringLookup, TextVectorization, …)", name)
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
