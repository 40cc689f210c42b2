package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// LSTM are the attributes of LSTM.
type LSTM struct {
	Activation              Activation
	CellClip, ProjClip      float32
	Kind                    LSTMKind
	AsymmetricQuantizeInput bool
}

// SequenceLSTM are the attributes of UNIDIRECTIONAL_SEQUENCE_LSTM.
type SequenceLSTM struct {
	Activation              Activation
	CellClip, ProjClip      float32
	TimeMajor               bool
	AsymmetricQuantizeInput bool
	DiagonalRecurrent       bool
}

// BidirectionalLSTM are the attributes of BIDIRECTIONAL_SEQUENCE_LSTM.
type BidirectionalLSTM struct {
	Activation              Activation
	CellClip, ProjClip      float32
	MergeOutputs, TimeMajor bool
	AsymmetricQuantizeInput bool
}

// lstms are the operators with LSTM cells. Inputs 1 to 17 of all but the basic kernel are weights: from the input to the input gate, the forget gate, the cell and
// the output gate, from the previous output to these, from the cell to the three gates, the biases of the four, and the projection's weights and bias.
var lstms = []Op{
	{
		Name: "LSTM", Doc: "One step of an LSTM layer over input 0, [batch, elements]; inputs 18 and 19 are its state.",
		In: Between(5, 24), Out: Between(1, 4), Attr: attr[LSTM], Infer: inferLSTM, Prepare: prepareLSTM, Inner: insideLSTM,
	},
	{
		Name: "UNIDIRECTIONAL_SEQUENCE_LSTM", Doc: "An LSTM layer over the steps of input 0; inputs 18 and 19 are its state.",
		In: Between(20, 24), Out: Exactly(1), Attr: attr[SequenceLSTM], Infer: inferSequenceLSTM, Prepare: late(prepareSequenceLSTM, lstmWeights...),
		Inner: insideLSTM,
	},
	{
		Name: "BIDIRECTIONAL_SEQUENCE_LSTM",
		Doc:  "Two LSTM layers over the steps of input 0, one from the first to the last and one from the last to the first; inputs 35 to 38 are their state.",
		In:   Exactly(48), Out: Between(1, 2), Attr: attr[BidirectionalLSTM], Infer: inferBidirectionalLSTM,
		Prepare: late(prepareBidirectionalLSTM, append(through(1, 34), through(40, 47)...)...),
	},
}

// lstmWeights are the inputs of LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM that are weights.
var lstmWeights = append(through(1, 17), through(20, 23)...)

// lstmLayout says where the operands of an LSTM layer begin among the inputs of its node; -1 is nowhere.
type lstmLayout struct {
	weights, norm, aux int
	state, cell        int
}

var (
	oneWay   = lstmLayout{weights: 1, norm: 20, aux: -1, state: 18, cell: 19}
	forward  = lstmLayout{weights: 1, norm: -1, aux: 40, state: 35, cell: 36}
	backward = lstmLayout{weights: 18, norm: -1, aux: 44, state: 37, cell: 38}
)

// spec reads the geometry of a layer that sees inputs elements, and auxiliary ones.
func (l lstmLayout) spec(o *operands, inputs, aux, batch int, a Activation, cellClip, projClip float32) kernel.F32LSTMSpec {
	in, back := o.productWeights(l.weights+3, 2, 2, 0), o.productWeights(l.weights+7, 2, 2, 0)
	o.activation(a)
	if o.err != nil {
		return kernel.F32LSTMSpec{}
	}
	s := kernel.F32LSTMSpec{
		Inputs: inputs, Aux: aux, Cells: in.Shape[0], Outputs: back.Shape[1],
		Activation: a.apply, CellClip: cellClip, ProjClip: projClip,
	}
	if in.Shape[1] != inputs || back.Shape[0] != s.Cells {
		o.fail("weights %v and %v do not fit inputs of %d elements", in.Shape, back.Shape, inputs)
	}
	o.variable(l.state, batch*s.Outputs)
	o.variable(l.cell, batch*s.Cells)
	return s
}

// build makes the kernel of a layer.
func (l lstmLayout) build(o *operands, s kernel.F32LSTMSpec) (*kernel.F32LSTM, error) {
	if o.err != nil {
		return nil, o.err
	}
	if isInteger(o.in[l.weights+3]) {
		w := layerWeights(l, o, s, o.matrix)
		if o.err != nil {
			return nil, o.err
		}
		return kernel.NewHybridLSTM(s, w, asymmetric(o.node.Attr))
	}
	w := layerWeights(l, o, s, o.weights)
	if o.err != nil {
		return nil, o.err
	}
	return kernel.NewF32LSTM(s, w)
}

