package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// normalizations are the operators that scale by statistics, and those that add a bias, which go with them.
var normalizations = []Op{
	{Name: "FusedBatchNorm", Results: batchNormResults[:5], To: batchNormOps, Lower: inFloat32(lowerBatchNorm)},
	{Name: "FusedBatchNormV2", Results: batchNormResults[:5], To: batchNormOps, Lower: inFloat32(lowerBatchNorm)},
	{Name: "FusedBatchNormV3", Results: batchNormResults, To: batchNormOps, Lower: inFloat32(lowerBatchNorm)},
	{Name: "FusedBatchNormGrad", Note: gradientsOnly},
	{Name: "FusedBatchNormGradV2", Note: gradientsOnly},
	{Name: "FusedBatchNormGradV3", Note: gradientsOnly},
	{Name: "BatchNormWithGlobalNormalization", To: "ADD RSQRT MUL SUB", Lower: lowerGlobalNorm},
	{Name: "BiasAdd", To: "ADD TRANSPOSE", Lower: inFloat32(lowerBias)},
	{Name: "BiasAddV1", To: "ADD", Lower: inFloat32(lowerBias)},
	{Name: "BiasAddGrad", To: "SUM", Lower: inFloat32(lowerBiasGradient)},
	{Name: "LRN", To: "LOCAL_RESPONSE_NORMALIZATION", Lower: inFloat32(lowerLRN)},
	{Name: "LRNGrad", Note: gradientsOnly},
}

var batchNormResults = []string{"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"}

const batchNormOps = "MUL ADD SUB RSQRT TRANSPOSE MEAN SQUARED_DIFFERENCE RESHAPE"

// lowerBatchNorm lowers (x - mean)·scale/√(variance + ε) + offset as x·s + (offset - mean·s), with s = scale/√(variance + ε). The statistics are
// operands or, while training, those of x.
func lowerBatchNorm(c *Context) {
	epsilon := c.scalar(c.Float("epsilon", 1e-4))
	if c.Bool("is_training", true) {
		c.Out(c.normByOwn(epsilon))
		statistics := c.unsupported("statistics of the batch, which only training needs")
		c.OutEdges(statistics, statistics, statistics, statistics, statistics)
		return
	}
	x, back := c.images(0, len(c.In(0).Type.Shape))
	scale, offset, mean, variance := c.In(1), c.In(2), c.In(3), c.In(4)
	s := c.mul(scale, c.Emit("RSQRT", nil, c.add(variance, epsilon)))
	y := c.add(c.mul(x, s), c.sub(offset, c.mul(mean, s)))
	c.Out(back(y), mean, variance, mean, variance)
	c.OutEdges(c.unsupported("a result that only training needs"))
}

// normByOwn normalizes by the statistics of operand 0 over all dimensions but that of the channels.
func (c *Context) normByOwn(epsilon *ir.Value) *ir.Value {
	x, scale, offset := c.In(0), c.In(1), c.In(2)
	rank := len(x.Type.Shape)
	if rank < 2 {
		build.Damaged("the shape is %v", x.Type.Shape)
	}
	channel := rank - 1
	if c.channelsFirst() {
		channel = 1
		shape := slices.Repeat([]int{1}, rank-1)
		shape[0] = -1
		scale, offset = c.reshape(scale, shape...), c.reshape(offset, shape...)
	}
	var axes []int
	for i := range rank {
		if i != channel {
			axes = append(axes, i)
		}
	}
	over := c.Ints(c.name("axes"), axes...)
	mean := c.Emit("MEAN", &op.Reduce{KeepDims: true}, x, over)
	variance := c.Emit("MEAN", &op.Reduce{KeepDims: true}, c.Emit("SQUARED_DIFFERENCE", nil, x, mean), over)
	s := c.mul(c.Emit("RSQRT", nil, c.add(variance, epsilon)), scale)
	return c.add(c.mul(x, s), c.sub(offset, c.mul(mean, s)))
}

// lowerGlobalNorm lowers the predecessor of FusedBatchNorm: the operands are x, mean, variance, offset and scale.
func lowerGlobalNorm(c *Context) {
	x, mean, s, offset := c.In(0), c.In(1), c.In(2), c.In(3)
	s = c.Emit("RSQRT", nil, c.add(s, c.scalar(c.Float("variance_epsilon", 0))))
	if c.Bool("scale_after_normalization", false) {
		s = c.mul(s, c.In(4))
	}
	c.Out(c.add(c.mul(x, s), c.sub(offset, c.mul(mean, s))))
}

func lowerBias(c *Context) {
	x, bias := c.In(0), ranked(c.In(1), 1, "bias")
	rank := len(x.Type.Shape)
	if rank < 2 {
		build.Damaged("the shape is %v", x.Type.Shape)
	}
	if c.channelsFirst() && rank > 2 {
		c.Out(c.toFirst(c.add(c.toLast(x), bias)))
		return
	}
	c.Out(c.add(x, bias))
}

func lowerBiasGradient(c *Context) {
	rank := len(c.In(0).Type.Shape)
	channel := rank - 1
	if c.channelsFirst() {
		channel = 1
	}
	var axes []int
	for i := range rank {
		if i != channel {
			axes = append(axes, i)
		}
	}
	c.Out(c.Emit("SUM", &op.Reduce{}, c.In(0), c.Ints(c.name("axes"), axes...)))
}

func lowerLRN(c *Context) {
	c.Out(c.Emit("LOCAL_RESPONSE_NORMALIZATION", &op.LocalResponseNorm{
		Radius: c.Int("depth_radius", 5), Bias: c.Float("bias", 1), Alpha: c.Float("alpha", 1), Beta: c.Float("beta", .5),
	}, c.In(0)))
}
