package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// spaces are the operators that move blocks of pixels to channels or to the batch, and back.
var spaces = []Op{
	{Name: "SpaceToDepth", To: "SPACE_TO_DEPTH TRANSPOSE BITCAST", Lower: func(c *Context) { c.blocks("SPACE_TO_DEPTH") }},
	{Name: "DepthToSpace", To: "DEPTH_TO_SPACE TRANSPOSE BITCAST", Lower: func(c *Context) { c.blocks("DEPTH_TO_SPACE") }},
	{Name: "SpaceToBatchND", To: "SPACE_TO_BATCH_ND PAD RESHAPE TRANSPOSE", Lower: func(c *Context) { c.Out(c.spaceToBatch(c.In(0), c.In(1), c.In(2))) }},
	{Name: "BatchToSpaceND", To: "BATCH_TO_SPACE_ND RESHAPE TRANSPOSE STRIDED_SLICE", Lower: func(c *Context) { c.Out(c.batchToSpace(c.In(0), c.In(1), c.In(2))) }},
	{Name: "SpaceToBatch", To: "SPACE_TO_BATCH_ND", Lower: func(c *Context) { c.Out(c.spaceToBatch(c.In(0), c.squareBlock(), c.In(1))) }},
	{Name: "BatchToSpace", To: "BATCH_TO_SPACE_ND", Lower: func(c *Context) { c.Out(c.batchToSpace(c.In(0), c.squareBlock(), c.In(1))) }},
	{Name: "ExtractImagePatches", To: "PAD RESHAPE GATHER", Note: "images of known size only", Lower: lowerPatches},
	{Name: "ExtractVolumePatches", Note: "TFLite has no operator for it"},
}

var (
	depthTypes = []tensor.DType{tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int32, tensor.Int64}
	batchTypes = []tensor.DType{tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int32, tensor.Int64}
)

// blocks emits an operator on NHWC images.
func (c *Context) blocks(operator string) {
	x := c.In(0)
	attr := &op.BlockSize{Size: c.Int("block_size", 0)}
	first := false
	switch format := c.String("data_format", "NHWC"); format {
	case "NHWC":
	case "NCHW":
		first = true
	default:
		build.Refuse("data format %s", format)
	}
	if len(x.Type.Shape) != 4 {
		build.Damaged("%v are no images", x.Type)
	}
	y, back := c.as(x, depthTypes...)
	if first {
		y = c.toLast(y)
	}
	y = c.Emit(operator, attr, y)
	if first {
		y = c.toFirst(y)
	}
	c.Out(back(y))
}

// squareBlock returns the shape of a block from an attribute.
func (c *Context) squareBlock() *ir.Value {
	n := c.Int("block_size", 0)
	return c.Ints(c.name("block"), n, n)
}

// spatial3 returns x with what follows its n spatial dimensions joined to one, as the operators want it, and a function that restores that in results.
func (c *Context) spatial3(x *ir.Value, n int) (y *ir.Value, back func(*ir.Value) *ir.Value) {
	rank := len(x.Type.Shape)
	if n < 1 || rank < n+1 {
		build.Damaged("a block of %d dimensions does not fit %v", n, x.Type)
	}
	if rank == n+2 {
		return x, func(v *ir.Value) *ir.Value { return v }
	}
	dims := c.Dims(c.name("dims"), x)
	rest := build.Dim{Size: 1}
	for _, d := range dims[n+1:] {
		rest = c.timesDim(rest, d)
	}
	y = c.Reshape(c.name("reshape"), x, append(dims[:n+1:n+1], rest))
	return y, func(v *ir.Value) *ir.Value {
		return c.Reshape(c.name("reshape"), v, append(c.Dims(c.name("dims"), v)[:n+1], dims[n+1:]...))
	}
}

func (c *Context) spaceToBatch(x, block, pads *ir.Value) *ir.Value {
	n := length(block, "the block")
	x, restore := c.spatial3(x, n)
	x, back := c.as(x, batchTypes...)
	if n <= 2 {
		types := []ir.Type{typed(x.Type.DType, append(unknownShape(n+1), x.Type.Shape[n+1])...)}
		return back(restore(c.EmitAs("SPACE_TO_BATCH_ND", nil, types, x, c.index32(block), c.index32(pads))[0]))
	}
	sizes, ok := c.whole(block)
	around, ok2 := c.whole(pads)
	if !ok || !ok2 || len(around) != 2*n {
		build.Refuse("the block or the paddings are no constants")
	}
	x = c.padded(x, append(append([]int{0, 0}, around...), 0, 0), nil)
	// [N, s1·b1, s2·b2, …, C] → [N, s1, b1, s2, b2, …, C] → [b1, b2, …, N, s1, s2, …, C]
	dims := c.Dims(c.name("dims"), x)
	split, batch, perm := dims[:1:1], dims[0], []int{}
	var space []build.Dim
	for i, b := range sizes {
		if b < 1 {
			build.Damaged("the block is %v", sizes)
		}
		s := c.overDim(dims[i+1], b)
		split, space, perm = append(split, s, build.Dim{Size: b}), append(space, s), append(perm, 2*i+2)
		batch = c.timesDim(batch, build.Dim{Size: b})
	}
	split, perm = append(split, dims[n+1]), append(perm, 0)
	for i := range n {
		perm = append(perm, 2*i+1)
	}
	y := c.permute(c.Reshape(c.name("reshape"), x, split), append(perm, 2*n+1))
	return back(restore(c.Reshape(c.name("reshape"), y, append(append([]build.Dim{batch}, space...), dims[n+1]))))
}