// layerWeights collects the weights of a layer, whose matrices matrix returns.
func layerWeights[M any](l lstmLayout, o *operands, s kernel.F32LSTMSpec, matrix func(input int) M) *kernel.LSTMWeights[M] {
	var w kernel.LSTMWeights[M]
	for gate := range w.Input {
		w.Input[gate] = matrix(l.weights + gate)
		w.Recurrent[gate] = matrix(l.weights + 4 + gate)
		w.Bias[gate] = o.weights(l.weights + 11 + gate)
		if l.norm >= 0 {
			w.Norm[gate] = o.weights(l.norm + gate)
		}
		if s.Aux > 0 {
			w.Aux[gate] = matrix(l.aux + gate)
		}
	}
	w.Peephole[kernel.InputGate] = o.realWeights(l.weights + 8)
	w.Peephole[kernel.ForgetGate] = o.realWeights(l.weights + 9)
	w.Peephole[kernel.OutputGate] = o.realWeights(l.weights + 10)
	w.Projection, w.ProjectionBias = matrix(l.weights+15), o.weights(l.weights+16)
	return &w
}

// run takes a sequence through a layer.
func (l lstmLayout) run(c *Call, k *kernel.F32LSTM, out, in, aux []float32, q kernel.F32Sequence) {
	var seen kernel.F32LSTMScan
	if len(c.Inner) > 0 {
		for gate := range seen.Norm {
			seen.Norm[gate] = &c.Inner[gate]
		}
		seen.Hidden, seen.Cell = &c.Inner[lstmHidden], &c.Inner[lstmCell]
	}
	k.RunScan(out, in, aux, f32(c.In[l.state]), f32(c.In[l.cell]), q, c.Scratch(k.Scratch(q)), &seen)
}

// The values inside an LSTM layer in one direction, by their position in what insideLSTM lists, behind one for each gate. All but the cell are the node's intermediates.
const (
	lstmHidden        = 4 // the result before the projection
	lstmCell          = 5
	lstmIntermediates = 5
)

// insideLSTM lists what a node with intermediates lets see: the gates' inputs to the layer normalization, the result before the projection, and the cell.
func insideLSTM(n *ir.Node) []*ir.Value {
	if len(n.Intermediates) != lstmIntermediates || n.Input(oneWay.cell) == nil {
		return nil
	}
	inside := append(slices.Clone(n.Intermediates), n.Inputs[oneWay.cell])
	for gate := range lstmHidden {
		if n.Input(oneWay.norm+gate) == nil {
			inside[gate] = nil
		}
	}
	return inside
}

func lstm(o *operands) (x *tensor.Tensor, q kernel.F32Sequence, s kernel.F32LSTMSpec) {
	a := o.node.Attr.(*LSTM)
	if x, q = o.step(0); o.err != nil {
		return x, q, s
	}
	return x, q, oneWay.spec(o, lastDim(x), 0, q.Batch, a.Activation, a.CellClip, a.ProjClip)
}

func inferLSTM(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	if n.Attr.(*LSTM).Kind == BasicKernel {
		return inferBasicLSTM(n, in)
	}
	o := readReal(n, in)
	x, _, s := lstm(o)
	if o.err != nil {
		return nil, o.err
	}
	return o.one(x.DType, rows(x, s.Outputs))
}

func prepareLSTM(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	if n.Attr.(*LSTM).Kind == BasicKernel {
		return late(prepareBasicLSTM, 2, 3)(n, in, out)
	}
	return late(prepareFullLSTM, lstmWeights...)(n, in, out)
}

func prepareFullLSTM(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, q, s := lstm(o)
	return oneWay.kernel(o, x, q, s, n.Attr.(*LSTM).Activation)
}

// kernel returns the kernel of a layer in one direction over x, input 0: the int8 one if that is int8.
func (l lstmLayout) kernel(o *operands, x *tensor.Tensor, q kernel.F32Sequence, s kernel.F32LSTMSpec, a Activation) (Kernel, error) {
	if o.err == nil && x.DType == tensor.Int8 {
		return s8LSTM(o, q, s, a)
	}
	if o.real = nil; o.err == nil && x.DType != tensor.Float32 { // what follows takes no integers
		o.fail("input 0 is %v, want %v or %v", x.DType, tensor.Float32, tensor.Int8)
	}
	k, err := l.build(o, s)
	return func(c *Call) error {
		l.run(c, k, f32(c.Out[0]), f32(c.In[0]), nil, q)
		return nil
	}, err
}

// basicLSTM reads a node with the basic kernel: input, previous output, weights [4*cells, inputs+cells], bias, previous cell.
func basicLSTM(o *operands) (batch, inputs, cells int) {
	x, prev := o.ranked(0, 2, 2, tensor.Float32), o.ranked(1, 2, 2, tensor.Float32)
	o.ranked(2, 2, 2, tensor.Float32)
	o.tensor(3, tensor.Float32)
	o.ranked(4, 2, 2, tensor.Float32)
	if o.err != nil {
		return 0, 0, 0
	}
	batch, inputs, cells = x.Shape[0], x.Shape[1], prev.Shape[1]
	if prev.Shape[0] != batch || !o.in[2].Shape.Equal(tensor.Shape{4 * cells, inputs + cells}) {
		o.fail("input %v, output %v and weights %v do not fit each other", x.Shape, prev.Shape, o.in[2].Shape)
	}
	o.vector(3, 4*cells)
	o.sameShape(1, 4)
	return batch, inputs, cells
}

