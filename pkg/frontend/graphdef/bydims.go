package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// byDims applies an operator that treats each dimension apart from the others, to the dimensions that are busy. It takes at most limit dimensions:
// where x has more, those that are not busy are joined, and where that does not suffice the operator is applied to a few at a time. apply gets x in another
// shape, and for each of its dimensions which of the original ones it is, -1 for joined ones; it must keep their number.
func (c *Context) byDims(x *ir.Value, busy []bool, limit int, apply func(x *ir.Value, dims []int) *ir.Value) *ir.Value {
	rank := len(x.Type.Shape)
	if rank <= limit {
		dims := make([]int, rank)
		for i := range dims {
			if dims[i] = i; !busy[i] {
				dims[i] = -1
			}
		}
		return apply(x, dims)
	}
	sizes := c.Dims(c.name("dims"), x)
	for at := 0; at < rank; {
		var groups [][]build.Dim
		var dims []int
		idle := func(d build.Dim) {
			if n := len(dims); n > 0 && dims[n-1] < 0 {
				groups[n-1] = append(groups[n-1], d)
				return
			}
			groups, dims = append(groups, []build.Dim{d}), append(dims, -1)
		}
		next := rank
		for i, d := range sizes {
			switch {
			case i < at || !busy[i] || i >= next:
				idle(d)
			case len(groups) >= limit-2: // another one and what is behind it
				next = i
				idle(d)
			default:
				groups, dims = append(groups, []build.Dim{d}), append(dims, i)
			}
		}
		shape := make([]build.Dim, len(groups))
		for i, g := range groups {
			shape[i] = build.Dim{Size: 1}
			for _, d := range g {
				shape[i] = c.timesDim(shape[i], d)
			}
		}
		x = apply(c.Reshape(c.name("reshape"), x, shape), dims)
		var done []build.Dim
		for i, d := range c.Dims(c.name("dims"), x) {
			if dims[i] < 0 {
				done = append(done, groups[i]...)
				continue
			}
			done = append(done, d)
		}
		sizes, at = done, next
	}
	return c.Reshape(c.name("reshape"), x, sizes)
}
