package convert

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// simulate makes a quantized model, whose integer operators need not have kernels, compute on floats instead: on the real numbers that its constants stand for, and on those that
// activations stand for once the result of each operator was stored in its integers. What integer kernels lose within an operator is not in it. It changes the model.
func simulate(m *ir.Model) error {
	for i, g := range m.Graphs {
		s := simulation{graph: g, real: map[*ir.Value]*ir.Value{}}
		if err := s.run(); err != nil {
			return fmt.Errorf("graph %d %q: %w", i, g.Name, err)
		}
	}
	return nil
}

// simulation is the work on one graph.
type simulation struct {
	graph *ir.Graph
	real  map[*ir.Value]*ir.Value // of stored values: those that hold the real numbers
	nodes []*ir.Node
}

func (s *simulation) run() error {
	for _, v := range s.graph.Inputs {
		if stored(v) {
			s.dequantize(v)
		}
	}
	for _, n := range s.graph.Nodes {
		if n.Op != "DEQUANTIZE" {
			n.Inputs = slices.Clone(n.Inputs)
			for i, v := range n.Inputs {
				if v == nil || !stored(v) {
					continue
				}
				real, err := s.realOf(v)
				if err != nil {
					return err
				}
				n.Inputs[i] = real
			}
		}
		s.nodes = append(s.nodes, n)
		n.Outputs = slices.Clone(n.Outputs)
		for i, v := range n.Outputs {
			if !stored(v) {
				continue
			}
			if n.Op != "QUANTIZE" {
				n.Outputs[i] = s.add(v)
				s.nodes = append(s.nodes, &ir.Node{Op: "QUANTIZE", Inputs: []*ir.Value{n.Outputs[i]}, Outputs: []*ir.Value{v}})
			}
			s.dequantize(v)
		}
	}
	s.graph.Nodes = s.nodes
	return nil
}

// stored reports whether a value holds integers that stand for real numbers.
func stored(v *ir.Value) bool { return v.Quant != nil && !v.Type.DType.Float() }

// add returns a new float value of v's shape.
func (s *simulation) add(v *ir.Value) *ir.Value {
	return s.graph.Add(&ir.Value{Name: v.Name, Type: ir.Type{DType: tensor.Float32, Shape: v.Type.Shape}, Advertised: v.Advertised})
}

func (s *simulation) dequantize(v *ir.Value) {
	s.real[v] = s.add(v)
	s.nodes = append(s.nodes, &ir.Node{Op: "DEQUANTIZE", Inputs: []*ir.Value{v}, Outputs: []*ir.Value{s.real[v]}})
}

// realOf returns what holds the real numbers of a value that was made already, or of a constant.
func (s *simulation) realOf(v *ir.Value) (*ir.Value, error) {
	if s.real[v] != nil {
		return s.real[v], nil
	}
	if v.Const == nil {
		return nil, fmt.Errorf("%q is read before it is made", v.Name)
	}
	out := tensor.New(tensor.Float32, v.Const.Shape)
	switch v.Const.DType {
	case tensor.Int8:
		realNumbers[int8](out, v.Const, v.Quant)
	case tensor.Int16:
		realNumbers[int16](out, v.Const, v.Quant)
	case tensor.Int32:
		realNumbers[int32](out, v.Const, v.Quant)
	case tensor.Int64:
		// The kernel's integers have 32 bits at most; a bias has one number a channel, or one scale.
		real, scale := tensor.View[float32](out), v.Quant.Scale
		for i, q := range tensor.View[int64](v.Const) {
			real[i] = float32(float64(scale[i%len(scale)]) * float64(q))
		}
	default:
		return nil, fmt.Errorf("constant %q of type %v is quantized", v.Name, v.Const.DType)
	}
	s.real[v] = s.graph.AddConst(v.Name, out)
	return s.real[v], nil
}

func realNumbers[T int8 | int16 | int32](out, stored *tensor.Tensor, q *quant.Params) {
	inner := 1
	if q.PerAxis() {
		inner = out.Shape[q.Axis+1:].Elements()
	}
	kernel.Dequantize(tensor.View[float32](out), tensor.View[T](stored), q.Scale, q.Zero, inner)
}
