package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

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
	apart        bool // the last output follows the state: before the first step that counts it is 0, whatever the state that is given
}

// begin sets the state that the first step finds: what is given, or zeros.
func (r *recurrence) begin(given []*ir.Value) {
	sizes := r.cell.states()
	if given != nil && len(given) != len(sizes) {
		build.Damaged("is given %d states, and has %d", len(given), len(sizes))
	}
	r.initial = given
	for _, n := range sizes[len(given):] {
		r.initial = append(r.initial, r.c.zeros(r.batch, n))
	}
	if r.apart = given != nil && r.mask != nil && !r.zero; r.apart {
		r.initial = append(r.initial, r.c.zeros(r.batch, sizes[r.output()]))
	}
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
	n := len(r.cell.states())
	y, next := r.cell.step(c, x, state[:n])
	if mask == nil {
		return y, next
	}
	mask = c.TF("ExpandDims", nil, mask, c.I32(1))
	kept := make([]*ir.Value, n)
	for i := range next {
		kept[i] = c.where(mask, next[i], state[i])
	}
	switch {
	case r.zero:
		return c.where(mask, y, c.F32(0)), kept
	case r.apart:
		y = c.where(mask, y, state[n])
		return y, append(kept, y)
	}
	return kept[r.output()], kept
}

// run returns the last output, or all of them [batch, time, units], and the last state.
func (r *recurrence) run(x *ir.Value) (*ir.Value, []*ir.Value) {
	walk := r.loop
	if r.steps <= unrollLimit || r.steps <= unrollMost && r.c.Config.bool("unroll", false) {
		walk = r.unroll
	}
	y, last := walk(x)
	return y, last[:len(r.cell.states())]
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
	if r.apart {
		return last[n-1], last
	}
	return last[r.output()], last
}
