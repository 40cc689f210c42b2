package tflite

import (
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

func (e *encoder) graph(g *ir.Graph, index map[*ir.Value]int) (*schema.SubGraphT, error) {
	carry, _ := carried[GraphCarry](g.Carry)
	s := &schema.SubGraphT{Name: g.Name, DebugMetadataIndex: int32(carry.Debug - 1)}
	for i, v := range g.Values {
		t, err := e.tensor(v, index)
		if err != nil {
			return nil, fmt.Errorf("value %d %q: %w", i, v.Name, err)
		}
		s.Tensors = append(s.Tensors, t)
	}
	var err error
	if s.Inputs, err = numbers("input", g.Inputs, index); err != nil {
		return nil, err
	}
	if s.Outputs, err = numbers("output", g.Outputs, index); err != nil {
		return nil, err
	}
	for i, n := range g.Nodes {
		o, err := e.node(n, index)
		if err != nil {
			return nil, fmt.Errorf("node %d %s: %w", i, n.Op, err)
		}
		s.Operators = append(s.Operators, o)
	}
	return s, nil
}

// numbers returns the numbers of values, -1 for nil. The list is never nil, since some runtimes don't expect a file to leave it out.
func numbers(what string, values []*ir.Value, index map[*ir.Value]int) ([]int32, error) {
	list := make([]int32, len(values))
	for i, v := range values {
		n, ok := index[v]
		switch {
		case v == nil:
			n = -1
		case !ok:
			return nil, fmt.Errorf("%s %d %q is no value of the graph", what, i, v.Name)
		}
		list[i] = int32(n)
	}
	return list, nil
}

func (e *encoder) tensor(v *ir.Value, index map[*ir.Value]int) (*schema.TensorT, error) {
	carry, _ := carried[TensorCarry](v.Carry)
	t := &schema.TensorT{
		Name: v.Name, Type: encodeDType(v.Type.DType), IsVariable: v.Variable,
		HasRank: !v.Type.Unranked && !carry.NoRank, VariantTensors: carry.Variants,
	}
	if decodeDType(t.Type) != v.Type.DType {
		return nil, fmt.Errorf("the file format has no element type %v", v.Type.DType)
	}
	shape, advertised := possible(v.Type.Shape, v.Advertised)
	var err error
	if t.Shape, err = int32s("shape", append([]int{}, shape...)); err != nil {
		return nil, err
	}
	if t.ShapeSignature, err = int32s("advertised shape", advertised); err != nil {
		return nil, err
	}
	if v.Sparsity != nil {
		if t.Sparsity, err = encodeSparsity(v.Sparsity); err != nil {
			return nil, fmt.Errorf("sparsity: %w", err)
		}
	}
	if t.Quantization, err = encodeQuantization(v, carry, index); err != nil {
		return nil, fmt.Errorf("quantization: %w", err)
	}
	if c := v.Const; c != nil {
		if n := c.Elements(); v.Sparsity == nil && c.DType.Bits() > 0 && (n < 0 || c.DType.Bytes(n) != len(c.Data)) {
			return nil, fmt.Errorf("%v%v holds %d bytes", c.DType, c.Shape, len(c.Data))
		}
		t.Buffer = e.share(c.Data)
	}
	return t, nil
}

func (e *encoder) node(n *ir.Node, index map[*ir.Value]int) (*schema.OperatorT, error) {
	carry, _ := carried[NodeCarry](n.Carry)
	o := &schema.OperatorT{
		CustomOptionsFormat: carry.CustomOptionsFormat, MutatingVariableInputs: n.Mutates,
		DebugMetadataIndex: int32(carry.Debug - 1),
	}
	var err error
	if o.OpcodeIndex, err = e.code(n); err != nil {
		return nil, err
	}
	if o.Inputs, err = numbers("input", n.Inputs, index); err != nil {
		return nil, err
	}
	if o.Outputs, err = numbers("output", n.Outputs, index); err != nil {
		return nil, err
	}
	if len(n.Intermediates) > 0 {
		if o.Intermediates, err = numbers("intermediate", n.Intermediates, index); err != nil {
			return nil, err
		}
	}
	options := carry.CustomOptions
	if c, ok := n.Attr.(*op.Custom); ok {
		options = c.Options
	} else if o.BuiltinOptions, o.BuiltinOptions2, err = encodeOptions(n.Op, n.Attr, carry.Options); err != nil {
		return nil, err
	}
	if len(options) > math.MaxInt32 {
		return nil, fmt.Errorf("has %d bytes of custom options", len(options))
	}
	if len(options) > 0 {
		e.custom = append(e.custom, custom{o, options})
	}
	return o, nil
}
