package pass

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// foldLimit is the size in bytes up to which a result is folded even where it is larger than its operands together.
const foldLimit = 1 << 20

// unfolded are the operators that stand for what a file says of its numbers, and are not folded.
var unfolded = []string{"DEQUANTIZE", "QUANTIZE", "FAKE_QUANT", "DENSIFY"}

// random are the operators whose results differ from node to node and from run to run.
var random = []string{"RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL"}

// foldConstants turns the results of nodes whose operands are all constants into constants, by the operators' own kernels, and those that follow from the types of
// their operands. What can't be computed, such as a division by zero, stays.
func foldConstants(m *ir.Model) (changed bool, err error) {
	for i, g := range m.Graphs {
		before := len(g.Nodes)
		g.Nodes = slices.DeleteFunc(g.Nodes, foldNode)
		if len(g.Nodes) < before {
			changed = true
			g.Sweep(m.Ports(i)...)
		}
	}
	return changed, nil
}

// foldNode makes the results of a node constants if they can be, and reports whether it did.
func foldNode(n *ir.Node) bool {
	o := op.Set.Lookup(n.Op)
	if o == nil || !o.Executable() || len(n.Inputs) == 0 || slices.Contains(unfolded, n.Op) || slices.Contains(random, n.Op) || !unquantized(n) {
		return false
	}
	in := make([]*tensor.Tensor, len(n.Inputs))
	size := 0
	for i, v := range n.Inputs {
		switch {
		case v == nil:
			continue
		case o.TypesOnly && v.Type.Static() && !v.Variable:
			in[i] = &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape}
			continue
		case v.Const == nil || v.Sparsity != nil:
			return false
		}
		in[i] = v.Const
		size += len(v.Const.Data)
	}
	out, err := compute(o, n, in, max(size, foldLimit))
	if err != nil {
		return false
	}
	for i, v := range n.Outputs {
		v.Type.Shape, v.Type.Unranked, v.Const, v.Advertised = out[i].Shape, false, out[i], nil
	}
	return true
}

// compute runs a node on operands with content and returns its results, unless one is larger than limit bytes.
func compute(o *op.Op, n *ir.Node, in []*tensor.Tensor, limit int) ([]*tensor.Tensor, error) {
	types, err := o.Infer(n, in)
	if err != nil {
		return nil, err
	}
	if len(types) != len(n.Outputs) {
		return nil, fmt.Errorf("has %d results, its operator makes %d", len(n.Outputs), len(types))
	}
	out := make([]*tensor.Tensor, len(types))
	for i, t := range types {
		if want := n.Outputs[i].Type; !t.Static() || t.DType.Bits() == 0 || t.DType != want.DType || !want.Unranked && !implies(t, want) {
			return nil, fmt.Errorf("is declared %v and is %v", want, t)
		}
		if t.DType.Bytes(t.Shape.Elements()) > limit {
			return nil, fmt.Errorf("result of type %v is too large", t)
		}
	}
	for i, t := range types {
		out[i] = tensor.New(t.DType, t.Shape)
	}
	kernel, err := o.Kernel(n, in, out)
	if err != nil {
		return nil, err
	}
	if err := kernel(&op.Call{Node: n, In: in, Out: out}); err != nil {
		return nil, err
	}
	return out, nil
}
