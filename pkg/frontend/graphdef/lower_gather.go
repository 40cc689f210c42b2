package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// gathers are the operators that take slices of a tensor by their indices.
var gathers = []Op{
	{Name: "Gather", To: "GATHER BITCAST", Lower: func(c *Context) { c.Out(c.gather(c.In(0), c.In(1), 0, 0)) }},
	{Name: "GatherV2", To: "GATHER GATHER_ND BITCAST", Lower: lowerGatherV2},
	{Name: "GatherNd", To: "GATHER_ND BITCAST", Lower: func(c *Context) { c.Out(c.gatherND(c.In(0), c.In(1))) }},
	{Name: "DataFormatVecPermute", To: "GATHER", Lower: lowerVecPermute},
	{Name: "DataFormatDimMap", To: "GATHER FLOOR_MOD", Lower: lowerDimMap},
}

var (
	gatherTypes = []tensor.DType{
		tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.Bool, tensor.String,
	}
	indexTypes = []tensor.DType{tensor.Int16, tensor.Int32, tensor.Int64}
)

func lowerGatherV2(c *Context) {
	x, index := c.In(0), c.In(1)
	axis := 0
	if c.Len() > 2 {
		axis = c.axis(c.In(2), len(x.Type.Shape))
	}
	c.Out(c.gather(x, index, axis, c.Int("batch_dims", 0)))
}

// gather takes slices along an axis.
func (c *Context) gather(x, index *ir.Value, axis, batch int) *ir.Value {
	if len(x.Type.Shape) == 0 {
		build.Damaged("a scalar has no slices")
	}
	if batch < 0 {
		batch += len(index.Type.Shape)
	}
	if !slices.Contains(indexTypes, index.Type.DType) {
		index = c.castTo(index, i32)
	}
	if x.Type.DType == tensor.String && len(x.Type.Shape) > 1 { // GATHER takes only vectors of strings
		if axis != 0 || batch != 0 {
			build.Refuse("slices of strings along dimension %d, with %d batch dimensions", axis, batch)
		}
		return c.gatherND(x, c.expand(index, len(index.Type.Shape)))
	}
	y, back := c.as(x, gatherTypes...)
	return back(c.Emit("GATHER", &op.Gather{Axis: axis, BatchDims: batch}, y, index))
}

// gatherND takes the slices whose leading indices are the rows of index.
func (c *Context) gatherND(x, index *ir.Value) *ir.Value {
	if !slices.Contains(indexTypes, index.Type.DType) {
		index = c.castTo(index, i32)
	}
	y, back := c.as(x, gatherTypes...)
	return back(c.Emit("GATHER_ND", nil, y, index))
}

// formats returns for each dimension of the new data format its place in the old one.
func (c *Context) formats() []int {
	from, to := c.String("src_format", "NHWC"), c.String("dst_format", "NCHW")
	if len(from) != len(to) || len(from) > 5 {
		build.Damaged("data formats %q and %q", from, to)
	}
	perm := make([]int, len(to))
	for i := range to {
		at := -1
		for j := range from {
			if from[j] == to[i] {
				at = j
			}
		}
		if perm[i] = at; at < 0 {
			build.Damaged("data formats %q and %q", from, to)
		}
	}
	return perm
}

// lowerVecPermute permutes numbers that belong to dimensions, or the rows of a matrix: of all dimensions, or of those but N and C.
func lowerVecPermute(c *Context) {
	x := c.In(0)
	perm := c.formats()
	if len(x.Type.Shape) < 1 || x.Type.Shape[0] < 0 {
		build.Refuse("the number of elements is not known")
	}
	if x.Type.Shape[0] == len(perm)-2 {
		c.Out(x) // the order of the spatial dimensions is the same in all formats
		return
	}
	if x.Type.Shape[0] != len(perm) {
		build.Damaged("%v does not fit %d dimensions", x.Type, len(perm))
	}
	c.Out(c.gather(x, c.Ints(c.name("perm"), perm...), 0, 0))
}

// lowerDimMap translates numbers of dimensions.
func lowerDimMap(c *Context) {
	perm := c.formats()
	inverse := make([]int, len(perm))
	for i, p := range perm {
		inverse[p] = i
	}
	x := c.In(0)
	n := c.castTo(c.Builder.Int(c.name("rank"), len(perm)), x.Type.DType)
	at := c.Emit("FLOOR_MOD", nil, x, n)
	c.Out(c.gather(c.castTo(c.Ints(c.name("perm"), inverse...), x.Type.DType), at, 0, 0))
}
