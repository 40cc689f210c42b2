package keras

import (
	"fmt"

	"github.com/octetlite/octet/pkg/build"
)

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
