package pass

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// mergeCounters makes two variables of a loop one that begin alike and change alike, such as the counter of the rounds and that of the steps of a sequence.
func mergeCounters(m *ir.Model) (changed bool, err error) {
	acts, calls := acting(m), callers(m)
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			if a, ok := n.Attr.(*op.While); ok && calls[a.Cond] == 1 && calls[a.Body] == 1 && !acts(n) {
				l := loop{m.Graphs[a.Cond], m.Graphs[a.Body], n}
				changed = l.merge(g) || changed
			}
		}
	}
	return changed, nil
}

// merge makes those who read a variable that is like an earlier one read that.
func (l *loop) merge(g *ir.Graph) (changed bool) {
	makers := l.body.Producers()
	for j := range l.node.Inputs {
		for i := range j {
			if !sameContent(l.node.Inputs[i], l.node.Inputs[j]) || !l.step(makers, i, j) {
				continue
			}
			changed = substitute(l.body, l.body.Inputs[j], l.body.Inputs[i]) || changed
			changed = substitute(l.cond, l.cond.Inputs[j], l.cond.Inputs[i]) || changed
			changed = substitute(g, l.node.Outputs[j], l.node.Outputs[i]) || changed
			break
		}
	}
	return changed
}

// step reports whether the body makes the next values of two variables by the same operator, of the same operands but for the variables themselves.
func (l *loop) step(makers map[*ir.Value]*ir.Node, i, j int) bool {
	m, n := makers[l.body.Outputs[i]], makers[l.body.Outputs[j]]
	if m == nil || n == nil || m.Op != n.Op || len(m.Outputs) != 1 || len(m.Inputs) != len(n.Inputs) || !slices.Contains([]string{"ADD", "SUB", "MUL"}, m.Op) ||
		!unquantized(m) || !unquantized(n) || !reflect.DeepEqual(m.Attr, n.Attr) {
		return false
	}
	for k, x := range m.Inputs {
		if y := n.Inputs[k]; !sameContent(x, y) && (x != l.body.Inputs[i] || y != l.body.Inputs[j]) {
			return false
		}
	}
	return true
}

// sameContent reports whether two values are the same, or constants of the same content.
func sameContent(x, y *ir.Value) bool {
	if x == y {
		return true
	}
	return x != nil && y != nil && x.Const != nil && y.Const != nil && x.Sparsity == nil && y.Sparsity == nil && x.Type.DType == y.Type.DType &&
		x.Type.Shape.Equal(y.Type.Shape) && bytes.Equal(x.Const.Data, y.Const.Data)
}
