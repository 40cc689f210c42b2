package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// randoms are the operators that draw numbers.
var randoms = []Op{
	{Name: "RandomUniform", To: "RANDOM_UNIFORM CAST", Note: "other numbers than TensorFlow's", Lower: func(c *Context) {
		c.Out(c.castTo(c.drawn("RANDOM_UNIFORM", c.In(0)), c.Type("dtype", f32)))
	}},
	{Name: "RandomStandardNormal", To: "RANDOM_STANDARD_NORMAL CAST", Note: "other numbers than TensorFlow's", Lower: func(c *Context) {
		c.Out(c.castTo(c.drawn("RANDOM_STANDARD_NORMAL", c.In(0)), c.Type("dtype", f32)))
	}},
	{Name: "TruncatedNormal", To: "RANDOM_UNIFORM SUB ADD MUL LOG NEG LESS SQRT SELECT_V2 SELECT ABS EQUAL CAST", Note: "other numbers than TensorFlow's", Lower: lowerTruncatedNormal},
	{Name: "RandomUniformInt", To: "RANDOM_UNIFORM CAST SUB MUL MINIMUM ADD", Note: "other numbers than TensorFlow's", Lower: lowerUniformInt},
	{Name: "RandomShuffle", To: "SHAPE STRIDED_SLICE PACK RANDOM_UNIFORM TOPK_V2 GATHER", Note: "another order than TensorFlow's", Lower: lowerShuffle},
	{Name: "Multinomial", To: "MULTINOMIAL", Note: "other classes than TensorFlow's", Lower: lowerMultinomial},
	{Name: "RandomGamma", Note: "TFLite has no operators for it"},
	{Name: "RandomPoissonV2", Note: "TFLite has no operators for it"},
	{Name: "ParameterizedTruncatedNormal", Note: "TFLite has no operators for it"},
}

// seeds are the node's.
func (c *Context) seeds() *op.Random {
	return &op.Random{Seed: int64(c.Int("seed", 0)), Seed2: int64(c.Int("seed2", 0))}
}

// drawn emits an operator that draws numbers of float32.
func (c *Context) drawn(name string, shape *ir.Value) *ir.Value {
	return c.EmitAs(name, c.seeds(), []ir.Type{{DType: f32, Shape: c.shapeFrom(shape)}}, c.index32(shape))[0]
}

// shapeFrom is the shape that an operand gives, as far as it is known.
func (c *Context) shapeFrom(v *ir.Value) tensor.Shape {
	shape := unknownShape(length(v, "the shape"))
	if known, ok := c.Known(v); ok {
		for i, d := range known {
			if d != build.Unknown && d >= 0 && d <= math.MaxInt32 {
				shape[i] = d
			}
		}
	}
	return shape
}

// lowerTruncatedNormal takes the quantiles of uniform numbers, between -2 and 2.
func lowerTruncatedNormal(c *Context) {
	const inside = 0.95449973610364158560 // the share within two deviations: erf √2
	u := c.drawn("RANDOM_UNIFORM", c.In(0))
	x := c.apply("SUB", c.apply("MUL", u, c.number(u, 2*inside)), c.number(u, inside))
	c.Out(c.castTo(c.apply("MUL", c.erfinv(x), c.number(x, math.Sqrt2)), c.Type("dtype", f32)))
}

// lowerUniformInt rounds uniform numbers down; rounding up may have made one of them the upper bound.
func lowerUniformInt(c *Context) {
	least, size := c.In(1), c.apply("SUB", c.In(2), c.In(1))
	u := c.drawn("RANDOM_UNIFORM", c.In(0))
	at := c.castTo(c.apply("MUL", u, c.castTo(size, f32)), size.Type.DType)
	c.Out(c.apply("ADD", c.apply("MINIMUM", at, c.apply("SUB", size, c.number(size, 1))), least))
}

// lowerShuffle sorts the rows by random numbers.
func lowerShuffle(c *Context) {
	x := c.In(0)
	if len(x.Type.Shape) == 0 {
		c.OutEdges(c.Edge(0))
		return
	}
	count := c.Dims(c.name("rows"), x)[:1]
	keys := c.drawn("RANDOM_UNIFORM", c.Vector(c.name("rows"), count))
	n := count[0].Value
	if n == nil {
		n = c.Builder.Int(c.name("k"), count[0].Size)
	}
	order := c.topK(keys, n, i32)[1]
	c.Out(c.Emit("GATHER", &op.Gather{}, x, order))
}

func lowerMultinomial(c *Context) {
	logits, count := c.In(0), c.index32(c.In(1))
	d := c.Type("output_dtype", i64)
	if d != i32 && d != i64 {
		build.Refuse("classes of %v", d)
	}
	shape := unknownShape(2)
	if len(logits.Type.Shape) == 2 {
		shape[0] = logits.Type.Shape[0]
	}
	if known, ok := c.whole(count); ok && len(known) == 1 {
		shape[1] = max(known[0], 0)
	}
	c.Out(c.EmitAs("MULTINOMIAL", c.seeds(), []ir.Type{{DType: d, Shape: shape}}, c.castTo(logits, f32), count)[0])
}
