package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// convRNNs are the LSTMs whose products are convolutions.
var convRNNs = []Layer{
	{Class: "ConvLSTM1D", Call: func(c *Context) any { return callConvLSTM(c, 1) }},
	{Class: "ConvLSTM2D", Call: func(c *Context) any { return callConvLSTM(c, 2) }},
	{Class: "ConvLSTM3D", Call: func(c *Context) any { return callConvLSTM(c, 3) }},
}

// convCell is a cell whose state is a picture, which goes from step to step as a vector. Its gates are in the order input, forget, cell, output.
type convCell struct {
	owner   *Context
	n       int
	filters int
	size    []int // of the state's spatial dimensions
}

func (l *convCell) states() []int {
	n := tensor.Shape(l.size).Elements() * l.filters
	return []int{n, n}
}

// prepare convolves all steps at once, as one batch: from [batch, time, spatial…, channels] to [batch, time, everything].
func (l *convCell) prepare(c *Context, x *ir.Value) *ir.Value {
	in, w := x.Type.Shape, c.window(l.n)
	batch, steps, channels := in[0], in[1], c.Last(x)
	kernel := c.store.Var("kernel", append(c.Config.ints("kernel_size", l.n), channels, 4*l.filters)...)
	c.store.Var("recurrent_kernel", append(c.Config.ints("kernel_size", l.n), l.filters, 4*l.filters)...)
	y := c.Reshape(x, build.Fixed(append([]int{batch * steps}, in[2:]...)...)...)
	y = c.convolve(y, kernel, w)
	if c.Config.bool("use_bias", true) {
		y = c.TF("BiasAdd", nil, y, c.store.Var("bias", 4*l.filters))
	}
	l.size = slices.Clone(y.Type.Shape[1 : 1+l.n])
	return c.Reshape(y, build.Fixed(batch, steps, 4*l.states()[0])...)
}

// picture gives a vector of each one of the batch its spatial dimensions.
func (l *convCell) picture(c *Context, v *ir.Value, channels int) *ir.Value {
	dims := append([]int{v.Type.Shape[0]}, l.size...)
	return c.Reshape(v, build.Fixed(append(dims, channels)...)...)
}

func (l *convCell) step(c *Context, x *ir.Value, state []*ir.Value) (*ir.Value, []*ir.Value) {
	kernel := l.owner.store.within(c, "recurrent_kernel", l.owner.store.Var("recurrent_kernel"))
	same := window{n: l.n, strides: ones(l.n), dilation: ones(l.n), padding: "same"}
	h := c.convolve(l.picture(c, state[0], l.filters), kernel, same)
	z := c.split(c.add(l.picture(c, x, 4*l.filters), h), l.n+1, 4)
	activate := func(key, otherwise string, v *ir.Value) *ir.Value {
		sub := *c
		sub.Config, sub.store = l.owner.Config, l.owner.store
		return sub.activate(key, otherwise, v)
	}
	gate := func(i int) *ir.Value { return activate("recurrent_activation", "hard_sigmoid", z[i]) }
	next := c.add(c.mul(gate(1), l.picture(c, state[1], l.filters)), c.mul(gate(0), activate("activation", "tanh", z[2])))
	out := c.mul(gate(3), activate("activation", "tanh", next))
	flat := func(v *ir.Value) *ir.Value { return c.Reshape(v, build.Fixed(v.Type.Shape[0], l.states()[0])...) }
	y := flat(out)
	return y, []*ir.Value{y, flat(next)}
}

// callConvLSTM walks over time with a convolution of n spatial dimensions in each step.
func callConvLSTM(c *Context, n int) any {
	x, first := c.In(0), c.channelsFirst()
	c.Rank(x, n+3, n+3)
	// Channels move behind the spatial dimensions, and back behind the time.
	in, out := counting(n+3), counting(n+3)
	if first {
		in = append(slices.Delete(in, 2, 3), 2)
		out = slices.Insert(out[:n+2:n+2], 2, n+2)
		x = c.transpose(x, in...)
	}
	s := x.Type.Shape
	switch {
	case s[0] < 0:
		build.Refuse("a recurrent layer whose state is of an unknown batch")
	case slices.Min(s) < 1:
		build.Refuse("a recurrent layer over a tensor of shape %v: fix its sizes with --input-shapes", s)
	}
	if c.Config.bool("stateful", false) {
		c.Note("layer %q keeps its state between calls: the converted model begins each with zeros", c.layer.name)
	}
	part := *c
	part.store = c.store.part("cell")
	cell := &convCell{owner: &part, n: n, filters: c.Config.int("filters", 0)}
	steps := cell.prepare(&part, x)
	r := &recurrence{c: c, cell: cell, batch: s[0], steps: s[1], mask: c.explicitMask(), zero: c.Config.bool("zero_output_for_mask", false),
		backwards: c.Config.bool("go_backwards", false), sequences: c.Config.bool("return_sequences", false)}
	var given []*ir.Value
	for _, v := range c.initialState() {
		c.Rank(v, n+2, n+2)
		v, _ = c.last(v, first)
		given = append(given, c.Reshape(v, build.Fixed(s[0], cell.states()[0])...))
	}
	r.begin(given)
	y, last := r.run(steps)
	// shaped gives a result its dimensions again.
	shaped := func(v *ir.Value, lead ...int) *ir.Value {
		v = c.Reshape(v, build.Fixed(append(append(lead, cell.size...), cell.filters)...)...)
		switch {
		case first && len(lead) == 2:
			return c.transpose(v, out...)
		case first:
			_, back := c.last(v, true)
			return back(v)
		}
		return v
	}
	lead := []int{s[0]}
	if r.sequences {
		lead = []int{s[0], s[1]}
	}
	y = shaped(y, lead...)
	if !c.Config.bool("return_state", false) {
		return y
	}
	return []any{y, shaped(last[0], s[0]), shaped(last[1], s[0])}
}
