package quantize

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/quant"
)

// solver gives values their types, starting from those that are given and those of constants. A value's type, once there, stays: who wants
// another one gets a requantize.
type solver struct {
	*graph
	state     map[*value]*quant.Type
	immutable map[*value]bool // given: by a range, or by the source
	wishes    map[*value][]wish
	weights   map[*operation]bool // constants that take their type from their content
	axis      map[*operation]int
	fit       map[*operation]Fit
	work      []*operation // a stack
	done      map[*operation]bool
}

// wish is a requantize of a value: towards its producer (the producer makes typ, the value keeps its own), or in front of the given users.
type wish struct {
	producer bool
	typ      *quant.Type
	users    []use
}

// propagate decides the types of all values.
func (g *graph) propagate() *solver {
	s := &solver{
		graph: g, state: map[*value]*quant.Type{}, immutable: map[*value]bool{}, wishes: map[*value][]wish{},
		weights: map[*operation]bool{}, axis: map[*operation]int{}, fit: map[*operation]Fit{}, done: map[*operation]bool{},
	}
	s.constants()
	for _, v := range g.inputs {
		s.enter(throughPair(v))
	}
	for o := g.first; o != nil; o = o.next {
		if !g.takesPart(o) {
			continue
		}
		s.work = append(s.work, o)
		for i := range o.inputs {
			if o.inputs[i] != nil {
				s.operand(o, i)
			}
		}
		for i := range o.outputs {
			s.result(o, i)
		}
	}
	for len(s.work) > 0 {
		o := s.work[len(s.work)-1]
		s.work = s.work[:len(s.work)-1]
		if !s.done[o] {
			s.done[o] = s.visit(o)
		}
	}
	return s
}

// takesPart reports whether types flow through o.
func (g *graph) takesPart(o *operation) bool { return o.is(constant) || g.integer(o) || g.shares(o) }

// constants tells weights from constants that take a type from their users: biases, and operands that share. A constant of the
// latter kind that is used more than once is copied for each use.
func (s *solver) constants() {
	for _, c := range s.operations() {
		if !c.is(constant) {
			continue
		}
		v := c.outputs[0]
		data := v.floats()
		if len(data) == 0 || math.IsNaN(float64(data[0])) || math.IsInf(float64(data[0]), 0) {
			continue
		}
		if len(v.uses) > 0 && !slices.ContainsFunc(v.uses, func(u use) bool { return !operandOfCell(u) }) {
			continue // they follow from others
		}
		uses := slices.Clone(v.uses)
		for _, u := range uses {
			r, _ := s.rule(u.by)
			switch {
			case r.Bias != nil && r.Bias.Input == u.i, s.shares(u.by), u.by.is("QUANTIZE"):
				if len(uses) > 1 {
					n := copyConstant(c)
					s.insertBefore(c, n)
					u.by.setInput(u.i, n.outputs[0])
				}
			default:
				s.weights[c] = true
				if _, ok := s.axis[c]; !ok && r.Weight != nil && r.Weight.Input == u.i {
					s.axis[c], s.fit[c] = s.scales(u.by, r.Weight.Axis), s.fitOf(u.by, u.i)
				}
			}
		}
	}
}

// scales returns the dimension along which the weights of o have a scale each, axis if the options do not want one scale for all.
func (g *graph) scales(o *operation, axis int) int {
	if g.choice(o).PerTensor {
		return quant.PerTensorAxis
	}
	return axis
}

// enter makes v known; a type that it has is given.
func (s *solver) enter(v *value) *value {
	if _, ok := s.state[v]; !ok {
		s.state[v] = v.quantized
		if v.quantized != nil {
			s.immutable[v] = true
		}
	}
	return v
}

// throughPair returns the quantized value of the pair behind v, or v if there is none.
func throughPair(v *value) *value {
	if u := v.onlyUser(); u.is("QUANTIZE") {
		return u.outputs[0]
	}
	return v
}

// operand returns the value that holds the type of operand i.
func (s *solver) operand(o *operation, i int) *value {
	v := o.inputs[i]
	if v.madeBy("DEQUANTIZE") {
		v = v.made.inputs[0]
	}
	return s.enter(v)
}

