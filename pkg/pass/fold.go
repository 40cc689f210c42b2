package pass

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// foldDensify turns DENSIFY of a constant into a constant.
func foldDensify(m *ir.Model) (bool, error) { return fold(m, "DENSIFY") }

// foldDequantize turns DEQUANTIZE of a constant into a constant.
func foldDequantize(m *ir.Model) (bool, error) { return fold(m, "DEQUANTIZE") }

// fold runs every node of the given operator whose operand is a constant, by the operator's own kernel, and makes its result a constant in the
// same place of the graph's list. Operands that nothing reads any more are removed.
func fold(m *ir.Model, name string) (changed bool, err error) {
	o := op.Set.Lookup(name)
	for i, g := range m.Graphs {
		before := len(g.Nodes)
		g.Nodes = slices.DeleteFunc(g.Nodes, func(n *ir.Node) bool {
			if err != nil || n.Op != name || len(n.Inputs) != 1 || n.Inputs[0] == nil || n.Inputs[0].Const == nil {
				return false
			}
			if err = evaluate(o, n); err != nil {
				err = fmt.Errorf("graph %d: %s %q: %w", i, name, n.Outputs[0].Name, err)
				return false
			}
			return true
		})
		if err != nil {
			return changed, err
		}
		if len(g.Nodes) < before {
			changed = true
			g.Sweep(m.Ports(i)...)
		}
	}
	return changed, nil
}

// A sparse constant may be mostLoose times as large when it is dense, and looseBytes more: a file of a few bytes must not take all memory.
const (
	mostLoose  = 1 << 10
	looseBytes = 64 << 20
)

// tooDense returns an error if a constant's dense form is out of proportion to what is stored.
func tooDense(v *ir.Value, dense ir.Type) error {
	if v.Sparsity == nil {
		return nil
	}
	stored := len(v.Const.Data)
	for _, d := range v.Sparsity.Dims {
		stored += 4 * (len(d.Segments) + len(d.Indices))
	}
	if n := dense.DType.Bytes(dense.Shape.Elements()); n > mostLoose*stored+looseBytes {
		return fmt.Errorf("%d bytes are stored, and %d when they are dense: more than %d times as many", stored, n, mostLoose)
	}
	return nil
}

// evaluate computes a node of one constant operand and makes its result a constant.
func evaluate(o *op.Op, n *ir.Node) error {
	v := n.Inputs[0]
	in := []*tensor.Tensor{{DType: v.Type.DType, Shape: v.Type.Shape, Data: v.Const.Data}}
	types, err := o.Infer(n, in)
	if err != nil {
		return err
	}
	want := n.Outputs[0].Type
	if len(types) != 1 || types[0].DType != want.DType || !types[0].Static() || !types[0].Shape.Equal(want.Shape) {
		return fmt.Errorf("is declared %v and is %v", want, types)
	}
	if err := tooDense(v, want); err != nil {
		return err
	}
	out := []*tensor.Tensor{tensor.New(want.DType, want.Shape)}
	kernel, err := o.Kernel(n, in, out)
	if err != nil {
		return err
	}
	if err := kernel(&op.Call{Node: n, In: in, Out: out}); err != nil {
		return err
	}
	n.Outputs[0].Const = out[0]
	return nil
}
