package quantize

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
)

// exported is a graph in its final form, with what the rest of the model needs to refer to it.
type exported struct {
	*ir.Graph
	source *ir.Graph
	values map[*ir.Value]*ir.Value // by the source's values: the first value that descends from each
}

type exporter struct {
	graph  *ir.Graph
	values map[*value]*ir.Value
	names  map[string]bool // taken
	first  map[*ir.Value]*ir.Value
}

// exportGraph brings the graph back into the form that others work on. Inputs and outputs keep the names of the source's.
func exportGraph(g *graph, source *ir.Graph) *exported {
	e := exporter{
		graph: &ir.Graph{Name: source.Name}, values: map[*value]*ir.Value{}, names: map[string]bool{}, first: map[*ir.Value]*ir.Value{},
	}
	borders := map[*value]string{}
	for i, v := range g.ret.inputs {
		borders[v] = source.Outputs[i].Name
	}
	for i, v := range g.inputs {
		borders[v] = source.Inputs[i].Name
	}
	for _, name := range borders {
		e.names[name] = true
	}
	for o := g.first; o != nil; o = o.next {
		for _, v := range o.outputs {
			if _, ok := borders[v]; !ok {
				v.name = e.unique(v)
			}
		}
		if o.cell != nil {
			for _, v := range o.cell.inside {
				if v != nil {
					v.name = e.unique(v)
				}
			}
		}
	}
	for v, name := range borders {
		v.name = name
	}
	for _, v := range g.inputs {
		e.graph.Inputs = append(e.graph.Inputs, e.value(v))
	}
	for o := g.first; o != nil; o = o.next {
		if !o.is(constant, result) {
			e.node(o)
		}
	}
	for _, v := range g.ret.inputs {
		e.graph.Outputs = append(e.graph.Outputs, e.value(v))
	}
	e.graph.Carry = e.carry(source.Carry)
	return &exported{e.graph, source, e.first}
}

// unique returns a name for v that no other value has: its own, or one that says what it holds.
func (e *exporter) unique(v *value) string {
	name := v.name
	if e.names[name] {
		if v.quantized != nil {
			name += "_" + storage(v.quantized).String()
		} else {
			name += "_" + v.typ.DType.String()
		}
	}
	return e.unusedName(name)
}

// unusedName returns a name that no value has yet, which begins with base.
func (e *exporter) unusedName(base string) string {
	name := base
	for i := 1; e.names[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	e.names[name] = true
	return name
}

func (e *exporter) node(o *operation) {
	n := &ir.Node{Op: o.name, Attr: o.attr}
	for _, v := range o.inputs {
		n.Inputs = append(n.Inputs, e.value(v))
	}
	for _, v := range o.outputs {
		n.Outputs = append(n.Outputs, e.value(v))
	}
	if o.node != nil {
		n.Intermediates = e.inside(o)
		n.Mutates, n.Carry = o.node.Mutates, e.carry(o.node.Carry)
		if o.is("CUSTOM") {
			n.Version = o.node.Version
		}
	} else if n.Attr == nil {
		n.Attr, _ = op.Set.NewAttr(o.name)
	}
	e.graph.Nodes = append(e.graph.Nodes, n)
}

// inside returns the final form of the values inside an operator. Of a float operator they would say nothing.
func (e *exporter) inside(o *operation) []*ir.Value {
	var list []*ir.Value
	quantized := false
	if o.cell == nil {
		for _, v := range o.node.Intermediates {
			quantized = quantized || v != nil && v.Quant != nil
		}
		for _, v := range o.node.Intermediates {
			if quantized {
				list = append(list, e.untouched(v))
			}
		}
		return list
	}
	for _, v := range o.cell.inside {
		quantized = quantized || v != nil && v.quantized != nil
	}
	for _, v := range o.cell.inside {
		if quantized {
			list = append(list, e.value(v))
		}
	}
	return list
}

// value returns the final form of v, listed once. Ranges are kept where a scheme records them.
func (e *exporter) value(v *value) *ir.Value {
	if v == nil {
		return nil
	}
	if w := e.values[v]; w != nil {
		return w
	}
	w := &ir.Value{Name: v.name, Type: v.typ, Advertised: v.advertised}
	e.values[v] = w
	switch {
	case v.kept:
		w.Quant = v.source.Quant
	case v.quantized != nil:
		w.Quant, w.Type.DType = v.quantized.Params(), storage(v.quantized)
	}
	if b := v.blocks; b != nil {
		scales := &ir.Value{Name: e.unusedName(v.name + "_scales"), Type: ir.Type{DType: b.scales.DType, Shape: b.scales.Shape}, Const: b.scales}
		w.Blocks = &ir.Blocks{Size: b.size, Scales: e.graph.Add(scales)}
	} else if v.source != nil && v.source.Blocks != nil && v.quantized == nil {
		w.Blocks = &ir.Blocks{Size: v.source.Blocks.Size, Scales: e.untouched(v.source.Blocks.Scales)}
	}
	if v.recorded != nil {
		w.Range = &quant.Range{Min: v.recorded.lo, Max: v.recorded.hi}
	}
	if v.madeBy(constant) {
		w.Const = v.made.content
		if v.source != nil {
			w.Variable = v.source.Variable
			if w.Const == v.source.Const {
				w.Sparsity = v.source.Sparsity
			}
		}
	}
	if v.source != nil {
		if _, ok := e.first[v.source]; !ok {
			e.first[v.source] = w
			w.Carry = e.carry(v.source.Carry)
		}
	}
	e.graph.Add(w)
	return w
}

// untouched returns the final form of a source's value that no operation reads or makes.
func (e *exporter) untouched(v *ir.Value) *ir.Value {
	if v == nil {
		return nil
	}
	if w := e.first[v]; w != nil {
		return w
	}
	w := *v
	e.first[v] = &w
	w.Carry = e.carry(v.Carry)
	if b := v.Blocks; b != nil {
		w.Blocks = &ir.Blocks{Size: b.Size, Scales: e.untouched(b.Scales)}
	}
	return e.graph.Add(&w)
}

func (e *exporter) carry(c *ir.Carry) *ir.Carry {
	if c == nil {
		return nil
	}
	n := &ir.Carry{Data: c.Data}
	for _, v := range c.Refs {
		n.Refs = append(n.Refs, e.untouched(v))
	}
	return n
}
