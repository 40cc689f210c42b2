package ir

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/tensor"
)

// Set is a vocabulary of operators.
type Set interface {
	// NewAttr returns the zero attributes of the operator, a pointer to a struct, or nil if it has none. ok is false if
	// the operator is unknown.
	NewAttr(op string) (attr Attr, ok bool)
	// Check reports whether the node's arity, attributes and types are what its operator demands.
	Check(n *Node) error
}

// Verify checks the invariants of a model: every value that is used is listed once and made once, before its use; constants hold
// as many bytes as their type says; ports and control flow name what exists; each node is what the set demands. It returns all violations, joined.
func Verify(m *Model, set Set) error {
	var errs []error
	if len(m.Graphs) == 0 {
		errs = append(errs, errors.New("model has no graph"))
	}
	for i, g := range m.Graphs {
		for _, err := range verifyGraph(g, set) {
			errs = append(errs, fmt.Errorf("graph %d %q: %w", i, g.Name, err))
		}
	}
	indices := make([]map[*Value]int, len(m.Graphs))
	for _, s := range m.Signatures {
		if s.Graph < 0 || s.Graph >= len(m.Graphs) {
			errs = append(errs, fmt.Errorf("signature %q: graph %d does not exist", s.Key, s.Graph))
			continue
		}
		if indices[s.Graph] == nil {
			indices[s.Graph] = m.Graphs[s.Graph].Index()
		}
		index := indices[s.Graph]
		for _, p := range append(append([]Port{}, s.Inputs...), s.Outputs...) {
			if _, ok := index[p.Value]; !ok {
				errs = append(errs, fmt.Errorf("signature %q: port %q is no value of graph %d", s.Key, p.Name, s.Graph))
			}
		}
	}
	return errors.Join(errs...)
}

func verifyGraph(g *Graph, set Set) (errs []error) {
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	listed := make(map[*Value]bool, len(g.Values))
	ready := make(map[*Value]bool, len(g.Values))
	for i, v := range g.Values {
		if v == nil {
			fail("value %d is nil", i)
			continue
		}
		if listed[v] {
			fail("value %q is listed twice", v.Name)
		}
		listed[v] = true
		ready[v] = v.Const != nil || v.Variable
		if err := verifyValue(v); err != nil {
			fail("value %q: %w", v.Name, err)
		}
	}
	for _, v := range g.Inputs {
		ready[v] = true
	}
	for i, n := range g.Nodes {
		where := fmt.Sprintf("node %d %s", i, n.Op)
		for j, v := range n.Inputs {
			switch {
			case v == nil:
			case !listed[v]:
				fail("%s: input %d is not listed", where, j)
			case !ready[v]:
				fail("%s: input %d %q is used before it is made", where, j, v.Name)
			}
		}
		for j, v := range n.Outputs {
			switch {
			case v == nil || !listed[v]:
				fail("%s: output %d is not listed", where, j)
			case ready[v]:
				fail("%s: output %d %q is made twice", where, j, v.Name)
			}
			ready[v] = true
		}
		if err := set.Check(n); err != nil {
			fail("%s: %w", where, err)
		}
	}
	for i, v := range g.Outputs {
		if !listed[v] || !ready[v] {
			fail("output %d is not made", i)
		}
	}
	return errs
}

func verifyValue(v *Value) error {
	if v.Const == nil {
		return nil
	}
	c := v.Const
	if c.DType != v.Type.DType || !c.Shape.Equal(v.Type.Shape) {
		return fmt.Errorf("is %v and holds %v%v", v.Type, c.DType, c.Shape)
	}
	if v.Sparsity != nil || c.DType.Bits() == 0 {
		return nil
	}
	if n := c.Elements(); n < 0 || c.DType.Bytes(n) != len(c.Data) {
		return fmt.Errorf("%v%v holds %d bytes", c.DType, c.Shape, len(c.Data))
	}
	if q := v.Quant; q != nil {
		return verifyQuant(q.Axis, len(q.Scale), len(q.Zero), c.Shape)
	}
	if b := v.Blocks; b != nil {
		return verifyBlocks(b, c.Shape)
	}
	return nil
}

func verifyBlocks(b *Blocks, shape tensor.Shape) error {
	if len(shape) != 2 || b.Size < 1 || shape[1]%b.Size != 0 {
		return fmt.Errorf("has blocks of %d in %v", b.Size, shape)
	}
	if want := (tensor.Shape{shape[0], shape[1] / b.Size}); b.Scales == nil || b.Scales.Const == nil || !b.Scales.Type.Shape.Equal(want) {
		return fmt.Errorf("has no constant scales of %v for blocks of %d", want, b.Size)
	}
	return nil
}

func verifyQuant(axis, scales, zeros int, shape tensor.Shape) error {
	if scales == 0 || scales != zeros {
		return fmt.Errorf("has %d scales and %d zero points", scales, zeros)
	}
	if scales > 1 && (axis < 0 || axis >= len(shape) || shape[axis] != scales) {
		return fmt.Errorf("has %d scales along axis %d of %v", scales, axis, shape)
	}
	return nil
}
