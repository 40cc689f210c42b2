package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// lowerStitch joins rows in the order that lists of indices give; of several rows with one index the last counts, and rows that
// no index names are zeros.
func lowerStitch(c *Context) {
	n := c.Len() / 2
	if n < 1 || c.Len()%2 != 0 {
		build.Damaged("has %d inputs", c.Len())
	}
	var index, rows []*ir.Value
	var element []build.Dim
	for i := range n {
		at, x := c.index32(c.In(i)), c.In(n+i)
		lead := len(at.Type.Shape)
		if lead > len(x.Type.Shape) {
			build.Damaged("indices of %v do not fit %v", at.Type, x.Type)
		}
		dims := c.Dims(c.name("dims"), x)
		element = dims[lead:]
		count := build.Dim{Size: 1}
		for _, d := range dims[:lead] {
			count = c.timesDim(count, d)
		}
		index = append(index, c.Reshape(c.name("rows"), at, []build.Dim{count}))
		rows = append(rows, c.Reshape(c.name("data"), x, append([]build.Dim{count}, element...)))
	}
	at, all := c.joined(index, 0), c.joined(rows, 0)
	var size build.Dim
	holes := true
	if list, ok := c.whole(at); ok {
		seen := map[int]bool{}
		for _, i := range list {
			if i < 0 || i >= maxPlaces {
				build.Damaged("index %d", i)
			}
			size.Size, seen[i] = max(size.Size, i+1), true
		}
		holes = len(seen) < size.Size
	} else {
		most := c.Emit("REDUCE_MAX", &op.Reduce{}, at, c.Ints(c.name("axes"), 0))
		size = build.Dim{Size: build.Unknown, Value: c.add(most, c.Builder.Int(c.name("one"), 1))}
	}
	last := c.lastOf(at, size)
	y := c.gather(all, c.Emit("MAXIMUM", nil, last, c.Builder.Int(c.name("zero"), 0)), 0, 0)
	if holes {
		given := c.Emit("GREATER_EQUAL", nil, last, c.Builder.Int(c.name("zero"), 0))
		shape := append([]build.Dim{{Size: -1}}, build.Fixed(slices.Repeat([]int{1}, len(element))...)...)
		y = c.selectV2(c.Reshape(c.name("given"), given, shape), y, c.zero(y.Type.DType))
	}
	c.Out(y)
}