func (c *Context) batchToSpace(x, block, crops *ir.Value) *ir.Value {
	n := length(block, "the block")
	x, restore := c.spatial3(x, n)
	x, back := c.as(x, batchTypes...)
	if n <= 2 {
		types := []ir.Type{typed(x.Type.DType, append(unknownShape(n+1), x.Type.Shape[n+1])...)}
		return back(restore(c.EmitAs("BATCH_TO_SPACE_ND", nil, types, x, c.index32(block), c.index32(crops))[0]))
	}
	sizes, ok := c.whole(block)
	cut, ok2 := c.whole(crops)
	if !ok || !ok2 || len(cut) != 2*n {
		build.Refuse("the block or the crops are no constants")
	}
	// [b1, b2, …, N, s1, s2, …, C] → [N, s1, b1, s2, b2, …, C] → [N, s1·b1, s2·b2, …, C]
	dims := c.Dims(c.name("dims"), x)
	product := 1
	for _, b := range sizes {
		if b < 1 || b > maxPlaces/product {
			build.Damaged("the block is %v", sizes)
		}
		product *= b
	}
	batch := c.overDim(dims[0], product)
	split := append(append(build.Fixed(sizes...), batch), dims[1:]...)
	perm, joined := []int{n}, []build.Dim{batch}
	positions := []position{everything}
	for i, b := range sizes {
		perm, joined = append(perm, n+1+i, i), append(joined, c.timesDim(dims[i+1], build.Dim{Size: b}))
		p := everything
		if cut[2*i] != 0 || cut[2*i+1] != 0 {
			p = position{begin: build.Dim{Size: cut[2*i]}, end: build.Dim{Size: -cut[2*i+1]}, last: cut[2*i+1] == 0, stride: 1}
		}
		positions = append(positions, p)
	}
	y := c.permute(c.Reshape(c.name("reshape"), x, split), append(perm, 2*n+1))
	y = c.Reshape(c.name("reshape"), y, append(joined, dims[n+1]))
	return back(restore(c.cut(y, append(positions, everything))))
}

// overDim divides a dimension.
func (c *Context) overDim(d build.Dim, by int) build.Dim {
	if d.Value != nil {
		return c.dimOf(c.Emit("FLOOR_DIV", nil, d.Value, c.Builder.Int(c.name("by"), by)))
	}
	if d.Size%by != 0 {
		build.Damaged("%d is no multiple of %d", d.Size, by)
	}
	return build.Dim{Size: d.Size / by}
}

// lowerPatches puts the pixels under each position of a window one behind the other.
func lowerPatches(c *Context) {
	x := c.In(0)
	size, step, rate := c.IntList("ksizes"), c.IntList("strides"), c.IntList("rates")
	if len(x.Type.Shape) != 4 || len(size) != 4 || len(step) != 4 || len(rate) != 4 {
		build.Damaged("windows of %v in %v", size, x.Type)
	}
	var pads [8]int
	var count [2]int
	for i := range 2 {
		n, k, s, r := x.Type.Shape[i+1], size[i+1], step[i+1], rate[i+1]
		if n < 0 || k < 1 || s < 1 || r < 1 || k > 1<<12 || r > 1<<12 {
			build.Refuse("windows of %v in %v", size, x.Type)
		}
		span := (k-1)*r + 1
		if count[i] = (n - span + s) / s; c.String("padding", "VALID") == "SAME" {
			count[i] = (n + s - 1) / s
			around := max(0, (count[i]-1)*s+span-n)
			pads[2*i+2], pads[2*i+3] = around/2, around-around/2
		}
		if count[i] < 1 {
			build.Damaged("a window of %v does not fit %v", size, x.Type)
		}
	}
	x = c.padded(x, pads[:], nil)
	dims, width := c.Dims(c.name("dims"), x), x.Type.Shape[2]
	if n := count[0] * count[1]; n > maxPlaces/(size[1]*size[2]) {
		build.Refuse("%d windows of %v", n, size)
	}
	var index []int
	for i := range count[0] * count[1] * size[1] * size[2] {
		kx, ky := i%size[2], i/size[2]%size[1]
		ox, oy := i/size[2]/size[1]%count[1], i/size[2]/size[1]/count[1]
		index = append(index, (oy*step[1]+ky*rate[1])*width+ox*step[2]+kx*rate[2])
	}
	y := c.gather(c.Reshape(c.name("flat"), x, []build.Dim{dims[0], {Size: x.Type.Shape[1] * width}, dims[3]}), c.Ints(c.name("index"), index...), 1, 0)
	depth := c.timesDim(dims[3], build.Dim{Size: size[1] * size[2]})
	c.Out(c.Reshape(c.name("result"), y, []build.Dim{dims[0], {Size: count[0]}, {Size: count[1]}, depth}))
}
