package pass

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// addIntermediates gives operators the values that stand for what is inside them, where they lack them: empty ones at the end of the graph's list, as TensorFlow's
// calibrator adds and names them.
func addIntermediates(m *ir.Model) (changed bool, err error) {
	for _, g := range m.Graphs {
		for i, n := range g.Nodes {
			if len(n.Intermediates) > 0 {
				continue
			}
			for j := range op.CellOf(n).Inside {
				v := &ir.Value{Name: fmt.Sprintf("intermediate_%d_%d", i, j), Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{0}}}
				n.Intermediates = append(n.Intermediates, g.Add(v))
				changed = true
			}
		}
	}
	return changed, nil
}
