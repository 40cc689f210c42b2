package quantize

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// cell is what a recurrent operator has besides its input and result: when these get integer types, its other operands and the values inside follow at once.
type cell struct {
	op.Cell
	inside []*value // nil where absent
	memory *stat    // of what the operand Cell remembers
}

// cellOf returns what there is of a node besides its input and result. The operand that remembers the result has its parameters, so that the result's range holds both.
func (im *importer) cellOf(n *ir.Node, result *value) (*cell, error) {
	c := &cell{Cell: op.CellOf(n)}
	if c.Cell.Cell == 0 {
		return nil, nil
	}
	if c.Inside > 0 && len(n.Intermediates) == c.Inside {
		for _, v := range n.Intermediates {
			w, err := im.inner(v)
			if err != nil {
				return nil, err
			}
			c.inside = append(c.inside, w)
		}
	}
	if s, ok := im.ranges[n.Input(c.Cell.Cell)]; ok {
		c.memory = &s
	}
	if s, ok := im.ranges[n.Input(c.State)]; ok && c.State > 0 && result.stat != nil {
		result.stat = &stat{min(result.stat.lo, s.lo), max(result.stat.hi, s.hi)}
	}
	return c, nil
}

func (im *importer) inner(v *ir.Value) (*value, error) {
	if v == nil {
		return nil, nil
	}
	return im.value(v)
}

// operandOfCell reports whether u is an operand that follows from others.
func operandOfCell(u use) bool { return u.by.cell != nil && u.i > 0 }

// plain is what v was before pairs of QUANTIZE and DEQUANTIZE were put behind it.
func (v *value) plain() *value {
	for v.madeBy("DEQUANTIZE") && v.made.inputs[0].madeBy("QUANTIZE") {
		v = v.made.inputs[0].made.inputs[0]
	}
	return v
}

// operand returns operand i, if it is there.
func (o *operation) operand(i int) *value {
	if v := o.input(i); v != nil {
		return v.plain()
	}
	return nil
}

// unfitCell says why a recurrent operator can't become an integer one; "" if it can.
func (g *graph) unfitCell(o *operation) string {
	c := o.cell
	if c == nil {
		return "LiteRT has no int8 kernel for the basic form of this operator"
	}
	if c.memory == nil || c.Inside > 0 && (len(c.inside) == 0 || !hasStat(c.inside[c.Hidden])) {
		return "no range is known of what is inside it"
	}
	for gate := range c.Hidden {
		if o.input(c.Norm+gate) != nil && !hasStat(c.inside[gate]) {
			return "no range is known of what is inside it"
		}
	}
	constants := slices.Concat(c.Weights, c.Wide)
	if c.Time > 0 {
		constants = append(constants, c.Time)
	}
	for _, b := range c.Biases {
		constants = append(constants, b.Input)
	}
	for _, i := range constants {
		v := o.operand(i)
		switch {
		case v == nil:
		case len(v.floats()) == 0:
			return fmt.Sprintf("its weights %q are not constant, or not stored as plain numbers", v.name)
		case g.compat == Default && unstorable(v) != "":
			return unstorable(v)
		}
	}
	switch {
	case g.compat != Default:
		return ""
	case c.Time > 0:
		return o.unfitSVDF()
	}
	return o.unfitLSTM()
}

// maxCell is what the cell of an int8 LSTM may reach in LiteRT's kernel.
const maxCell = 64

// unfitLSTM says which of its forms LiteRT's int8 kernel gets wrong, which TFLiteConverter does not mind.
func (o *operation) unfitLSTM() string {
	c := o.cell
	var function op.Activation
	switch a := o.attr.(type) {
	case *op.LSTM:
		function = a.Activation
	case *op.SequenceLSTM:
		if function = a.Activation; a.DiagonalRecurrent {
			return "LiteRT has no int8 kernel for diagonal weights"
		}
	}
	if function != op.Tanh {
		return "LiteRT's int8 kernel takes any activation for the hyperbolic tangent"
	}
	if w := o.operand(c.Project); w != nil && o.input(c.Wide[0]+2) != nil && w.typ.Shape[0] != w.typ.Shape[1] {
		return "LiteRT's int8 kernel adds the peepholes of a layer with a projection to some of its cells only"
	}
	if max(c.memory.hi, -c.memory.lo) > maxCell {
		return fmt.Sprintf("what it remembers reaches %v, which is more than the %d of LiteRT's int8 kernel", max(c.memory.hi, -c.memory.lo), maxCell)
	}
	return ""
}

// storeCell makes integers of what follows from the types of the input and the result.
func (g *graph) storeCell(o *operation) {
	c, in, out := o.cell, o.inputs[0].quantized, o.outputs[0].quantized
	if c.Time > 0 {
		g.storeSVDF(o)
		return
	}
	for gate, v := range c.inside[:c.Hidden] {
		switch {
		case o.input(c.Norm+gate) != nil:
			c.setInside(gate, quant.Int16Activation(v.stat.lo, v.stat.hi))
		case g.compat == Default && o.input(c.Norm+c.Hidden-1) != nil: // LiteRT's kernel wants parameters of a gate that is not there, too
			c.setInside(gate, quant.Int16(1))
		}
	}
	s := c.inside[c.Hidden].stat
	hidden := quant.Activation(s.lo, s.hi)
	if o.input(c.Project) == nil && g.compat == Default {
		hidden = out // they are the same, and the kernel stores the one by the parameters of the other
	}
	c.setInside(c.Hidden, hidden)
	types := map[int]*quant.Type{}
	for _, i := range c.Weights {
		if v := o.operand(i); v != nil {
			types[i] = quant.Weight(v.floats(), v.typ.Shape, quant.PerTensorAxis)
		}
	}
	for _, i := range c.Wide {
		if v := o.operand(i); v != nil {
			types[i] = quant.WideWeight(v.floats())
		}
	}
	for _, b := range c.Biases {
		v := o.operand(b.Input)
		data := in
		if b.Hidden {
			data = hidden
		}
		switch {
		case v == nil:
		case b.Norm > 0 && types[b.Norm] != nil:
			types[b.Input] = quant.NormBias(types[b.Norm])
		case types[b.Weight] != nil:
			bias, raised := quant.LimitBias(quant.Bias(data, types[b.Weight], 1), data, types[b.Weight], v.floats())
			types[b.Input] = bias
			if raised != nil {
				types[b.Weight] = raised
			}
		}
	}
	for i := range o.inputs {
		if t := types[i]; t != nil {
			g.storeOperand(o, i, t, g.toIntegers(o.operand(i).made.content, t))
		}
	}
	g.storeOperand(o, c.State, out, nil)
	least := 0.0
	if g.compat == Default {
		least = 1
	}
	g.storeOperand(o, c.Cell.Cell, quant.PowerOfTwo(max(float64(c.memory.hi), -float64(c.memory.lo), least)), nil)
}

// storeOperand lets o read operand i as integers; without content it is a variable.
func (g *graph) storeOperand(o *operation, i int, t *quant.Type, content *tensor.Tensor) {
	n := newOperation(constant, nil, []*value{o.operand(i).derived(t)})
	n.content = content
	g.insertBefore(o, n)
	o.setInput(i, n.outputs[0])
}

func (c *cell) setInside(i int, t *quant.Type) {
	if c.inside[i] != nil && t != nil {
		v := c.inside[i].derived(t)
		v.stat = c.inside[i].stat
		c.inside[i] = v
	}
}
