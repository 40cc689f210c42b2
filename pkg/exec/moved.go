package exec

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Moved returns the float32 values that hold the elements of others, each once, and these others, which are observed themselves. Such a value is computed as often as
// they are, from what they hold then: its statistics are theirs together. The map is shared.
func (p *Program) Moved() map[*ir.Value][]*ir.Value { return p.moved }

// findMoved finds what Moved returns, in graphs that are compiled.
func (p *Program) findMoved(graphs []int) {
	p.moved = map[*ir.Value][]*ir.Value{}
	for _, g := range graphs {
		pl := p.plans[g]
		for i := range pl.steps {
			s := &pl.steps[i]
			if s.op == nil || !s.op.Moves || len(s.out) != 1 || s.node.Outputs[0].Type.DType != tensor.Float32 {
				continue
			}
			if from := p.sources(pl, s); len(from) > 0 {
				p.moved[s.node.Outputs[0]] = from
			}
		}
	}
}

// sources returns the observed values whose elements a step moves, nil if it moves others, too.
func (p *Program) sources(pl *plan, s *step) (from []*ir.Value) {
	for j, v := range s.node.Inputs {
		switch {
		case v == nil || v.Type.DType != tensor.Float32:
		case v.Const != nil || v.Variable || pl.slots[s.in[j]].place == unused:
			return nil
		case p.moved[v] != nil:
			from = append(from, p.moved[v]...)
		default:
			from = append(from, v)
		}
	}
	return slices.Clip(from)
}
