package keras

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// gates is what the cells have in common: units, an input kernel [features, gates·units], a recurrent one [units, gates·units], and biases.
type gates struct {
	owner *Context
	units int
}

// weight returns a variable of the cell, as a constant of the graph that c emits into.
func (g *gates) weight(c *Context, name string, shape ...int) *ir.Value {
	v := g.owner.store.Var(name, shape...)
	return g.owner.store.within(c, name, v)
}

func (g *gates) biased() bool { return g.owner.Config.bool("use_bias", true) }

// project multiplies a sequence by the input kernel.
func (g *gates) project(c *Context, x *ir.Value, n int, bias bool) *ir.Value {
	kernel := g.weight(c, "kernel", c.Last(x), n*g.units)
	g.weight(c, "recurrent_kernel", g.units, n*g.units)
	y := c.TF("BatchMatMulV2", nil, x, kernel)
	if bias {
		y = c.add(y, g.weight(c, "bias", n*g.units))
	}
	return y
}

// again multiplies a state by the recurrent kernel.
func (g *gates) again(c *Context, h *ir.Value, n int) *ir.Value {
	return c.TF("MatMul", nil, h, g.weight(c, "recurrent_kernel", g.units, n*g.units))
}

func (g *gates) activate(c *Context, key, otherwise string, x *ir.Value) *ir.Value {
	sub := *c
	sub.Config, sub.store = g.owner.Config, g.owner.store
	return sub.activate(key, otherwise, x)
}

// lstmCell has the gates input, forget, cell, output.
type lstmCell struct{ gates }

func (l *lstmCell) states() []int { return []int{l.units, l.units} }

func (l *lstmCell) prepare(c *Context, x *ir.Value) *ir.Value { return l.project(c, x, 4, l.biased()) }

func (l *lstmCell) step(c *Context, x *ir.Value, state []*ir.Value) (*ir.Value, []*ir.Value) {
	z := c.split(c.add(x, l.again(c, state[0], 4)), 1, 4)
	gate := func(i int) *ir.Value { return l.activate(c, "recurrent_activation", "sigmoid", z[i]) }
	next := c.add(c.mul(gate(1), state[1]), c.mul(gate(0), l.activate(c, "activation", "tanh", z[2])))
	h := c.mul(gate(3), l.activate(c, "activation", "tanh", next))
	return h, []*ir.Value{h, next}
}

// fuses reports whether UNIDIRECTIONAL_SEQUENCE_LSTM computes the same.
func (l *lstmCell) fuses() bool {
	return functionName(l.owner.Config["activation"], "tanh") == "tanh" && functionName(l.owner.Config["recurrent_activation"], "sigmoid") == "sigmoid"
}

// functionName returns the name of a serialized activation, "" if it is none of Keras's functions.
func functionName(x any, otherwise string) string {
	switch x := x.(type) {
	case nil:
		return otherwise
	case string:
		return x
	case map[string]any:
		if name, ok := x["config"].(string); ok {
			return name
		}
	}
	return ""
}

// fuse emits the whole layer as one operator.
func (l *lstmCell) fuse(r *recurrence, x *ir.Value) *ir.Value {
	c := r.c
	if r.backwards {
		x = c.TF("ReverseV2", nil, x, c.I32s(1))
	}
	kernel := l.weight(c, "kernel", c.Last(x), 4*l.units)
	recurrent := l.weight(c, "recurrent_kernel", l.units, 4*l.units)
	bias := tensor.New(tensor.Float32, tensor.Shape{4 * l.units})
	if l.biased() {
		bias = l.weight(c, "bias", 4*l.units).Const
	}
	in := make([]*ir.Value, 24)
	in[0] = x
	for i, what := range []string{"input", "forget", "cell", "output"} {
		in[1+i] = c.columns(what+"_kernel", kernel, i, l.units)
		in[5+i] = c.columns(what+"_recurrent_kernel", recurrent, i, l.units)
		part := tensor.View[float32](bias)[i*l.units : (i+1)*l.units]
		in[12+i] = c.Const(c.name+"/"+what+"_bias", tensor.F32(tensor.Shape{l.units}, part...))
	}
	state := ir.Type{DType: tensor.Float32, Shape: tensor.Shape{r.batch, l.units}}
	in[18], in[19] = c.State(c.name+"/output_state", state), c.State(c.name+"/cell_state", state)
	y := c.Emit("UNIDIRECTIONAL_SEQUENCE_LSTM", &op.SequenceLSTM{Activation: op.Tanh}, in...)
	if r.sequences {
		return y
	}
	return c.Emit("STRIDED_SLICE", &op.StridedSlice{ShrinkAxisMask: 2},
		y, c.I32s(0, r.steps-1, 0), c.I32s(r.batch, r.steps, l.units), c.I32s(1, 1, 1))
}

