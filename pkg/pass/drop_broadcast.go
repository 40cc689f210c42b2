package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// dropBroadcast lets operators that broadcast read what was repeated to the size of another operand: the operand of BROADCAST_TO and of a TILE that does
// the same, the number of FILL and ZEROS_LIKE, and one number instead of a constant that holds nothing else.
var dropBroadcast = broadcasting(broadcastRanks)

// broadcastRanks says up to which rank runtimes broadcast the operands of an operator.
var broadcastRanks = map[string]int{
	"ADD": 6, "SUB": 6, "MUL": 6, "DIV": 6,
	"MAXIMUM": 5, "MINIMUM": 5, "SELECT_V2": 5,
	"POW": 4, "FLOOR_DIV": 4, "FLOOR_MOD": 4, "SQUARED_DIFFERENCE": 4,
	"EQUAL": 4, "NOT_EQUAL": 4, "LESS": 4, "LESS_EQUAL": 4, "GREATER": 4, "GREATER_EQUAL": 4,
	"LOGICAL_AND": 8, "LOGICAL_OR": 8,
}

func broadcasting(ops map[string]int) rules {
	set := rules{}
	for name := range ops {
		set[name] = []rule{repeatedOperand}
	}
	return set
}

func repeatedOperand(r *rewriter, n *ir.Node) bool {
	out := n.Outputs[0].Type
	if out.Unranked || len(out.Shape) > broadcastRanks[n.Op] || !unquantized(n) {
		return false
	}
	for i, v := range n.Inputs {
		narrow, model := r.unrepeated(v)
		if narrow == nil || narrow.Shape.Equal(v.Type.Shape) {
			continue
		}
		others := tensor.Shape{}
		sure := false // the result has the shape of the other operands for sure
		for j, w := range n.Inputs {
			if j == i {
				continue
			}
			var err error
			if others, err = tensor.Broadcast(others, w.Type.Shape); err != nil || w.Type.Unranked {
				return false
			}
			sure = sure || w == model || within(v.Type.Shape, w.Type)
		}
		if shape, err := tensor.Broadcast(narrow.Shape, others); !sure && (err != nil || !shape.Static() || !shape.Equal(out.Shape)) {
			continue
		}
		if sure && len(narrow.Shape) > len(out.Shape) {
			continue
		}
		r.setInput(n, i, narrow.value(r))
		r.drop(r.maker[v])
		return true
	}
	return false
}

// source is what was repeated: a value, or a constant that is still to be made.
type source struct {
	tensor.Shape
	made  *ir.Value
	name  string
	fresh *tensor.Tensor
}

func (s *source) value(r *rewriter) *ir.Value {
	if s.made != nil {
		return s.made
	}
	return r.constant(s.name, s.fresh)
}

// unrepeated returns what v repeats, nil if it repeats nothing; model is a value whose shape v has for sure, if one is known.
func (r *rewriter) unrepeated(v *ir.Value) (s *source, model *ir.Value) {
	if v.Const != nil {
		return single(v), nil
	}
	n := r.by(v, "BROADCAST_TO", "FILL", "TILE", "ZEROS_LIKE")
	if n == nil || !unquantized(n) || n.Inputs[0].Type.Unranked {
		return nil, nil
	}
	x := n.Inputs[0]
	switch n.Op {
	case "FILL":
		return &source{Shape: n.Inputs[1].Type.Shape, made: n.Inputs[1]}, r.shapedLike(n.Inputs[0])
	case "BROADCAST_TO":
		return &source{Shape: x.Type.Shape, made: x}, r.shapedLike(n.Inputs[1])
	case "ZEROS_LIKE":
		return &source{name: v.Name, fresh: tensor.New(v.Type.DType, tensor.Shape{})}, x
	}
	times, ok := ints(n.Inputs[1])
	for i, d := range x.Type.Shape {
		if d != 1 && (!ok || len(times) != len(x.Type.Shape) || times[i] != 1) {
			return nil, nil
		}
	}
	return &source{Shape: x.Type.Shape, made: x}, nil
}

// shapedLike returns the value whose shape the elements of v are, if v is the result of SHAPE.
func (r *rewriter) shapedLike(v *ir.Value) *ir.Value {
	if n := r.by(v, "SHAPE"); n != nil {
		return n.Inputs[0]
	}
	return nil
}

// single returns the one number that a constant of several elements holds, nil if it holds different ones.
func single(v *ir.Value) *source {
	size := v.Type.DType.Size()
	data := v.Const.Data
	if v.Sparsity != nil || v.Quant != nil || size == 0 || len(data) <= size {
		return nil
	}
	for i := size; i < len(data); i += size {
		if string(data[i:i+size]) != string(data[:size]) {
			return nil
		}
	}
	one := tensor.New(v.Type.DType, tensor.Shape{})
	copy(one.Data, data)
	return &source{name: v.Name, fresh: one}
}
