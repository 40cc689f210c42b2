package keras

import (
	"fmt"
	"maps"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// rnns are the layers that walk over time.
var rnns = []Layer{
	{Class: "LSTM", Call: func(c *Context) any { return c.recurrent(c.cell("lstm_cell")) }},
	{Class: "GRU", Call: func(c *Context) any { return c.recurrent(c.cell("gru_cell")) }},
	{Class: "SimpleRNN", Call: func(c *Context) any { return c.recurrent(c.cell("simple_rnn_cell")) }},
	{Class: "CuDNNLSTM", Note: "weights in cuDNN's order: load the model as LSTM and save it again"},
	{Class: "CuDNNGRU", Note: "weights in cuDNN's order: load the model as GRU and save it again"},
	{Class: "RNN", Call: callRNN, Note: "with the cells of LSTM, GRU and SimpleRNN, and StackedRNNCells of them"},
	{Class: "Bidirectional", Call: callBidirectional},
	{Class: "TimeDistributed", Call: callTimeDistributed},
}

// unrollLimit is the number of steps up to which a loop is written out.
const unrollLimit = 16

// unrollMost is the number of steps up to which a layer may ask for that itself.
const unrollMost = 1024

// stateMost bounds the elements of a state, and of all results.
const stateMost = 1 << 26

// zeros is what a state, or a list of results, begins with.
func (c *Context) zeros(dims ...int) *ir.Value {
	n := 1
	for _, d := range dims {
		if d < 0 {
			build.Damaged("a state of the shape %v", dims)
		}
		if n *= d; n > stateMost {
			build.Refuse("a state, or results of a sequence, of the shape %v", dims)
		}
	}
	return c.Const(c.name+"/zeros", tensor.New(tensor.Float32, dims))
}

var oneDim = build.Dim{Size: 1}

// stackName is the name by which Keras keeps cell i of a list: the class, and a number if the class came before.
func stackName(list []any, i int) string {
	class := func(x any) string {
		if m, ok := x.(map[string]any); ok {
			return snake(config(m).text("class_name", ""))
		}
		return ""
	}
	name, n := class(list[i]), 0
	for _, x := range list[:i] {
		if class(x) == name {
			n++
		}
	}
	if n > 0 {
		return fmt.Sprintf("%s_%d", name, n)
	}
	return name
}

// cell is what a recurrent layer does in each step.
type cell interface {
	// prepare computes for all steps at once what does not depend on the state: from [batch, time, features] to [batch, time, …].
	prepare(c *Context, x *ir.Value) *ir.Value
	// step returns the output and the new state.
	step(c *Context, x *ir.Value, state []*ir.Value) (y *ir.Value, next []*ir.Value)
	// states returns the sizes of the vectors of the state.
	states() []int
}

// cell returns the layer's own cell. In archives its variables are under "cell"; files of Keras 2 list them all the same.
func (c *Context) cell(class string) cell {
	part := *c
	part.store = c.store.part("cell")
	return newCell(&part, class)
}

// newCell returns the cell of a class, configured and with variables as the context says; nil if there is none of that class.
func newCell(c *Context, class string) cell {
	units := c.Config.int("units", 0)
	if units < 1 {
		build.Damaged("%d units", units)
	}
	switch class {
	case "lstm_cell":
		return &lstmCell{gates{c, units}}
	case "gru_cell":
		// Keras 2 had no such option at first.
		return &gruCell{gates: gates{c, units}, after: c.Config.bool("reset_after", !c.im.keras2)}
	case "simple_rnn_cell":
		return &simpleCell{gates{c, units}}
	}
	return nil
}

func callRNN(c *Context) any {
	serialized := c.Config.object("cell")
	sub := c.Sub(serialized, "cell")
	if sub.layer.class == "StackedRNNCells" {
		stack := &stackedCells{}
		for i, x := range sub.Config.list("cells") {
			m, ok := x.(map[string]any)
			if !ok {
				build.Damaged("cells holds %T", x)
			}
			each := sub.Sub(m, "cells/"+stackName(sub.Config.list("cells"), i))
			one := newCell(each, snakeCell(each.layer.class))
			if one == nil {
				build.Refuse("cells of the class %q", each.layer.class)
			}
			stack.cells = append(stack.cells, one)
		}
		return c.recurrent(stack)
	}
	one := newCell(sub, snakeCell(sub.layer.class))
	if one == nil {
		build.Refuse("a cell of the class %q", sub.layer.class)
	}
	return c.recurrent(one)
}

func snakeCell(class string) string {
	return map[string]string{"LSTMCell": "lstm_cell", "GRUCell": "gru_cell", "SimpleRNNCell": "simple_rnn_cell"}[class]
}

// recurrent runs a cell over time, as the layer's options say. Its result is the last output or all of them, followed by the state if that is asked for.
func (c *Context) recurrent(cl cell) any {
	x := c.In(0)
	c.Rank(x, 3, 3)
	batch, steps := x.Type.Shape[0], x.Type.Shape[1]
	switch {
	case batch < 0:
		build.Refuse("a recurrent layer whose state is of an unknown batch")
	case steps < 1:
		build.Refuse("a recurrent layer over %d steps: fix the number with --input-shapes", steps)
	}
	if c.Config.bool("stateful", false) {
		c.Note("layer %q keeps its state between calls: the converted model begins each with zeros", c.layer.name)
	}
	r := &recurrence{c: c, cell: cl, batch: batch, steps: steps,
		backwards: c.Config.bool("go_backwards", false), sequences: c.Config.bool("return_sequences", false)}
	r.zero = c.Config.bool("zero_output_for_mask", false)
	given := c.initialState()
	if r.mask = c.explicitMask(); r.mask != nil && given != nil {
		build.Refuse("a mask and a first state in one call")
	}
	if c.Config.bool("time_major", false) {
		build.Refuse("a recurrent layer whose first dimension is the time")
	}
	if l, ok := cl.(*lstmCell); ok && given == nil && r.mask == nil && !c.Config.bool("return_state", false) && l.fuses() {
		return l.fuse(r, x)
	}
	for i, n := range cl.states() {
		if given != nil {
			if len(given) != len(cl.states()) {
				build.Damaged("is given %d states, and has %d", len(given), len(cl.states()))
			}
			r.initial = append(r.initial, given[i])
			continue
		}
		r.initial = append(r.initial, c.zeros(batch, n))
	}
	out, last := r.run(cl.prepare(c, x))
	if !c.Config.bool("return_state", false) {
		return out
	}
	list := []any{out}
	for _, v := range last {
		list = append(list, v)
	}
	return list
}

// initialState returns the state that the call gives, beside or behind the sequence; nil if none is.
func (c *Context) initialState() []*ir.Value {
	if s := c.Arg(-1, "initial_state"); s != nil {
		return c.tensors(s)
	}
	if all := c.Ins(); len(all) > 1 {
		return all[1:]
	}
	return nil
}

// recurrence is a cell on its way over time.
type recurrence struct {
	c            *Context
	cell         cell
	batch, steps int
	backwards    bool
	sequences    bool
	mask         *ir.Value // [batch, time] of bool, or nil
	zero         bool      // the output of a step that does not count is 0
	initial      []*ir.Value
}

// output returns which vector of the state is the output.
func (r *recurrence) output() int {
	if s, ok := r.cell.(*stackedCells); ok {
		return s.output()
	}
	return 0
}

// step runs the cell in one step. Where the mask, [batch], is false, state and output stay as they were.
func (r *recurrence) step(c *Context, x, mask *ir.Value, state []*ir.Value) (*ir.Value, []*ir.Value) {
	y, next := r.cell.step(c, x, state)
	if mask == nil {
		return y, next
	}
	mask = c.TF("ExpandDims", nil, mask, c.I32(1))
	kept := make([]*ir.Value, len(next))
	for i := range next {
		kept[i] = c.where(mask, next[i], state[i])
	}
	if r.zero {
		return c.where(mask, y, c.F32(0)), kept
	}
	return kept[r.output()], kept
}

// run returns the last output, or all of them [batch, time, units], and the last state.
func (r *recurrence) run(x *ir.Value) (*ir.Value, []*ir.Value) {
	if r.steps <= unrollLimit || r.steps <= unrollMost && r.c.Config.bool("unroll", false) {
		return r.unroll(x)
	}
	return r.loop(x)
}

// unroll writes all steps out.
func (r *recurrence) unroll(x *ir.Value) (*ir.Value, []*ir.Value) {
	c, state := r.c, r.initial
	parts := []*ir.Value{x}
	if r.steps > 1 {
		parts = c.TFs("Unpack", map[string]any{"num": r.steps, "axis": 1}, x)
	} else {
		parts[0] = c.TF("Squeeze", map[string]any{"squeeze_dims": []int{1}}, x)
	}
	masks := make([]*ir.Value, r.steps)
	if r.mask != nil {
		masks = c.TFs("Unpack", map[string]any{"num": r.steps, "axis": 1}, r.mask)
	}
	var all []*ir.Value
	var y *ir.Value
	for i := range r.steps {
		if r.backwards {
			i = r.steps - 1 - i
		}
		y, state = r.step(c, parts[i], masks[i], state)
		all = append(all, y)
	}
	if r.sequences {
		y = c.TF("Pack", map[string]any{"N": len(all), "axis": 1}, all...)
	}
	return y, state
}

// loop emits WHILE over a counter, the state, the results so far if all are asked for, and the sequence.
func (r *recurrence) loop(x *ir.Value) (*ir.Value, []*ir.Value) {
	c := r.c
	x = c.transpose(x, 1, 0, 2)
	mask := r.mask
	if mask != nil {
		mask = c.transpose(mask, 1, 0)
	}
	if r.backwards {
		x = c.TF("ReverseV2", nil, x, c.I32s(0))
		if mask != nil {
			mask = c.TF("ReverseV2", nil, mask, c.I32s(0))
		}
	}
	operands := append([]*ir.Value{c.I32(0), x}, r.initial...)
	if r.sequences {
		units := r.cell.states()[r.output()]
		operands = append(operands, c.zeros(r.steps, r.batch, units))
	}
	if mask != nil {
		operands = append(operands, mask)
	}
	cond, body := c.in(c.Builder.Sub(c.name+"/cond")), c.in(c.Builder.Sub(c.name+"/body"))
	inputs := func(s *Context) []*ir.Value {
		list := make([]*ir.Value, len(operands))
		for i, v := range operands {
			list[i] = s.Builder.Input(s.name+"/variable", v.Type)
		}
		return list
	}
	at := inputs(cond)[0]
	cond.Graph.Outputs = []*ir.Value{cond.Emit("LESS", nil, at, cond.I32(r.steps))}

	in := inputs(body)
	at = in[0]
	step := body.Emit("GATHER", &op.Gather{}, in[1], at)
	n := len(r.initial)
	var masked *ir.Value
	if mask != nil {
		masked = body.Emit("GATHER", &op.Gather{}, in[len(in)-1], at)
	}
	y, state := r.step(body, step, masked, in[2:2+n])
	out := append([]*ir.Value{body.Emit("ADD", &op.Arith{}, at, body.I32(1)), in[1]}, state...)
	if r.sequences {
		row := body.Reshape(y, append(build.Fixed(1), body.Dims(y)...)...)
		begin := body.Emit("PACK", &op.Pack{Count: 3}, at, body.I32(0), body.I32(0))
		out = append(out, body.Emit("DYNAMIC_UPDATE_SLICE", nil, in[2+n], row, begin))
	}
	if mask != nil {
		out = append(out, in[len(in)-1])
	}
	body.Graph.Outputs = out
	types := make([]ir.Type, len(operands))
	for i, v := range operands {
		types[i] = v.Type
	}
	results := c.EmitAs(c.name+"/while", "WHILE", &op.While{Cond: cond.Index(), Body: body.Index()}, types, operands...)
	last := results[2 : 2+n]
	if r.sequences {
		return c.transpose(results[2+n], 1, 0, 2), last
	}
	return last[r.output()], last
}

// in returns the context for another graph.
func (c *Context) in(b *build.Builder) *Context {
	sub := *c
	sub.Builder = b
	return &sub
}

func callBidirectional(c *Context) any {
	x := c.In(0)
	forward := c.Sub(c.Config.object("layer"), "forward_layer", x)
	serialized := c.Config.object("backward_layer")
	if serialized == nil {
		serialized = mirrored(c.Config.object("layer"))
	}
	backward := c.Sub(serialized, "backward_layer", x)
	for _, each := range []*Context{forward, backward} {
		each.Config = maps.Clone(each.Config)
		each.Config["zero_output_for_mask"] = each.Config.bool("return_sequences", false)
	}
	a, ok := forward.Call().(*ir.Value)
	b, ok2 := backward.Call().(*ir.Value)
	if !ok || !ok2 {
		build.Refuse("the states of both directions are returned")
	}
	if backward.Config.bool("return_sequences", false) {
		b = c.TF("ReverseV2", nil, b, c.I32s(1))
	}
	switch mode := c.Config.text("merge_mode", "concat"); mode {
	case "concat":
		return c.concat(len(a.Type.Shape)-1, a, b)
	case "sum":
		return c.add(a, b)
	case "mul":
		return c.mul(a, b)
	case "ave":
		return c.mul(c.add(a, b), c.F32(0.5))
	case "":
		return []any{a, b}
	default:
		build.Damaged("merge_mode %q", mode)
		return nil
	}
}

// mirrored is a layer that goes the other way.
func mirrored(serialized config) config {
	out, inner := config{}, config{}
	maps.Copy(out, serialized)
	maps.Copy(inner, serialized.object("config"))
	inner["go_backwards"] = !serialized.object("config").bool("go_backwards", false)
	out["config"] = map[string]any(inner)
	return out
}

// callTimeDistributed applies a layer to each step: the time is part of the batch meanwhile.
func callTimeDistributed(c *Context) any {
	x := c.In(0)
	dims := c.Dims(x)
	if len(dims) < 2 {
		build.Damaged("is called with a tensor of shape %v", x.Type.Shape)
	}
	if x.Type.Shape[1] < 0 {
		build.Refuse("a layer for each step of an unknown number of them")
	}
	joined := build.Dim{Size: -1}
	if b := x.Type.Shape[0]; b >= 0 {
		joined.Size = b * x.Type.Shape[1]
	}
	flat := c.Reshape(x, append([]build.Dim{joined}, dims[2:]...)...)
	inner := c.Sub(c.Config.object("layer"), "layer", flat)
	if c.maskOf(x) != nil && (inner.layer.container != nil || slices.Contains(handsOn, inner.layer.class) && len(x.Type.Shape) > 3) {
		build.Refuse("a masked sequence of sequences")
	}
	y, ok := inner.Call().(*ir.Value)
	if !ok {
		build.Refuse("a layer of several results for each step")
	}
	return c.Reshape(y, append(dims[:2:2], c.Dims(y)[1:]...)...)
}
