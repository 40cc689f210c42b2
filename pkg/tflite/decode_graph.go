package tflite

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// graph reads a subgraph.
func (d *decoder) graph(s *schema.SubGraph) (*ir.Graph, error) {
	g := &ir.Graph{Name: string(s.Name())}
	if i := s.DebugMetadataIndex(); i != -1 {
		g.Carry = &ir.Carry{Data: &GraphCarry{Debug: int(i) + 1}}
	}
	n := s.TensorsLength()
	g.Values = make([]*ir.Value, n)
	for i := range g.Values {
		g.Values[i] = &ir.Value{}
	}
	buffers := make([]int, n)
	for i, v := range g.Values {
		var t schema.Tensor
		s.Tensors(&t, i)
		if err := d.value(v, &t, g.Values); err != nil {
			return nil, fmt.Errorf("tensor %d %q: %w", i, t.Name(), err)
		}
		buffers[i] = int(t.Buffer())
	}
	var err error
	if g.Inputs, err = pick(g.Values, s.InputsLength(), s.Inputs, "input", false); err != nil {
		return nil, err
	}
	if g.Outputs, err = pick(g.Values, s.OutputsLength(), s.Outputs, "output", false); err != nil {
		return nil, err
	}
	g.Nodes = make([]*ir.Node, s.OperatorsLength())
	for i := range g.Nodes {
		var o schema.Operator
		s.Operators(&o, i)
		if g.Nodes[i], err = d.node(&o, g.Values); err != nil {
			return nil, fmt.Errorf("operator %d: %w", i, err)
		}
	}
	return g, d.constants(g, buffers)
}

// pick returns the values with the n numbers at(0), at(1), …; -1 gives nil where that is allowed.
func pick(values []*ir.Value, n int, at func(int) int32, what string, optional bool) ([]*ir.Value, error) {
	if n == 0 {
		return nil, nil
	}
	list := make([]*ir.Value, n)
	for i := range list {
		t := int(at(i))
		switch {
		case t == -1 && optional:
		case t < 0 || t >= len(values):
			return nil, fmt.Errorf("%s %d: tensor index %d out of %d", what, i, t, len(values))
		default:
			list[i] = values[t]
		}
	}
	return list, nil
}

// node reads an operator.
func (d *decoder) node(o *schema.Operator, values []*ir.Value) (*ir.Node, error) {
	code := int(o.OpcodeIndex())
	if code >= len(d.ops) {
		return nil, fmt.Errorf("operator code %d out of %d", code, len(d.ops))
	}
	c := d.ops[code]
	n := &ir.Node{Op: c.name, Version: c.version}
	fail := func(err error) (*ir.Node, error) { return nil, fmt.Errorf("%s: %w", c.name, err) }
	var err error
	if n.Inputs, err = pick(values, o.InputsLength(), o.Inputs, "input", true); err != nil {
		return fail(err)
	}
	if n.Outputs, err = pick(values, o.OutputsLength(), o.Outputs, "output", false); err != nil {
		return fail(err)
	}
	if n.Intermediates, err = pick(values, o.IntermediatesLength(), o.Intermediates, "intermediate", true); err != nil {
		return fail(err)
	}
	for i := range o.MutatingVariableInputsLength() {
		n.Mutates = append(n.Mutates, o.MutatingVariableInputs(i))
	}
	custom := o.CustomOptionsBytes()
	if len(custom) == 0 {
		if custom, err = d.outside(o.LargeCustomOptionsOffset(), o.LargeCustomOptionsSize()); err != nil {
			return fail(fmt.Errorf("custom options: %w", err))
		}
	}
	t := schema.OperatorT{}
	unpackOptions(o, &t)
	carry := NodeCarry{CustomOptionsFormat: o.CustomOptionsFormat(), Debug: int(o.DebugMetadataIndex()) + 1}
	if c.name == "CUSTOM" {
		if c.custom == "" {
			return fail(errors.New("has no name"))
		}
		n.Attr = &op.Custom{Code: c.custom, Options: custom}
	} else {
		carry.CustomOptions = custom
		if n.Attr, carry.Options, err = decodeOptions(c.name, t.BuiltinOptions, t.BuiltinOptions2); err != nil {
			return fail(err)
		}
	}
	if carry.CustomOptions != nil || carry.CustomOptionsFormat != 0 || carry.Options.Table != nil || carry.Debug != 0 {
		n.Carry = &ir.Carry{Data: &carry}
	}
	return n, nil
}

// constants gives the values of g their contents. A tensor without bytes is a constant if it needs none and nothing makes it.
func (d *decoder) constants(g *ir.Graph, buffers []int) error {
	from := make(map[*ir.Value]source, len(g.Values))
	for _, v := range g.Inputs {
		from[v] = input
	}
	for i, n := range g.Nodes {
		for j, v := range n.Outputs {
			if from[v] != nothing {
				return fmt.Errorf("operator %d: %s: output %d: tensor %q is %v already", i, n.Op, j, v.Name, from[v])
			}
			from[v] = result
		}
	}
	for _, n := range g.Nodes {
		for _, v := range n.Intermediates {
			if v != nil && from[v] == nothing {
				from[v] = inside
			}
		}
	}
	filled := map[int]bool{} // buffers that are as long as a tensor which reads them
	for i, v := range g.Values {
		b := buffers[i]
		if b != 0 && b >= len(d.buffers) {
			return fmt.Errorf("tensor %d %q: buffer %d out of %d", i, v.Name, b, len(d.buffers))
		}
		if n := v.Type.Shape.Elements(); b != 0 && n >= 0 && v.Type.DType.Bytes(n) == len(d.buffers[b].data) {
			filled[b] = true
		}
	}
	for i, v := range g.Values {
		b := buffers[i]
		if err := d.constant(v, b, from[v], filled[b]); err != nil {
			return fmt.Errorf("tensor %d %q: %w", i, v.Name, err)
		}
	}
	return nil
}

// source says where a value of a graph comes from.
type source uint8

const (
	nothing source = iota
	input
	result
	inside
)

func (s source) String() string {
	return [...]string{"neither an input nor a result", "an input of the subgraph", "an operator's result", "inside an operator"}[s]
}