// result returns the value that holds the type of result i.
func (s *solver) result(o *operation, i int) *value { return s.enter(throughPair(o.outputs[i])) }

func (s *solver) setResult(o *operation, i int, t *quant.Type) {
	v := s.result(o, i)
	switch have := s.state[v]; {
	case have.Equal(t):
	case have != nil:
		s.wishes[v] = append(s.wishes[v], wish{producer: true, typ: t})
	default:
		s.state[v] = t
		for _, u := range o.outputs[i].uses {
			s.work = append(s.work, u.by)
		}
	}
}

func (s *solver) setOperand(o *operation, i int, t *quant.Type) {
	v := s.operand(o, i)
	switch have := s.state[v]; {
	case have.Equal(t):
	case have != nil:
		same := func(w wish) bool { return w.typ.Equal(t) }
		if at := slices.IndexFunc(s.wishes[v], same); at >= 0 {
			s.wishes[v][at].users = append(s.wishes[v][at].users, use{o, i})
			return
		}
		s.wishes[v] = append(s.wishes[v], wish{typ: t, users: []use{{o, i}}})
	default:
		s.overrideOperand(o, i, t)
	}
}

func (s *solver) overrideOperand(o *operation, i int, t *quant.Type) {
	s.state[s.operand(o, i)] = t
	if made := o.inputs[i].made; made != nil {
		s.work = append(s.work, made)
	}
}

// visit lets types flow through o. It returns false if there is nothing to flow yet.
func (s *solver) visit(o *operation) bool {
	if o.is(constant) {
		s.visitConstant(o)
		return true
	}
	if s.shares(o) {
		t := s.shared(o)
		if t == nil {
			return false
		}
		for i, v := range o.inputs {
			if v != nil && v.float {
				s.setOperand(o, i, t)
			}
		}
		for i, v := range o.outputs {
			if v.float {
				s.setResult(o, i, t)
			}
		}
	}
	if t := s.fixed(o); t != nil {
		for i, v := range o.outputs {
			if v.float {
				s.setResult(o, i, t)
			}
		}
	}
	if r, _ := s.rule(o); r.Bias != nil && o.input(r.Bias.Input) != nil {
		return s.visitBias(o, *r.Bias)
	}
	return true
}

func (s *solver) visitConstant(o *operation) {
	if !s.weights[o] || s.state[s.result(o, 0)] != nil {
		return
	}
	v := o.outputs[0]
	t := quant.Constant
	if axis, ok := s.axis[o]; ok && axis < len(v.typ.Shape) {
		t = func(data []float32) *quant.Type { return s.fit[o].of(quant.Weight(data, v.typ.Shape, axis), v) }
	}
	s.setResult(o, 0, t(v.floats()))
}

// shared returns the type that an operator gives to all its operands and results, or nil if it has none yet. Given types come first; a
// single operand before a single result before the first of many. Operands that are no floats count as operands.
func (s *solver) shared(o *operation) *quant.Type {
	var operands, results []*value
	for i, v := range o.inputs {
		if v != nil {
			operands = append(operands, s.operand(o, i))
		}
	}
	for i := range o.outputs {
		results = append(results, s.result(o, i))
	}
	given := func(v *value) bool { return s.immutable[v] }
	filled := func(v *value) bool { return s.state[v] != nil }
	for _, counts := range []func(v *value) bool{given, filled} {
		in, out := filter(operands, counts), filter(results, counts)
		switch {
		case len(o.inputs) == 1 && len(in) == 1:
			return s.state[in[0]]
		case len(results) == 1 && len(out) == 1:
			return s.state[out[0]]
		case len(in) > 0:
			return s.state[in[0]]
		case len(out) > 0:
			return s.state[out[0]]
		}
	}
	return nil
}

func filter(values []*value, keep func(*value) bool) []*value {
	var kept []*value
	for _, v := range values {
		if keep(v) {
			kept = append(kept, v)
		}
	}
	return kept
}
