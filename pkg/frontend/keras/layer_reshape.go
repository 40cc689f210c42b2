package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
)

// reshapes are the layers that move elements.
var reshapes = []Layer{
	{Class: "Flatten", Call: callFlatten},
	{Class: "Reshape", Call: callReshape},
	{Class: "Permute", Call: callPermute},
	{Class: "RepeatVector", Call: callRepeatVector},
	{Class: "ZeroPadding1D", Call: func(c *Context) any { return callZeroPadding(c, 1) }},
	{Class: "ZeroPadding2D", Call: func(c *Context) any { return callZeroPadding(c, 2) }},
	{Class: "ZeroPadding3D", Call: func(c *Context) any { return callZeroPadding(c, 3) }},
	{Class: "Cropping1D", Call: func(c *Context) any { return callCropping(c, 1) }},
	{Class: "Cropping2D", Call: func(c *Context) any { return callCropping(c, 2) }},
	{Class: "Cropping3D", Call: func(c *Context) any { return callCropping(c, 3) }},
	{Class: "UpSampling1D", Call: func(c *Context) any { return c.repeat(c.In(0), 1, c.Config.int("size", 2)) }},
	{Class: "UpSampling2D", Call: callUpSampling2D},
	{Class: "UpSampling3D", Call: callUpSampling3D},
	{Class: "Pad", Note: "this layer can't be converted: export the model as a SavedModel"},
}

// callFlatten joins all dimensions but the batch.
func callFlatten(c *Context) any {
	x := c.In(0)
	if c.channelsFirst() && len(x.Type.Shape) > 2 {
		x, _ = c.last(x, true)
	}
	n := 1
	for _, d := range x.Type.Shape[min(1, len(x.Type.Shape)):] {
		if d < 0 {
			build.Refuse("a tensor of unknown size %v is flattened", x.Type.Shape)
		}
		n *= d
	}
	return c.Reshape(x, c.batch(x), build.Dim{Size: n})
}

// batch returns the first dimension.
func (c *Context) batch(x *ir.Value) build.Dim {
	if len(x.Type.Shape) == 0 {
		build.Damaged("is called with a scalar")
	}
	return c.Dims(x)[0]
}

// callReshape gives all dimensions but the batch a new shape, of which one may be -1.
func callReshape(c *Context) any {
	x := c.In(0)
	target := c.Config.ints("target_shape", 0)
	n, open := 1, -1
	for i, d := range target {
		if d < 0 {
			open = i
		} else {
			n *= d
		}
	}
	if open >= 0 {
		total := 1
		for _, d := range x.Type.Shape[min(1, len(x.Type.Shape)):] {
			if d < 0 {
				build.Refuse("a tensor of unknown size %v gets another shape", x.Type.Shape)
			}
			total *= d
		}
		if n == 0 || total%n != 0 {
			build.Damaged("a tensor of shape %v does not fit into %v", x.Type.Shape, target)
		}
		target = slices.Clone(target)
		target[open] = total / n
	}
	return c.Reshape(x, append([]build.Dim{c.batch(x)}, build.Fixed(target...)...)...)
}

// callPermute counts dimensions from 1, without the batch.
func callPermute(c *Context) any {
	return c.transpose(c.In(0), append([]int{0}, c.Config.ints("dims", 0)...)...)
}

func callRepeatVector(c *Context) any {
	x := c.TF("ExpandDims", nil, c.In(0), c.I32(1))
	return c.TF("Tile", nil, x, c.I32s(1, c.Config.int("n", 1), 1))
}

