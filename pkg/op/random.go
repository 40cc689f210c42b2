package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Random are the attributes of the operators that draw numbers: the seeds.
type Random struct{ Seed, Seed2 int64 }

// generator is the one that the runtime seeds, by the low 32 bits of the seeds, as signed numbers.
func (r *Random) generator() kernel.Philox {
	return kernel.NewPhilox(uint64(int32(r.Seed)), uint64(int32(r.Seed2)))
}

// randoms are the operators that draw numbers. TFLite's runtime goes on with the numbers from run to run, and takes seeds of its own if both are 0. Here every run
// draws the same.
var randoms = []Op{
	drawing("RANDOM_UNIFORM", "Random numbers of [0, 1) in the shape that input 0 gives.", kernel.F32Uniform),
	drawing("RANDOM_STANDARD_NORMAL", "Random numbers of the standard normal distribution in the shape that input 0 gives.", kernel.F32Normal),
	{
		Name: "MULTINOMIAL", Doc: "For each row of logits in input 0 as many random classes as input 1 says.",
		In: Exactly(2), Out: Exactly(1), Attr: attr[Random], Infer: inferMultinomial, Eval: evalMultinomial,
	},
}

func drawing(name, doc string, draw func([]float32, kernel.Philox)) Op {
	return Op{
		Name: name, Doc: doc, In: Exactly(1), Out: Exactly(1), Attr: attr[Random],
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := read(n, in)
			o.ranked(0, 1, 1, tensor.Int32)
			return o.one(tensor.Float32, o.ints(0))
		},
		Eval: func(c *Call) error {
			draw(f32(c.Out[0]), c.Node.Attr.(*Random).generator())
			return nil
		},
	}
}

func inferMultinomial(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	logits := o.ranked(0, 2, 2, tensor.Float32)
	o.tensor(1, tensor.Int32)
	count := o.int(1)
	d := o.declared(0, tensor.Int32, tensor.Int64)
	if o.err != nil {
		return nil, o.err
	}
	if logits.Shape[1] == 0 {
		o.fail("there are no classes in %v", logits.Shape)
	}
	return o.one(d, tensor.Shape{logits.Shape[0], count})
}

func evalMultinomial(c *Call) error {
	n, draws, p := lastDim(c.In[0]), lastDim(c.Out[0]), c.Node.Attr.(*Random).generator()
	if c.Out[0].DType == tensor.Int64 {
		kernel.Multinomial(tensor.View[int64](c.Out[0]), f32(c.In[0]), n, draws, p)
	} else {
		kernel.Multinomial(tensor.View[int32](c.Out[0]), f32(c.In[0]), n, draws, p)
	}
	return nil
}
