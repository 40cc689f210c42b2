package keras

import (
	"fmt"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// rnns are the layers that walk over time.
var rnns = []Layer{
	{Class: "LSTM", Call: func(c *Context) any { return c.recurrent(c.cell("lstm_cell")) }},
	{Class: "GRU", Call: func(c *Context) any { return c.recurrent(c.cell("gru_cell")) }},
	{Class: "SimpleRNN", Call: func(c *Context) any { return c.recurrent(c.cell("simple_rnn_cell")) }},
	{Class: "CuDNNLSTM", Call: func(c *Context) any { return c.recurrent(&lstmCell{c.cudnn(4)}) }},
	{Class: "CuDNNGRU", Call: func(c *Context) any { return c.recurrent(&gruCell{gates: c.cudnn(3), after: true}) }},
	{Class: "RNN", Call: callRNN, Note: "with the cells of LSTM, GRU and SimpleRNN, and StackedRNNCells of them"},
	{Class: "Bidirectional", Call: callBidirectional},
	{Class: "TimeDistributed", Call: callTimeDistributed},
	{Class: "LSTMCell", Call: callCell},
	{Class: "GRUCell", Call: callCell},
	{Class: "SimpleRNNCell", Call: callCell},
	{Class: "StackedRNNCells", Call: callCell},
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
	return c.recurrent(serializedCell(c.Sub(c.Config.object("cell"), "cell")))
}

// serializedCell returns the cell that a context's layer is.
func serializedCell(c *Context) cell {
	if c.layer.class != "StackedRNNCells" {
		one := newCell(c, snakeCell(c.layer.class))
		if one == nil {
			build.Refuse("a cell of the class %q", c.layer.class)
		}
		return one
	}
	stack, list := &stackedCells{}, c.Config.list("cells")
	for i, x := range list {
		m, ok := x.(map[string]any)
		if !ok {
			build.Damaged("cells holds %T", x)
		}
		stack.cells = append(stack.cells, serializedCell(c.Sub(m, "cells/"+stackName(list, i))))
	}
	if len(stack.cells) == 0 {
		build.Damaged("holds no cells")
	}
	return stack
}

// callCell is one step, of an input and a state: the output, and the new state.
func callCell(c *Context) any {
	one := serializedCell(c)
	in := c.Ins()
	if s := c.Arg(-1, "states"); s != nil {
		in = append(in, c.tensors(s)...)
	}
	if len(in) != 1+len(one.states()) {
		build.Damaged("is called with %d tensors, want an input and %d of the state", len(in), len(one.states()))
	}
	y, next := one.step(c, c.once(one, in[0]), in[1:])
	return []any{y, boxed(next)}
}

// once prepares the input of one step, which is prepared for all steps at once elsewhere.
func (c *Context) once(one cell, x *ir.Value) *ir.Value {
	c.Rank(x, 2, 2)
	dims := c.Dims(x)
	wide := one.prepare(c, c.Reshape(x, dims[0], oneDim, dims[1]))
	return c.Reshape(wide, dims[0], c.Dims(wide)[2])
}

func snakeCell(class string) string {
	return map[string]string{"LSTMCell": "lstm_cell", "GRUCell": "gru_cell", "SimpleRNNCell": "simple_rnn_cell"}[class]
}

// recurrent runs a cell over time, as the layer's options say. Its result is the last output or all of them, followed by the state if that is asked for.
func (c *Context) recurrent(cl cell) any {
	x := c.In(0)
	c.Rank(x, 3, 3)
	untimed := func(y *ir.Value) *ir.Value { return y }
	if c.Config.bool("time_major", false) {
		x = c.transpose(x, 1, 0, 2)
		if c.Config.bool("return_sequences", false) {
			untimed = func(y *ir.Value) *ir.Value { return c.transpose(y, 1, 0, 2) }
		}
	}
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
	r.mask = c.explicitMask()
	given := c.initialState()
	if l, ok := cl.(*lstmCell); ok && given == nil && r.mask == nil && !c.Config.bool("return_state", false) && l.fuses() {
		return untimed(l.fuse(r, x))
	}
	r.begin(given)
	out, last := r.run(cl.prepare(c, x))
	out = untimed(out)
	if !c.Config.bool("return_state", false) {
		return out
	}
	return append([]any{out}, boxed(last)...)
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

// in returns the context for another graph.
func (c *Context) in(b *build.Builder) *Context {
	sub := *c
	sub.Builder = b
	return &sub
}
