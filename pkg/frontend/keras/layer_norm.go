package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// norms are the normalizations.
var norms = []Layer{
	{Class: "BatchNormalization", Call: callBatchNorm},
	{Class: "BatchNormalizationV1", Call: callBatchNorm},
	{Class: "SyncBatchNormalization", Call: callBatchNorm},
	{Class: "LayerNormalization", Call: callLayerNorm},
	{Class: "GroupNormalization", Call: callGroupNorm},
	{Class: "UnitNormalization", Call: callUnitNorm},
	{Class: "RMSNormalization", Call: callRMSNorm},
	{Class: "SpectralNormalization", Call: callSpectral},
	{Class: "LayerScale", Call: func(c *Context) any { return c.mul(c.In(0), c.Var("gamma")) }},
}

// singleAxis reads an axis that may be written as a list of one.
func (c *Context) singleAxis(key string, otherwise, rank int) int {
	a := otherwise
	switch x := c.Config[key].(type) {
	case nil:
	case []any:
		if len(x) != 1 {
			build.Refuse("%s over several axes", key)
		}
		a = integer(key, x[0])
	default:
		a = integer(key, x)
	}
	return axis(a, rank)
}

// callBatchNorm is (x - mean) / sqrt(variance + epsilon) gamma + beta, with the moving statistics, computed as x c + d like TensorFlow does.
func callBatchNorm(c *Context) any {
	x := c.In(0)
	rank := len(x.Type.Shape)
	a := c.singleAxis("axis", -1, rank)
	n := x.Type.Shape[a]
	var gamma, beta *ir.Value
	if c.Config.bool("scale", true) {
		gamma = c.Var("gamma", n)
	}
	if c.Config.bool("center", true) {
		beta = c.Var("beta", n)
	}
	mean, variance := c.Var("moving_mean", n), c.Var("moving_variance", n)
	scale := c.TF("Rsqrt", nil, c.add(variance, c.F32(c.Config.float("epsilon", 1e-3))))
	if gamma != nil {
		scale = c.mul(scale, gamma)
	}
	offset := c.mul(mean, scale)
	if beta != nil {
		offset = c.sub(beta, offset)
	} else {
		offset = c.neg(offset)
	}
	return c.add(c.mul(x, c.along(scale, a, rank)), c.along(offset, a, rank))
}

// axes reads the list of axes "axis", sorted.
func (c *Context) axes(rank int, otherwise ...int) []int {
	list := c.Config.ints("axis", 0, otherwise...)
	out := make([]int, len(list))
	for i, a := range list {
		out[i] = axis(a, rank)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// moments returns mean and variance over axes, which stay as dimensions of 1.
func (c *Context) moments(x *ir.Value, axes ...int) (mean, variance *ir.Value) {
	mean = c.reduce("Mean", x, true, axes...)
	return mean, c.reduce("Mean", c.TF("SquaredDifference", nil, x, mean), true, axes...)
}

// spread gives a variable with the sizes of some axes the shape by which it broadcasts to x.
func (c *Context) spread(v, x *ir.Value, axes []int) *ir.Value {
	dims := ones(len(x.Type.Shape))
	if len(v.Type.Shape) != len(axes) {
		build.Damaged("a weight of shape %v for %d axes", v.Type.Shape, len(axes))
	}
	for i, a := range axes {
		dims[a] = v.Type.Shape[i]
	}
	for len(dims) > 1 && dims[0] == 1 {
		dims = dims[1:]
	}
	return c.Reshape(v, build.Fixed(dims...)...)
}

func callLayerNorm(c *Context) any {
	x := c.In(0)
	axes := c.axes(len(x.Type.Shape), -1)
	epsilon := c.F32(c.Config.float("epsilon", 1e-3))
	var gamma, beta *ir.Value
	if c.Config.bool("rms_scaling", false) {
		gamma = c.spread(c.Var("gamma"), x, axes)
		_, variance := c.moments(x, axes...)
		return c.mul(x, c.mul(c.TF("Rsqrt", nil, c.add(variance, epsilon)), gamma))
	}
	if c.Config.bool("scale", true) {
		gamma = c.spread(c.Var("gamma"), x, axes)
	}
	if c.Config.bool("center", true) {
		beta = c.spread(c.Var("beta"), x, axes)
	}
	mean, variance := c.moments(x, axes...)
	return c.normalize(x, mean, variance, gamma, beta, epsilon)
}

// normalize is (x - mean) rsqrt(variance + epsilon) gamma + beta; gamma and beta may be nil.
func (c *Context) normalize(x, mean, variance, gamma, beta, epsilon *ir.Value) *ir.Value {
	scale := c.TF("Rsqrt", nil, c.add(variance, epsilon))
	if gamma != nil {
		scale = c.mul(scale, gamma)
	}
	offset := c.neg(c.mul(mean, scale))
	if beta != nil {
		offset = c.sub(beta, c.mul(mean, scale))
	}
	return c.add(c.mul(x, scale), offset)
}

// callGroupNorm normalizes over the space and the channels of each group.
func callGroupNorm(c *Context) any {
	x := c.In(0)
	rank := len(x.Type.Shape)
	a := c.singleAxis("axis", -1, rank)
	n := x.Type.Shape[a]
	groups := c.Config.int("groups", 32)
	if groups == -1 {
		groups = n
	}
	if n < 0 || groups < 1 || n%groups != 0 {
		build.Damaged("%d groups of %d channels", groups, n)
	}
	var gamma, beta *ir.Value
	inner := ones(rank + 1)
	inner[a], inner[a+1] = groups, n/groups
	shape := func(v *ir.Value) *ir.Value { return c.Reshape(v, build.Fixed(inner...)...) }
	if c.Config.bool("scale", true) {
		gamma = shape(c.Var("gamma", n))
	}
	if c.Config.bool("center", true) {
		beta = shape(c.Var("beta", n))
	}
	dims := c.Dims(x)
	grouped := slices.Concat(dims[:a], build.Fixed(groups, n/groups), dims[a+1:])
	y := c.Reshape(x, grouped...)
	var axes []int
	for i := 1; i <= rank; i++ {
		if i != a {
			axes = append(axes, i)
		}
	}
	mean, variance := c.moments(y, axes...)
	y = c.normalize(y, mean, variance, gamma, beta, c.F32(c.Config.float("epsilon", 1e-3)))
	return c.Reshape(y, dims...)
}

// callUnitNorm divides by the norm, as far as that is above a millionth.
func callUnitNorm(c *Context) any {
	x := c.In(0)
	axes := c.axes(len(x.Type.Shape), -1)
	sum := c.reduce("Sum", c.TF("Square", nil, x), true, axes...)
	return c.mul(x, c.TF("Rsqrt", nil, c.TF("Maximum", nil, sum, c.F32(1e-12))))
}

// callRMSNorm is x / sqrt(mean(x²) + epsilon) scale.
func callRMSNorm(c *Context) any {
	x := c.In(0)
	rank := len(x.Type.Shape)
	axes := c.axes(rank, -1)
	mean := c.reduce("Mean", c.TF("Square", nil, x), true, axes...)
	y := c.mul(x, c.TF("Rsqrt", nil, c.add(mean, c.F32(c.Config.float("epsilon", 1e-6)))))
	return c.mul(y, c.spread(c.Var("scale"), x, axes))
}

// callSpectral is the wrapped layer: at inference its kernel is as it was saved.
func callSpectral(c *Context) any {
	return c.Sub(c.Config.object("layer"), "layer", c.Args...).Call()
}

// f32 reports whether v is of float32.
func f32(v *ir.Value) bool { return v.Type.DType == tensor.Float32 }