// pairs reads before and after of n dimensions: a number, n numbers, or n pairs of them.
func (c *Context) pairs(key string, n, otherwise int) []int {
	out := make([]int, 0, 2*n)
	list, ok := c.Config[key].([]any)
	if !ok {
		x := c.Config.int(key, otherwise)
		return repeat(x, 2*n)
	}
	if n == 1 && len(list) == 2 { // before and after themselves
		return []int{integer(key, list[0]), integer(key, list[1])}
	}
	if len(list) != n {
		build.Damaged("%q has %d entries, not %d", key, len(list), n)
	}
	for _, x := range list {
		if pair, ok := x.([]any); ok {
			if len(pair) != 2 {
				build.Damaged("%q has an entry of %d numbers, not 2", key, len(pair))
			}
			out = append(out, integer(key, pair[0]), integer(key, pair[1]))
		} else {
			k := integer(key, x)
			out = append(out, k, k)
		}
	}
	return out
}

// spatial returns the position of the first spatial dimension.
func (c *Context) spatial(x *ir.Value, n int) int {
	c.Rank(x, n+2, n+2)
	if c.Config.has("data_format") && c.channelsFirst() {
		return 2
	}
	return 1
}

func callZeroPadding(c *Context, n int) any {
	x := c.In(0)
	first, pads := c.spatial(x, n), c.pairs("padding", n, 1)
	all := repeat(0, 2*(n+2))
	copy(all[2*first:], pads)
	return c.TF("Pad", nil, x, c.matrix(all...))
}

func callCropping(c *Context, n int) any {
	x := c.In(0)
	first, crops := c.spatial(x, n), c.pairs("cropping", n, 1)
	begin, size := repeat(0, n+2), repeat(-1, n+2)
	for i := range n {
		d := x.Type.Shape[first+i]
		if d < 0 {
			build.Refuse("a tensor of unknown size %v is cropped", x.Type.Shape)
		}
		begin[first+i], size[first+i] = crops[2*i], d-crops[2*i]-crops[2*i+1]
		if crops[2*i] < 0 || crops[2*i+1] < 0 || size[first+i] < 0 {
			build.Damaged("cropping %v of a tensor of shape %v", crops, x.Type.Shape)
		}
	}
	return c.TF("Slice", nil, x, c.I32s(begin...), c.I32s(size...))
}

// repeat repeats each element along an axis n times.
func (c *Context) repeat(x *ir.Value, a, n int) *ir.Value {
	dims := c.Dims(x)
	if a >= len(dims) {
		build.Damaged("is called with a tensor of shape %v", x.Type.Shape)
	}
	if x.Type.Shape[a] < 0 {
		build.Refuse("a tensor of unknown size %v is repeated", x.Type.Shape)
	}
	wide := slices.Insert(slices.Clone(dims), a+1, build.Dim{Size: 1})
	tiles := ones(len(wide))
	tiles[a+1] = n
	y := c.TF("Tile", nil, c.Reshape(x, wide...), c.I32s(tiles...))
	out := slices.Clone(dims)
	out[a] = build.Dim{Size: x.Type.Shape[a] * n}
	return c.Reshape(y, out...)
}

func callUpSampling2D(c *Context) any {
	x, back := c.last(c.In(0), c.channelsFirst())
	c.Rank(x, 4, 4)
	size := c.Config.ints("size", 2, 2, 2)
	h, w := x.Type.Shape[1], x.Type.Shape[2]
	if h < 0 || w < 0 {
		build.Refuse("a tensor of unknown size %v is enlarged", x.Type.Shape)
	}
	return back(c.resize(x, h*size[0], w*size[1], c.Config.text("interpolation", "nearest")))
}

func callUpSampling3D(c *Context) any {
	x, back := c.last(c.In(0), c.channelsFirst())
	c.Rank(x, 5, 5)
	for i, n := range c.Config.ints("size", 3, 2, 2, 2) {
		x = c.repeat(x, 1+i, n)
	}
	return back(x)
}

func refuseInterpolation(name string) {
	build.Refuse("the interpolation %q: nearest and bilinear are what TFLite has", name)
}

// split takes a tensor apart into n equal parts along an axis.
func (c *Context) split(x *ir.Value, a, n int) []*ir.Value {
	return c.TFs("Split", graphdef.Attrs{"num_split": n}, c.I32(a), x)
}
