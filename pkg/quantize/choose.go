package quantize

import "github.com/octetlite/octet/pkg/quant"

// choice is what the Default rules decide on before types flow: a type for each value with a known range.
//
// Values that an operator only moves have the type of the value that they come from, their root. A root takes over the type of an
// operator's result that shares with it and other operands (CONCATENATION, MAXIMUM …) if nothing of its range is lost; otherwise a requantize
// stands in front of that operator, because types that differ meet there.
type choice struct {
	*graph
	root  map[*value]*value
	types map[*value]*quant.Type // by root
	fixed map[*value]bool        // roots with the fixed type of their operator
}

// chooseTypes returns the types that the Default rules give to values, nil for those that have none.
func (g *graph) chooseTypes() func(v *value) *quant.Type {
	g.findUnfit()
	c := &choice{graph: g, root: map[*value]*value{}, types: map[*value]*quant.Type{}, fixed: map[*value]bool{}}
	for _, v := range g.inputs {
		c.settle(v, observed(v))
	}
	for o := g.first; o != nil; o = o.next {
		if !o.is(constant) {
			c.forward(o)
		}
	}
	for o := g.last; o != nil; o = o.prev {
		c.backward(o)
	}
	return func(v *value) *quant.Type { return c.types[c.root[v]] }
}

func (c *choice) settle(v *value, t *quant.Type) {
	if v.float && t != nil && len(v.uses) > 0 {
		c.root[v], c.types[v] = v, t
	}
}

// forward gives the results of o their first types.
func (c *choice) forward(o *operation) {
	moved := c.moved(o)
	if moved != nil && c.root[moved] == nil && moved.floats() == nil {
		c.settle(moved, c.unionBehind(moved))
	}
	for _, v := range o.outputs {
		switch {
		case c.graph.fixed(o) != nil:
			c.settle(v, c.graph.fixed(o))
			c.fixed[v] = true
		case moved != nil && v.float && c.root[moved] != nil:
			c.root[v] = c.root[moved]
		case moved != nil && moved.floats() != nil:
			c.settle(v, span(moved.floats(), v.stat))
		default:
			c.settle(v, observed(v))
		}
	}
}

// unionBehind is the type of a value without a range that holds all that operators move from it; nil if nothing is known of that either.
func (c *choice) unionBehind(v *value) *quant.Type {
	var all *stat
	for _, u := range v.uses {
		if c.moved(u.by) != v {
			continue
		}
		for _, w := range u.by.outputs {
			switch {
			case w.stat == nil:
			case all == nil:
				all = &stat{w.stat.lo, w.stat.hi}
			default:
				all.lo, all.hi = min(all.lo, w.stat.lo), max(all.hi, w.stat.hi)
			}
		}
	}
	if all == nil {
		return nil
	}
	return quant.Activation(all.lo, all.hi)
}

// moved returns the operand of an operator that shares with no other float operand, or nil.
func (c *choice) moved(o *operation) *value {
	if !c.shares(o) || !c.integer(o) || floatOperands(o) != 1 {
		return nil
	}
	for _, v := range o.inputs {
		if v != nil && v.float {
			return v
		}
	}
	return nil
}

// span is the type of what a constant and a range hold together: rows of a table that no sample looked up are kept.
func span(data []float32, s *stat) *quant.Type {
	lo, hi := data[0], data[0]
	for _, x := range data {
		lo, hi = min(lo, x), max(hi, x)
	}
	if s != nil {
		lo, hi = min(lo, s.lo), max(hi, s.hi)
	}
	return quant.Activation(lo, hi)
}

// backward lets the operands of an operator that shares take over the type of its result where that fits.
func (c *choice) backward(o *operation) {
	if len(o.outputs) != 1 || !c.shares(o) || !c.integer(o) || c.moved(o) != nil {
		return
	}
	t := c.types[c.root[o.outputs[0]]]
	if t == nil {
		return
	}
	for _, v := range o.inputs {
		r := c.root[v]
		if v == nil || r == nil || c.fixed[r] || r == c.root[o.outputs[0]] {
			continue
		}
		if holds(t, c.types[r]) {
			c.types[r] = t
		}
	}
}

// holds reports whether t represents all that u does, up to half a step.
func holds(t, u *quant.Type) bool {
	lo, hi := t.Interval()
	ulo, uhi := u.Interval()
	half := float64(t.Scale[0] / 2) // converted, so that it is not fused with what follows
	return ulo >= lo-half && uhi <= hi+half
}
