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
}

// callFlatten joins all dimensions but the batch.
func callFlatten(c *Context) any {
	x := c.In(0)
	if c.channelsFirst() && len(x.Type.Shape) > 2 {
		x, _ = c.last(x, true)
	}
	n, _ := elements(x)
	return c.Reshape(x, c.batch(x), build.Dim{Size: n})
}

// elements returns the number of elements that x has for each one of its batch, and -1 and false where that is not known.
func elements(x *ir.Value) (n int, known bool) {
	n = 1
	for _, d := range x.Type.Shape[min(1, len(x.Type.Shape)):] {
		if d < 0 {
			return -1, false
		}
		n *= d
	}
	return n, true
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
	if total, known := elements(x); known && open >= 0 {
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
	begin, size, end := repeat(0, n+2), repeat(-1, n+2), repeat(0, n+2)
	whole, open := 1<<(n+2)-1, false // whole has a bit for each dimension that is kept up to its end
	for i := range n {
		a, d, after := first+i, x.Type.Shape[first+i], crops[2*i+1]
		begin[a], size[a], end[a] = crops[2*i], d-crops[2*i]-after, -after
		if crops[2*i] < 0 || after < 0 || d >= 0 && size[a] < 0 {
			build.Damaged("cropping %v of a tensor of shape %v", crops, x.Type.Shape)
		}
		if after > 0 {
			whole &^= 1 << a
		}
		open = open || d < 0
	}
	if open {
		return c.TF("StridedSlice", graphdef.Attrs{"end_mask": whole}, x, c.I32s(begin...), c.I32s(end...), c.I32s(ones(n+2)...))
	}
	return c.TF("Slice", nil, x, c.I32s(begin...), c.I32s(size...))
}

// repeat repeats each element along an axis n times.
func (c *Context) repeat(x *ir.Value, a, n int) *ir.Value {
	dims := c.Dims(x)
	if a >= len(dims) {
		build.Damaged("is called with a tensor of shape %v", x.Type.Shape)
	}
	wide := slices.Insert(slices.Clone(dims), a+1, build.Dim{Size: 1})
	tiles := ones(len(wide))
	tiles[a+1] = n
	y := c.TF("Tile", nil, c.Reshape(x, wide...), c.I32s(tiles...))
	out := slices.Clone(dims)
	out[a] = build.Dim{Size: x.Type.Shape[a] * n}
	if dims[a].Value != nil {
		out[a] = build.Dim{Size: build.Unknown, Value: c.mul(dims[a].Value, c.I32(n))}
	}
	return c.Reshape(y, out...)
}

func callUpSampling2D(c *Context) any {
	x, back := c.last(c.In(0), c.channelsFirst())
	c.Rank(x, 4, 4)
	size := c.Config.ints("size", 2, 2, 2)
	sides := c.TF("StridedSlice", nil, c.TF("Shape", nil, x), c.I32s(1), c.I32s(3), c.I32s(1))
	return back(c.resize(x, c.mul(sides, c.I32s(size[0], size[1])), c.Config.text("interpolation", "nearest"), false))
}

func callUpSampling3D(c *Context) any {
	x, back := c.last(c.In(0), c.channelsFirst())
	c.Rank(x, 5, 5)
	for i, n := range c.Config.ints("size", 3, 2, 2, 2) {
		x = c.repeat(x, 1+i, n)
	}
	return back(x)
}

// split takes a tensor apart into n equal parts along an axis.
func (c *Context) split(x *ir.Value, a, n int) []*ir.Value {
	return c.TFs("Split", graphdef.Attrs{"num_split": n}, c.I32(a), x)
}
