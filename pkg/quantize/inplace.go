package quantize

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// overwrite is an operand whose memory an operator uses for its result.
type overwrite struct{ operand, result *ir.Value }

// Operators that LiteRT's memory planner lets work in the memory of their first operands, by how many of them; those in shared leave the content as
// it is.
var (
	inPlace = map[string]int{"ADD": 2, "SUB": 2, "MUL": 2, "DIV": 2, "SOFTMAX": 1, "DYNAMIC_UPDATE_SLICE": 1}
	shared  = map[string]int{"RESHAPE": 1, "SQUEEZE": 1, "EXPAND_DIMS": 1, "BITCAST": 1}
)

// overwrites returns the operands that LiteRT's runtime overwrites, in the order of the nodes: used once, as large as the result and larger than
// 4 bytes, neither of them at the graph's border, constant, variable, or of unknown size.
func overwrites(g *ir.Graph) []overwrite {
	references := map[*ir.Value]int{}
	inputs, outputs := map[*ir.Value]bool{}, map[*ir.Value]bool{}
	for _, v := range g.Inputs {
		references[v]++
		inputs[v] = true
	}
	for _, v := range g.Outputs {
		references[v]++
		outputs[v] = true
	}
	for _, n := range g.Nodes {
		for _, v := range n.Inputs {
			references[v]++
		}
	}
	memory := map[*ir.Value]*ir.Value{} // whose memory a value uses, if not its own
	owner := func(v *ir.Value) *ir.Value {
		if w := memory[v]; w != nil {
			return w
		}
		return v
	}
	var list []overwrite
	for _, n := range g.Nodes {
		count, changes := inPlace[n.Op]
		if !changes {
			count = shared[n.Op]
		}
		if len(n.Outputs) == 0 || outputs[n.Outputs[0]] || !n.Outputs[0].Type.Static() {
			continue
		}
		out := n.Outputs[0]
		for _, v := range n.Inputs[:min(count, len(n.Inputs))] {
			if v == nil || inputs[v] || v.Const != nil || v.Variable || !v.Type.Static() || changes && (references[v] > 1 || !sameBytes(v, out)) {
				continue
			}
			if changes && references[owner(v)] > 1 {
				break
			}
			memory[out] = owner(v)
			if changes {
				list = append(list, overwrite{v, out})
			}
			break
		}
	}
	return list
}

func sameBytes(v, w *ir.Value) bool {
	n := bytes(v.Type)
	return n > 4 && n == bytes(w.Type)
}

func bytes(t ir.Type) int {
	if t.DType == tensor.String {
		return -1
	}
	return t.DType.Bytes(t.Shape.Elements())
}