// columns returns part i of a matrix [n, parts·units], transposed: [units, n].
func (c *Context) columns(what string, m *ir.Value, i, units int) *ir.Value {
	rows, width := m.Type.Shape[0], m.Type.Shape[1]
	from, to := tensor.View[float32](m.Const), make([]float32, units*rows)
	for r := range rows {
		for u := range units {
			to[u*rows+r] = from[r*width+i*units+u]
		}
	}
	return c.Const(c.name+"/"+what, tensor.F32(tensor.Shape{units, rows}, to...))
}

// gruCell has the gates update, reset, and the candidate; the reset gate applies after or before the product with the recurrent kernel.
type gruCell struct {
	gates
	after bool
}

func (g *gruCell) states() []int { return []int{g.units} }

func (g *gruCell) prepare(c *Context, x *ir.Value) *ir.Value {
	y := g.project(c, x, 3, false)
	if !g.biased() {
		return y
	}
	return c.add(y, g.bias(c, 0))
}

// bias returns the bias of the input or, of cells that reset after the product, of the state.
func (g *gruCell) bias(c *Context, i int) *ir.Value {
	if !g.after {
		return g.weight(c, "bias", 3*g.units)
	}
	v := g.weight(c, "bias", 2, 3*g.units)
	row := tensor.View[float32](v.Const)[i*3*g.units : (i+1)*3*g.units]
	return c.Const(fmt.Sprintf("%s/bias_%d", c.name, i), tensor.F32(tensor.Shape{3 * g.units}, row...))
}

func (g *gruCell) step(c *Context, x *ir.Value, state []*ir.Value) (*ir.Value, []*ir.Value) {
	h := state[0]
	gate := func(v *ir.Value) *ir.Value { return g.activate(c, "recurrent_activation", "sigmoid", v) }
	in := c.split(x, 1, 3)
	var z, candidate *ir.Value
	if g.after {
		inner := g.again(c, h, 3)
		if g.biased() {
			inner = c.add(inner, g.bias(c, 1))
		}
		own := c.split(inner, 1, 3)
		z = gate(c.add(in[0], own[0]))
		candidate = c.add(in[2], c.mul(gate(c.add(in[1], own[1])), own[2]))
	} else {
		kernel := g.weight(c, "recurrent_kernel", g.units, 3*g.units)
		both := c.TF("Slice", nil, kernel, c.I32s(0, 0), c.I32s(-1, 2*g.units))
		last := c.TF("Slice", nil, kernel, c.I32s(0, 2*g.units), c.I32s(-1, g.units))
		own := c.split(c.TF("MatMul", nil, h, both), 1, 2)
		z = gate(c.add(in[0], own[0]))
		reset := gate(c.add(in[1], own[1]))
		candidate = c.add(in[2], c.TF("MatMul", nil, c.mul(reset, h), last))
	}
	candidate = g.activate(c, "activation", "tanh", candidate)
	next := c.add(c.mul(z, h), c.mul(c.sub(c.F32(1), z), candidate))
	return next, []*ir.Value{next}
}

// simpleCell is the activation of the input and the last output.
type simpleCell struct{ gates }

func (s *simpleCell) states() []int { return []int{s.units} }

func (s *simpleCell) prepare(c *Context, x *ir.Value) *ir.Value {
	return s.project(c, x, 1, s.biased())
}

func (s *simpleCell) step(c *Context, x *ir.Value, state []*ir.Value) (*ir.Value, []*ir.Value) {
	h := s.activate(c, "activation", "tanh", c.add(x, s.again(c, state[0], 1)))
	return h, []*ir.Value{h}
}

// stackedCells feed each other in every step.
type stackedCells struct{ cells []cell }

func (s *stackedCells) states() (list []int) {
	for _, one := range s.cells {
		list = append(list, one.states()...)
	}
	return list
}

// output returns which state is the output: the last cell's first.
func (s *stackedCells) output() (at int) {
	for _, one := range s.cells[:len(s.cells)-1] {
		at += len(one.states())
	}
	return at
}

func (s *stackedCells) prepare(c *Context, x *ir.Value) *ir.Value { return s.cells[0].prepare(c, x) }

func (s *stackedCells) step(c *Context, x *ir.Value, state []*ir.Value) (y *ir.Value, next []*ir.Value) {
	y = x
	for i, one := range s.cells {
		if i > 0 { // what others prepare for all steps at once
			dims := c.Dims(y)
			wide := c.Reshape(y, dims[0], oneDim, dims[1])
			wide = one.prepare(c, wide)
			y = c.Reshape(wide, dims[0], c.Dims(wide)[2])
		}
		n := len(one.states())
		var mine []*ir.Value
		y, mine = one.step(c, y, state[:n])
		state, next = state[n:], append(next, mine...)
	}
	return y, next
}
