package quantize

import (
	"fmt"
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// commutative operators get their constant operands on the right.
var commutative = map[string]bool{
	"ADD": true, "MUL": true, "MAXIMUM": true, "MINIMUM": true, "EQUAL": true, "NOT_EQUAL": true, "ADD_N": true,
	"LOGICAL_AND": true, "LOGICAL_OR": true,
}

// importGraph brings a graph into the form that is worked on. Constants stand in front, in the order in which nodes first read them. What old operators hold as attributes becomes
// operands as in today's, unless the graph is to stay plain: TFLiteConverter's older quantizer, which int16x8 follows, does not look at that.
func importGraph(g *ir.Graph, ranges map[*ir.Value]stat, compat Compat, plain bool) (*graph, error) {
	im := importer{graph: &graph{compat: compat}, ranges: ranges, values: map[*ir.Value]*value{}, plain: plain}
	for _, v := range g.Inputs {
		w, err := im.value(v)
		if err != nil {
			return nil, err
		}
		im.inputs = append(im.inputs, w)
	}
	var operations []*operation
	for i, n := range g.Nodes {
		o, err := im.node(n)
		if err != nil {
			return nil, fmt.Errorf("node %d %s: %w", i, n.Op, err)
		}
		operations = append(operations, o)
	}
	var outputs []*value
	for _, v := range g.Outputs {
		w, err := im.operand(v)
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, w)
	}
	im.ret = newOperation(result, outputs, nil)
	for _, o := range slices.Concat(im.constants, operations, []*operation{im.ret}) {
		im.append(o)
	}
	return im.graph, nil
}

type importer struct {
	*graph
	ranges    map[*ir.Value]stat
	values    map[*ir.Value]*value
	constants []*operation
	plain     bool
}

func (im *importer) node(n *ir.Node) (*operation, error) {
	if err := checkOperands(n); err != nil {
		return nil, err
	}
	var inputs, outputs []*value
	for _, v := range n.Inputs {
		w, err := im.operand(v)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, w)
	}
	if commutative[n.Op] {
		slices.SortStableFunc(inputs, func(a, b *value) int { return rank(a) - rank(b) })
	}
	for _, v := range n.Outputs {
		w, err := im.value(v)
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, w)
	}
	if a, ok := n.Attr.(*op.Reshape); ok && len(inputs) == 1 && !im.plain {
		inputs = append(inputs, im.shapeOperand(n.Outputs[0].Name+"/shape", a.NewShape))
	}
	o := newOperation(n.Op, inputs, outputs)
	o.attr, o.node = n.Attr, n
	var err error
	if len(outputs) > 0 {
		o.cell, err = im.cellOf(n, outputs[0])
	}
	return o, err
}

// checkOperands refuses a node without an operand that its operator needs. Recurrent operators and the like, which are only carried along, may lack
// any.
func checkOperands(n *ir.Node) error {
	o := op.Set.Lookup(n.Op)
	if o == nil || keepsState[n.Op] {
		return nil
	}
	bias := op.RuleOf(n.Op).Bias
	for i, v := range n.Inputs[:min(o.In.Min, len(n.Inputs))] {
		if v == nil && (bias == nil || bias.Input != i) {
			return fmt.Errorf("operand %d is absent", i)
		}
	}
	return nil
}

// shapeOperand makes a constant of what an old RESHAPE holds as an attribute.
func (im *importer) shapeOperand(name string, shape []int) *value {
	t := tensor.New(tensor.Int32, tensor.Shape{len(shape)})
	for i, n := range shape {
		tensor.View[int32](t)[i] = int32(n)
	}
	v := &value{name: name, typ: ir.Type{DType: t.DType, Shape: t.Shape}}
	c := newOperation(constant, nil, []*value{v})
	c.content = t
	im.constants = append(im.constants, c)
	return v
}

// rank sorts constants behind everything else.
func rank(v *value) int {
	if v.madeBy(constant) {
		return 1
	}
	return 0
}

// operand returns the value that stands for v; one that nothing has made yet is a constant or a variable.
func (im *importer) operand(v *ir.Value) (*value, error) {
	if v == nil {
		return nil, nil
	}
	if w := im.values[v]; w != nil {
		return w, nil
	}
	w, err := im.value(v)
	if err != nil {
		return nil, err
	}
	w.stat = nil
	c := newOperation(constant, nil, []*value{w})
	c.content = v.Const
	im.constants = append(im.constants, c)
	return w, nil
}

func (im *importer) value(v *ir.Value) (*value, error) {
	w := &value{name: v.Name, typ: v.Type, advertised: v.Advertised, source: v}
	im.values[v] = w
	w.float = v.Type.DType == tensor.Float32
	if w.float && v.Quant == nil {
		if s, ok := im.ranges[v]; ok {
			w.stat = &s
		}
	}
	if !w.float && v.Quant != nil {
		t, err := quantizedType(v)
		if err != nil {
			return nil, fmt.Errorf("value %q: %w", v.Name, err)
		}
		w.quantized, w.kept = t, true
	}
	return w, nil
}

// quantizedType is the type of a value that the source quantized.
func quantizedType(v *ir.Value) (*quant.Type, error) {
	bits := v.Type.DType.Bits()
	if bits == 0 || bits > 32 || len(v.Quant.Scale) == 0 {
		return nil, fmt.Errorf("%v with %d scales is no quantized type", v.Type, len(v.Quant.Scale))
	}
	t := &quant.Type{Axis: quant.PerTensorAxis, Bits: bits, Hi: math.MaxInt64 >> (64 - bits)}
	t.Lo = -t.Hi - 1
	if len(v.Quant.Zero) > 0 {
		t.Zero = v.Quant.Zero[0]
	}
	for _, s := range v.Quant.Scale {
		t.Scale = append(t.Scale, float64(s))
	}
	if len(t.Scale) > 1 {
		t.Axis, t.Zero, t.Lo = v.Quant.Axis, 0, -t.Hi
	}
	return t, nil
}
