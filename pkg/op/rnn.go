package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// RNN are the attributes of RNN.
type RNN struct {
	Activation              Activation
	AsymmetricQuantizeInput bool
}

// SequenceRNN are the attributes of UNIDIRECTIONAL_SEQUENCE_RNN.
type SequenceRNN struct {
	TimeMajor               bool
	Activation              Activation
	AsymmetricQuantizeInput bool
}

// BidirectionalRNN are the attributes of BIDIRECTIONAL_SEQUENCE_RNN.
type BidirectionalRNN struct {
	TimeMajor, MergeOutputs bool
	Activation              Activation
	AsymmetricQuantizeInput bool
}

// rnns are the operators with simple recurrent cells: weights [units, inputs], recurrent weights [units, units], a bias and a state follow each other.
var rnns = []Op{
	{
		Name: "RNN", Doc: "One step of a simple recurrent layer over input 0, [batch, elements]; input 4 is its state.",
		In: Exactly(5), Out: Exactly(1), Attr: attr[RNN], Infer: inferRNN, Prepare: late(prepareRNN, 1, 2, 3),
	},
	{
		Name: "UNIDIRECTIONAL_SEQUENCE_RNN", Doc: "A simple recurrent layer over the steps of input 0; input 4 is its state.",
		In: Exactly(5), Out: Exactly(1), Attr: attr[SequenceRNN], Infer: inferRNN, Prepare: late(prepareRNN, 1, 2, 3),
	},
	{
		Name: "BIDIRECTIONAL_SEQUENCE_RNN",
		Doc:  "Two simple recurrent layers over the steps of input 0, one from the first to the last and one from the last to the first; inputs 4 and 8 are their states.",
		In:   Between(9, 12), Out: Between(1, 2), Attr: attr[BidirectionalRNN], Infer: inferBidirectionalRNN,
		Prepare: late(prepareBidirectionalRNN, 1, 2, 3, 5, 6, 7, 10, 11),
	},
}

// rnnLayout says where the operands of a recurrent layer are among the inputs of its node; aux of -1 is nowhere.
type rnnLayout struct{ weights, recurrent, bias, state, aux int }

var (
	rnnOneWay   = rnnLayout{1, 2, 3, 4, -1}
	rnnForward  = rnnLayout{1, 2, 3, 4, 10}
	rnnBackward = rnnLayout{5, 6, 7, 8, 11}
)

func (l rnnLayout) spec(o *operands, inputs, aux, batch int, a Activation) kernel.F32RNNSpec {
	w, back := o.productWeights(l.weights, 2, 2, 0), o.productWeights(l.recurrent, 2, 2, 0)
	o.activation(a)
	if o.err != nil {
		return kernel.F32RNNSpec{}
	}
	s := kernel.F32RNNSpec{Inputs: inputs, Aux: aux, Units: w.Shape[0], Activation: a.apply}
	if w.Shape[1] != inputs || !back.Shape.Equal(tensor.Shape{s.Units, s.Units}) {
		o.fail("weights %v and %v do not fit inputs of %d elements", w.Shape, back.Shape, inputs)
	}
	o.vector(l.bias, s.Units, tensor.Float32)
	o.variable(l.state, batch*s.Units)
	return s
}

func (l rnnLayout) build(o *operands, s kernel.F32RNNSpec) (*kernel.F32RNN, error) {
	aux := -1
	if s.Aux > 0 {
		aux = l.aux
	}
	if o.err != nil {
		return nil, o.err
	}
	b := o.weights(l.bias)
	if isInteger(o.in[l.weights]) {
		w, a, r := o.matrix(l.weights), o.matrix(aux), o.matrix(l.recurrent)
		if o.err != nil {
			return nil, o.err
		}
		return kernel.NewHybridRNN(s, w, a, r, b, asymmetric(o.node.Attr))
	}
	w, a, r := o.weights(l.weights), o.weights(aux), o.weights(l.recurrent)
	if o.err != nil {
		return nil, o.err
	}
	return kernel.NewF32RNN(s, w, a, r, b)
}

func (l rnnLayout) run(c *Call, k *kernel.F32RNN, out, in, aux []float32, q kernel.F32Sequence) {
	k.Run(out, in, aux, f32(c.In[l.state]), q, c.Scratch(k.Scratch(q)))
}

// rnn reads a node of RNN or UNIDIRECTIONAL_SEQUENCE_RNN.
func rnn(o *operands) (x *tensor.Tensor, q kernel.F32Sequence, s kernel.F32RNNSpec) {
	var act Activation
	switch a := o.node.Attr.(type) {
	case *RNN:
		act = a.Activation
		x, q = o.step(0)
	case *SequenceRNN:
		act = a.Activation
		x, q = o.steps(0, a.TimeMajor)
	}
	if o.err != nil {
		return x, q, s
	}
	return x, q, rnnOneWay.spec(o, lastDim(x), 0, q.Batch, act)
}

func inferRNN(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, _, s := rnn(o)
	if o.err != nil {
		return nil, o.err
	}
	return o.one(tensor.Float32, rows(x, s.Units))
}

func prepareRNN(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	_, q, s := rnn(o)
	k, err := rnnOneWay.build(o, s)
	return func(c *Call) error {
		rnnOneWay.run(c, k, f32(c.Out[0]), f32(c.In[0]), nil, q)
		return nil
	}, err
}

func bidirectionalRNN(o *operands) (x *tensor.Tensor, q kernel.F32Sequence, f, b kernel.F32RNNSpec, split bool) {
	a := o.node.Attr.(*BidirectionalRNN)
	x, q = o.steps(0, a.TimeMajor)
	aux, width, split := o.auxiliary(x, 9, rnnForward.aux, rnnBackward.aux)
	if o.err != nil {
		return x, q, f, b, split
	}
	back := lastDim(x)
	if split {
		back = lastDim(aux)
	}
	f = rnnForward.spec(o, lastDim(x), width, q.Batch, a.Activation)
	b = rnnBackward.spec(o, back, width, q.Batch, a.Activation)
	return x, q, f, b, split
}

func inferBidirectionalRNN(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x, _, f, b, _ := bidirectionalRNN(o)
	return o.twoWays(x, f.Units, b.Units, n.Attr.(*BidirectionalRNN).MergeOutputs)
}

func prepareBidirectionalRNN(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	_, q, f, b, split := bidirectionalRNN(o)
	there, err := rnnForward.build(o, f)
	if err != nil {
		return nil, err
	}
	back, err := rnnBackward.build(o, b)
	return func(c *Call) error {
		x, aux := f32(c.In[0]), []float32(nil)
		if len(c.In) > 9 {
			aux = f32(c.In[9])
		}
		fOut, bOut, fq, bq := ways(c, q, f.Units)
		if split {
			rnnForward.run(c, there, fOut, x, nil, fq)
			rnnBackward.run(c, back, bOut, aux, nil, bq)
			return nil
		}
		rnnForward.run(c, there, fOut, x, aux, fq)
		rnnBackward.run(c, back, bOut, x, aux, bq)
		return nil
	}, err
}
