package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// SVDF are the attributes of SVDF.
type SVDF struct {
	Rank                    int
	Activation              Activation
	AsymmetricQuantizeInput bool
}

var svdfs = []Op{{
	Name: "SVDF",
	Doc:  "A layer of low rank over the last steps: filters, whose weights are input 1, reduce input 0 to a number each, and the weights in input 2 join what they remember in input 4.",
	In:   Exactly(5), Out: Exactly(1), Attr: attr[SVDF], Infer: inferSVDF, Prepare: late(prepareSVDF, 1, 2, 3), Inner: insideSVDF,
}}

// svdfState is the operand that remembers what the weights made of the last inputs.
const svdfState = 4

// insideSVDF lists what a node lets see: what it remembers.
func insideSVDF(n *ir.Node) []*ir.Value {
	if v := n.Input(svdfState); v != nil && v.Type.DType == tensor.Float32 {
		return []*ir.Value{v}
	}
	return nil
}

func svdf(o *operands) (batch int, s kernel.F32SVDFSpec) {
	a := o.node.Attr.(*SVDF)
	x := o.ranked(0, 2, 2, tensor.Float32)
	feature, time := o.productWeights(1, 2, 2, 0), o.productWeights(2, 2, 2, 0)
	o.activation(a.Activation)
	if o.err != nil {
		return 0, s
	}
	filters := feature.Shape[0]
	if a.Rank < 1 || filters < 1 || filters%a.Rank != 0 || feature.Shape[1] != x.Shape[1] || time.Shape[0] != filters {
		o.fail("weights %v and %v of rank %d do not fit inputs %v", feature.Shape, time.Shape, a.Rank, x.Shape)
		return 0, s
	}
	s = kernel.F32SVDFSpec{Inputs: x.Shape[1], Units: filters / a.Rank, Rank: a.Rank, Memory: time.Shape[1], Activation: a.Activation.apply}
	o.vector(3, s.Units, tensor.Float32)
	o.variable(4, x.Shape[0]*filters*s.Memory)
	return x.Shape[0], s
}

func inferSVDF(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	if onInt8(in) {
		batch, s := s8SVDF(o)
		return o.one(tensor.Int8, tensor.Shape{batch, s.Units})
	}
	batch, s := svdf(o)
	return o.one(tensor.Float32, tensor.Shape{batch, s.Units})
}

func prepareSVDF(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	if onInt8(in) {
		return prepareS8SVDF(n, in)
	}
	o := read(n, in)
	batch, s := svdf(o)
	if o.err != nil {
		return nil, o.err
	}
	k, err := buildSVDF(o, s)
	return func(c *Call) error {
		k.Run(f32(c.Out[0]), f32(c.In[0]), f32(c.In[svdfState]), c.Scratch(k.Scratch(batch)))
		if len(c.Inner) > 0 {
			c.Inner[0].Include(f32(c.In[svdfState]))
		}
		return nil
	}, err
}

func buildSVDF(o *operands, s kernel.F32SVDFSpec) (*kernel.F32SVDF, error) {
	time, bias := o.realWeights(2), o.weights(3)
	if isInteger(o.in[1]) {
		feature := o.matrix(1)
		if o.err != nil {
			return nil, o.err
		}
		return kernel.NewHybridSVDF(s, feature, time, bias, asymmetric(o.node.Attr))
	}
	feature := o.weights(1)
	if o.err != nil {
		return nil, o.err
	}
	return kernel.NewF32SVDF(s, feature, time, bias)
}
