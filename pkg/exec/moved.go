package exec

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Moved says what a value holds that is not looked at: each element of others once, which are observed themselves, and zeros. It is computed as often as they are,
// from what they hold then, or they from what it holds: its statistics are theirs together.
type Moved struct {
	From  []*ir.Value
	Zeros int // so many of them
	Of    int // come to so many elements of all others; 0 if there are no zeros
}

// Moved returns the float32 values whose statistics follow from others'. The map is shared.
func (p *Program) Moved() map[*ir.Value]Moved { return p.moved }

// findMoved finds what Moved returns, in graphs that are compiled.
func (p *Program) findMoved(graphs []int) {
	p.moved = map[*ir.Value]Moved{}
	for _, g := range graphs {
		pl := p.plans[g]
		p.findCut(pl)
		for i := range pl.steps {
			s := &pl.steps[i]
			if s.op == nil || len(s.out) != 1 || s.node.Outputs[0].Type.DType != tensor.Float32 {
				continue
			}
			if m, ok := p.sources(pl, s); ok && len(m.From) > 0 {
				p.moved[s.node.Outputs[0]] = m
			}
		}
	}
}

// findCut finds results of operators that are cut into parts, each element into one: the parts tell what there is to know.
func (p *Program) findCut(pl *plan) {
	for i := range pl.steps {
		made := &pl.steps[i]
		if made.op == nil || made.op.Moves || made.op.Pads || len(made.out) != 1 {
			continue
		}
		for j := i + 1; j < len(pl.steps); j++ {
			s := &pl.steps[j]
			if s.op == nil || !s.op.Cuts || !slices.Contains(s.in, made.out[0]) {
				continue
			}
			if v := made.node.Outputs[0]; v.Type.DType == tensor.Float32 {
				p.moved[v] = Moved{From: s.node.Outputs}
			}
			break
		}
	}
}

// sources returns the observed values whose elements a step moves, and false if it moves others, too.
func (p *Program) sources(pl *plan, s *step) (m Moved, ok bool) {
	if !s.op.Moves && !s.op.Pads || p.moved[s.node.Outputs[0]].From != nil {
		return m, false
	}
	counted := s.op.Pads // how many elements each of them has must be known
	for j, v := range s.node.Inputs {
		if v == nil || v.Type.DType != tensor.Float32 || s.op.Pads && j > 0 {
			continue
		}
		if v.Const != nil || v.Variable || pl.slots[s.in[j]].place == unused {
			return m, false
		}
		if o, ok := p.moved[v]; ok {
			m.From = append(m.From, o.From...)
			m.Zeros += o.Zeros
			counted = counted || o.Zeros > 0
		} else {
			m.From = append(m.From, v)
		}
	}
	m.From = slices.Clip(m.From)
	if !counted {
		return m, true
	}
	index := map[*ir.Value]int{}
	for i := range pl.slots {
		index[pl.slots[i].value] = i
	}
	for _, v := range m.From {
		i, ok := index[v]
		if !ok || pl.slots[i].static == nil {
			return m, false
		}
		m.Of += pl.slots[i].static.Elements()
	}
	out := pl.slots[s.out[0]].static
	if out == nil || m.Of == 0 {
		return m, false
	}
	m.Zeros = out.Elements() - m.Of
	if m.Zeros == 0 {
		m.Of = 0
	}
	return m, true
}