func inferBasicLSTM(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	batch, inputs, cells := basicLSTM(o)
	f := func(last int) ir.Type { return ir.Type{DType: tensor.Float32, Shape: tensor.Shape{batch, last}} }
	return o.results(f(cells), f(cells), f(inputs+cells), f(4*cells))
}

func prepareBasicLSTM(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	_, inputs, cells := basicLSTM(o)
	if o.err != nil {
		return nil, o.err
	}
	k, err := kernel.NewF32BasicLSTM(inputs, cells, f32(in[2]), f32(in[3]))
	return func(c *Call) error {
		k.Run(f32(c.Out[0]), f32(c.Out[1]), f32(c.Out[2]), f32(c.Out[3]), f32(c.In[0]), f32(c.In[1]), f32(c.In[4]))
		return nil
	}, err
}

func sequenceLSTM(o *operands) (x *tensor.Tensor, q kernel.F32Sequence, s kernel.F32LSTMSpec) {
	a := o.node.Attr.(*SequenceLSTM)
	if x, q = o.steps(0, a.TimeMajor); o.err != nil {
		return x, q, s
	}
	return x, q, oneWay.spec(o, lastDim(x), 0, q.Batch, a.Activation, a.CellClip, a.ProjClip)
}

func inferSequenceLSTM(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := readReal(n, in)
	x, _, s := sequenceLSTM(o)
	if o.err != nil {
		return nil, o.err
	}
	return o.one(x.DType, rows(x, s.Outputs))
}

func prepareSequenceLSTM(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := readReal(n, in)
	x, q, s := sequenceLSTM(o)
	return oneWay.kernel(o, x, q, s, n.Attr.(*SequenceLSTM).Activation)
}

// bidirectionalLSTM reads a node of BIDIRECTIONAL_SEQUENCE_LSTM. The auxiliary input has weights in both directions, or it is the input of the way back.
func bidirectionalLSTM(o *operands) (x *tensor.Tensor, q kernel.F32Sequence, f, b kernel.F32LSTMSpec, split bool) {
	a := o.node.Attr.(*BidirectionalLSTM)
	x, q = o.steps(0, a.TimeMajor)
	aux, width, split := o.auxiliary(x, 39, forward.aux+1, backward.aux+1)
	if o.err != nil {
		return x, q, f, b, split
	}
	back := lastDim(x)
	if split {
		back = lastDim(aux)
	}
	f = forward.spec(o, lastDim(x), width, q.Batch, a.Activation, a.CellClip, a.ProjClip)
	b = backward.spec(o, back, width, q.Batch, a.Activation, a.CellClip, a.ProjClip)
	return x, q, f, b, split
}

// auxiliary reads the auxiliary input i of a bidirectional layer over x: width is how many of its elements both directions see besides x, by the weights in the two given
// inputs. split says that there are no such weights: the way back sees the auxiliary input instead of x.
func (o *operands) auxiliary(x *tensor.Tensor, i, forwardWeights, backwardWeights int) (aux *tensor.Tensor, width int, split bool) {
	aux = o.optional(i, tensor.Float32)
	f, b := o.given(forwardWeights), o.given(backwardWeights)
	if o.err != nil {
		return nil, 0, false
	}
	if (f == nil) != (b == nil) || f != nil && aux == nil {
		o.fail("only some of the auxiliary input %d and its weights %d and %d are there", i, forwardWeights, backwardWeights)
		return nil, 0, false
	}
	if aux == nil {
		return nil, 0, false
	}
	if len(aux.Shape) != 3 || aux.Shape[0] != x.Shape[0] || aux.Shape[1] != x.Shape[1] || aux.Shape[2] < 1 {
		o.fail("auxiliary input of shape %v does not fit %v", aux.Shape, x.Shape)
		return nil, 0, false
	}
	if f == nil {
		return aux, 0, true
	}
	return aux, lastDim(aux), false
}

func inferBidirectionalLSTM(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, _, f, b, _ := bidirectionalLSTM(o)
	return o.twoWays(x, f.Outputs, b.Outputs, n.Attr.(*BidirectionalLSTM).MergeOutputs)
}

func prepareBidirectionalLSTM(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	_, q, f, b, split := bidirectionalLSTM(o)
	there, err := forward.build(o, f)
	if err != nil {
		return nil, err
	}
	back, err := backward.build(o, b)
	return func(c *Call) error {
		x, aux := f32(c.In[0]), f32(c.In[39])
		fOut, bOut, fq, bq := ways(c, q, f.Outputs)
		if split {
			forward.run(c, there, fOut, x, nil, fq)
			backward.run(c, back, bOut, aux, nil, bq)
			return nil
		}
		forward.run(c, there, fOut, x, aux, fq)
		backward.run(c, back, bOut, x, aux, bq)
		return nil
	}, err
}
