package quantize

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

var fusedActivations = map[string]op.Activation{"RELU": op.Relu, "RELU6": op.Relu6, "RELU_N1_TO_1": op.ReluN1To1}

// fuseActivation lets the operator before a RELU, RELU6 or RELU_N1_TO_1 apply it. A fully connected layer that others read too is computed twice.
func fuseActivation(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "DIV") {
		return false
	}
	attr := withActivation(d.attr, fusedActivations[o.name])
	if attr == nil || activation(d.attr) != op.None {
		return false
	}
	switch {
	case len(d.outputs[0].uses) == 1:
		d.attr = attr
		g.moveTo(d, o)
	case d.is("FULLY_CONNECTED"):
		o.become(d.name, attr, d.inputs...)
		o.node = d.node
	default:
		return false
	}
	return true
}

// withActivation returns a copy of the attributes of an operator that can apply an activation, with a; nil for other operators.
func withActivation(attr ir.Attr, a op.Activation) ir.Attr {
	switch attr := attr.(type) {
	case *op.Conv2D:
		c := *attr
		c.Activation = a
		return &c
	case *op.DepthwiseConv2D:
		c := *attr
		c.Activation = a
		return &c
	case *op.FullyConnected:
		c := *attr
		c.Activation = a
		return &c
	case *op.Arith:
		c := *attr
		c.Activation = a
		return &c
	case *op.Fused:
		c := *attr
		c.Activation = a
		return &c
	}
	return nil
}

// dropReluOfSquare removes a RELU behind SQUARED_DIFFERENCE, which is never negative.
func dropReluOfSquare(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("SQUARED_DIFFERENCE") {
		return false
	}
	o.become(d.name, d.attr, d.inputs...)
	g.eraseDead(d)
	return true
}

// fusePadding replaces a PAD and VALID padding by SAME where that pads the same.
func fusePadding(g *graph, o *operation) bool {
	p := o.inputs[0].made
	if !p.is("PAD") {
		return false
	}
	pads, before, after := p.inputs[1].ints(), p.inputs[0].dims(), o.inputs[0].dims()
	filter := o.inputs[1].dims()
	if len(pads) != 8 || len(before) != 4 || len(after) != 4 || len(filter) != 4 || !balanced(pads) ||
		before[1] < 0 || before[2] < 0 || after[1] < 0 || after[2] < 0 {
		return false
	}
	fits := func(dim, dilation, stride int) bool {
		if stride < 1 {
			return false
		}
		out := (before[dim] + stride - 1) / stride
		return (out-1)*stride+(filter[dim]-1)*dilation+1-before[dim] == after[dim]-before[dim]
	}
	var attr ir.Attr
	switch a := o.attr.(type) {
	case *op.Conv2D:
		if a.Padding != op.Valid || !fits(1, a.DilationH, a.StrideH) || !fits(2, a.DilationW, a.StrideW) {
			return false
		}
		c := *a
		c.Padding = op.Same
		attr = &c
	case *op.DepthwiseConv2D:
		if a.Padding != op.Valid || !fits(1, a.DilationH, a.StrideH) || !fits(2, a.DilationW, a.StrideW) {
			return false
		}
		c := *a
		c.Padding = op.Same
		attr = &c
	default:
		return false
	}
	o.attr = attr
	o.setInput(0, p.inputs[0])
	g.eraseDead(p)
	return true
}

// balanced reports whether an NHWC tensor is padded in height and width only, and at the end by as much as at the beginning or one more. All equal is not
// balanced: not by zeros, nor by what would pad batch and channels.
func balanced(pads []int) bool {
	if allInts(pads, pads[0]) {
		return false
	}
	for d := range 4 {
		lo, hi := pads[2*d], pads[2*d+1]
		if hi-lo < 0 || hi-lo > 1 || (d == 0 || d == 3) && (lo != 0 || hi != 0) {
			return false
		}
	}
	return true
}

// replacePower replaces POW with an exponent of 1, 2, 1/2 or -1/2.
func replacePower(g *graph, o *operation) bool {
	e := o.inputs[1]
	numbers := e.floats()
	if len(numbers) != 1 || e.rank() != 0 || e.typ.DType != tensor.Float32 {
		return false
	}
	x := o.inputs[0]
	switch numbers[0] {
	case 1:
		g.bypass(o, x)
	case 2:
		o.become("MUL", &op.Fused{}, x, x)
	case 0.5:
		o.become("SQRT", nil, x)
	case -0.5:
		o.become("RSQRT", nil, x)
	default:
		return false
	}
	return true
}

// multiplyByReciprocal replaces the float division by a constant.
func multiplyByReciprocal(g *graph, o *operation) bool {
	a, ok := o.attr.(*op.Fused)
	divisor := o.inputs[1]
	numbers := divisor.floats()
	if !ok || len(numbers) == 0 {
		return false
	}
	t := tensor.New(tensor.Float32, divisor.typ.Shape)
	for i, x := range numbers {
		tensor.View[float32](t)[i] = 1 / x
	}
	v := &value{name: divisor.name + "/reciprocal", typ: divisor.typ, float: true}
	c := newOperation(constant, nil, []*value{v})
	c.content = t
	g.insertBefore(o, c)
	o.become("MUL", a, o.inputs[0], v)
	g.eraseDead(divisor.made)
	return true
}
