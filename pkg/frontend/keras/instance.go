package keras

import (
	"regexp"
	"strings"

	"github.com/octetlite/octet/pkg/build"
)

// instance is a layer, or an operation of keras.ops, of a model.
type instance struct {
	class, name string
	config      config
	rule        *Layer
	calls       []call // where a functional model calls it
	offset      int    // the number by which the first of them is referred to
	store       *store
	container   *container // of nested models, made at the first call
}

// call is how a functional model calls a layer: arguments in which references to other calls' results stand for tensors.
type call struct {
	args   []any
	kwargs map[string]any
}

// constant is a tensor that stands in the configuration.
type constant struct {
	value any
	dtype string
}

// result names a result of a call.
type result struct {
	layer        string
	node, tensor int
}

// instance reads a serialized layer.
func (im *importer) instance(c config) *instance {
	l := &instance{class: c.text("class_name", "")}
	if layers, ok := c["config"].([]any); ok { // a Sequential of Keras before 2.2.3
		l.config = config{"layers": layers}
	} else if l.config = c.object("config"); l.config == nil {
		l.config = config{}
	}
	l.name = c.text("name", l.config.text("name", l.class))
	if i := strings.LastIndexByte(l.class, '>'); i >= 0 { // "Custom>Name", of a registered class
		l.class = l.class[i+1:]
	}
	module := c.text("module", "")
	// Files in HDF5 do not tell operations from layers, but operations have no options that all layers have.
	isOperation := strings.HasPrefix(module, "keras.src.ops") || strings.HasPrefix(module, "keras.ops")
	if module == "" && Operations[l.class] != nil {
		isOperation = Layers[l.class] == nil || !l.config.has("dtype") && !l.config.has("trainable")
	}
	if isOperation {
		l.rule = Operations[l.class]
		if l.rule == nil {
			l.rule = &Layer{Class: l.class, op: true, Note: "this operation of keras.ops can't be converted: export the model as a SavedModel (model.export), which may be"}
		}
		return l
	}
	if l.rule = Layers[l.class]; l.rule == nil {
		l.rule = &Layer{Class: l.class, Note: "a class of layers that Octet does not know: export the model as a SavedModel (model.export), which holds what its layers compute"}
	}
	return l
}

var (
	notWord    = regexp.MustCompile(`\W+`)
	upperWord  = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	lowerUpper = regexp.MustCompile(`([a-z])([A-Z])`)
)

// kept are the classes whose name in files is another than in Keras's code, where the name in an archive comes from.
var kept = map[string]string{"GroupQueryAttention": "GroupedQueryAttention"}

// snake turns a class name into the name by which Keras keeps such layers in an archive: BatchNormalization to batch_normalization.
func snake(class string) string {
	if name := kept[class]; name != "" {
		class = name
	}
	s := notWord.ReplaceAllString(class, "")
	s = upperWord.ReplaceAllString(s, "${1}_${2}")
	return strings.ToLower(lowerUpper.ReplaceAllString(s, "${1}_${2}"))
}

// calls reads inbound_nodes, of either form.
func readCalls(list []any) []call {
	var calls []call
	for _, x := range list {
		switch node := x.(type) {
		case map[string]any: // Keras 3: arguments, with tensors where they stand
			c := call{kwargs: map[string]any{}}
			for _, a := range config(node).list("args") {
				c.args = append(c.args, reference(a))
			}
			for key, a := range config(node).object("kwargs") {
				c.kwargs[key] = reference(a)
			}
			calls = append(calls, c)
		case []any: // Keras 2: a list of [layer, node, tensor, kwargs]
			calls = append(calls, legacyCall(node))
		default:
			build.Damaged("inbound_nodes holds %T", x)
		}
	}
	return calls
}

// legacyCall reads a node of Keras 2: the tensors of the first argument, and of the last of them the keyword arguments.
func legacyCall(node []any) call {
	c := call{kwargs: map[string]any{}}
	// A single tensor may be written without a list around it.
	if len(node) > 0 {
		if _, ok := node[0].(string); ok {
			node = []any{node}
		}
	}
	var tensors []any
	for _, x := range node {
		entry, ok := x.([]any)
		if !ok || len(entry) < 3 {
			build.Damaged("inbound_nodes holds an entry that is no [layer, node, tensor]")
		}
		name, ok := entry[0].(string)
		if !ok {
			build.Damaged("inbound_nodes holds an entry without a layer")
		}
		if name == "_CONSTANT_VALUE" {
			tensors = append(tensors, entry[2])
		} else {
			tensors = append(tensors, result{name, integer("inbound_nodes", entry[1]), integer("inbound_nodes", entry[2])})
		}
		if len(entry) > 3 {
			if kwargs, ok := entry[3].(map[string]any); ok {
				for key, a := range kwargs {
					c.kwargs[key] = legacyReference(a)
				}
			}
		}
	}
	switch len(tensors) {
	case 0:
	case 1:
		c.args = tensors
	default:
		c.args = []any{tensors}
	}
	return c
}

// legacyReference replaces [layer, node, tensor] in keyword arguments.
func legacyReference(x any) any {
	list, ok := x.([]any)
	if !ok {
		return x
	}
	if len(list) == 3 {
		if name, ok := list[0].(string); ok {
			if name == "_CONSTANT_VALUE" {
				return list[2]
			}
			return result{name, integer("inbound_nodes", list[1]), integer("inbound_nodes", list[2])}
		}
	}
	out := make([]any, len(list))
	for i, y := range list {
		out[i] = legacyReference(y)
	}
	return out
}

// reference replaces serialized tensors by what they refer to.
func reference(x any) any {
	switch x := x.(type) {
	case map[string]any:
		switch x["class_name"] {
		case "__keras_tensor__":
			return resultOf(config(x).object("config").list("keras_history"))
		case "__tensor__", "__numpy__":
			inner := config(x).object("config")
			return constant{inner["value"], inner.text("dtype", "float32")}
		}
		out := map[string]any{}
		for key, y := range x {
			out[key] = reference(y)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, y := range x {
			out[i] = reference(y)
		}
		return out
	}
	return x
}

// resultOf reads [layer, node, tensor].
func resultOf(list []any) result {
	if len(list) != 3 {
		build.Damaged("a reference to a tensor has %d parts, not 3", len(list))
	}
	name, ok := list[0].(string)
	if !ok {
		build.Damaged("a reference to a tensor names no layer")
	}
	return result{name, integer("keras_history", list[1]), integer("keras_history", list[2])}
}
