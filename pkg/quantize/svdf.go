package quantize

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// unfitSVDF says which of its forms LiteRT's int8 kernel does not take.
func (o *operation) unfitSVDF() string {
	if a, ok := o.attr.(*op.SVDF); ok && a.Activation != op.Relu {
		return "LiteRT's int8 kernel takes RELU alone for its activation"
	}
	return ""
}

// storeSVDF makes integers of what follows from the type of the input, and from the range of what is remembered.
func (g *graph) storeSVDF(o *operation) {
	c := o.cell
	memory := quant.Int16Activation(c.memory.lo, c.memory.hi)
	types := map[int]*quant.Type{c.Cell.Cell: memory}
	for _, i := range c.Weights {
		v := o.operand(i)
		types[i] = quant.Weight(v.floats(), v.typ.Shape, quant.PerTensorAxis)
	}
	types[c.Time] = quant.TimeWeight(o.operand(c.Time).floats())
	for _, b := range c.Biases {
		t := quant.Bias(memory, types[b.Weight], 1)
		switch {
		case o.operand(b.Input) != nil:
			types[b.Input] = t
		case g.compat == Default && b.Input < len(o.inputs):
			g.addBias(o, b.Input, t)
		}
	}
	for i := range o.inputs {
		switch t := types[i]; {
		case t == nil:
		case i == c.Cell.Cell:
			g.storeOperand(o, i, t, nil)
		default:
			g.storeOperand(o, i, t, g.toIntegers(o.operand(i).made.content, t))
		}
	}
}

// addBias gives an SVDF a bias of zeros: TFLite Micro's int8 kernel reads one, whether it is there or not.
func (g *graph) addBias(o *operation, i int, t *quant.Type) {
	result := o.outputs[0]
	shape := tensor.Shape{result.typ.Shape[len(result.typ.Shape)-1]}
	v := &value{name: result.name + "/bias", typ: ir.Type{DType: tensor.Int32, Shape: shape}, quantized: t}
	n := newOperation(constant, nil, []*value{v})
	n.content = tensor.New(tensor.Int32, shape)
	g.insertBefore(o, n)
	o.setInput(i, v)
}
