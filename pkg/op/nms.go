package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// suppressions are the operators that choose boxes which do not overlap much. Input 0 holds the boxes, two opposite corners (y, x) each, input 1 their scores; input
// 2 says how many are chosen at most. Behind the chosen ones are zeros.
var suppressions = []Op{
	{
		Name: "NON_MAX_SUPPRESSION_V4", Doc: "The boxes with scores above input 4 of which no two overlap by more than input 3, and their number.",
		In: Exactly(5), Out: Exactly(2), Infer: inferSuppression, Eval: evalSuppression,
	},
	{
		Name: "NON_MAX_SUPPRESSION_V5", Doc: "The boxes with scores above input 4 of which no two overlap by more than input 3, their scores, which fall with overlaps if input 5 is not 0, and their number.",
		In: Exactly(6), Out: Exactly(3), Infer: inferSuppression, Eval: evalSuppression,
	},
}

func inferSuppression(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	boxes, scores := o.ranked(0, 2, 2, tensor.Float32), o.ranked(1, 1, 1, tensor.Float32)
	for i := 3; i < len(in); i++ {
		o.tensor(i, tensor.Float32)
		o.vector(i, 1)
	}
	if o.err == nil && (boxes.Shape[1] != 4 || boxes.Shape[0] != scores.Shape[0]) {
		o.fail("boxes %v do not fit scores %v", boxes.Shape, scores.Shape)
	}
	o.tensor(2, tensor.Int32)
	most := o.int(2)
	if most < 0 {
		o.fail("at most %d boxes", most)
	}
	indices, count := ir.Type{DType: tensor.Int32, Shape: tensor.Shape{most}}, ir.Type{DType: tensor.Int32}
	if len(n.Outputs) == 2 {
		return o.results(indices, count)
	}
	return o.results(indices, ir.Type{DType: tensor.Float32, Shape: tensor.Shape{most}}, count)
}

func evalSuppression(c *Call) error {
	n := c.In[1].Elements()
	s := kernel.Suppression{IoU: f32(c.In[3])[0], Least: f32(c.In[4])[0]}
	var scores []float32
	if len(c.Out) == 3 {
		s.Sigma = f32(c.In[5])[0]
		scores = f32(c.Out[1])
		clear(scores)
	}
	indices := i32(c.Out[0])
	clear(indices)
	count := s.Choose(indices, scores, f32(c.In[0]), f32(c.In[1]), kernel.NewCandidates(c.Scratch(3*n+1), n))
	i32(c.Out[len(c.Out)-1])[0] = int32(count)
	return nil
}
