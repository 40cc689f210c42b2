package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// transposes are the operators that change the order of dimensions.
var transposes = []Op{
	{Name: "Transpose", To: "TRANSPOSE RESHAPE BITCAST", Lower: lowerTranspose},
	{Name: "ConjugateTranspose", To: "TRANSPOSE RESHAPE BITCAST MUL", Lower: func(c *Context) {
		switch c.In(0).Type.DType {
		case tensor.Complex64:
			c.edges[0] = Edge{Value: c.conjugate(c.In(0))}
		case tensor.Complex128:
			build.Refuse("complex numbers of 128 bits")
		}
		lowerTranspose(c)
	}},
}

// transposeRank is the number of dimensions that TRANSPOSE takes.
const transposeRank = 6

// transposeTypes are the element types that TRANSPOSE moves.
var transposeTypes = []tensor.DType{tensor.Float32, tensor.Int32, tensor.Bool, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.Int64}

func lowerTranspose(c *Context) {
	x, perm := c.In(0), c.In(1)
	rank := len(x.Type.Shape)
	if length(perm, "the permutation") != rank {
		build.Damaged("a permutation of %v does not fit shape %v", perm.Type, x.Type.Shape)
	}
	y, back := c.as(x, transposeTypes...)
	order, ok := c.whole(perm)
	if !ok {
		if rank > transposeRank {
			build.Refuse("an unknown permutation of %d dimensions", rank)
		}
		c.Out(back(c.EmitAs("TRANSPOSE", nil, []ir.Type{typed(y.Type.DType, unknownShape(rank)...)}, y, c.index32(perm))[0]))
		return
	}
	seen := make([]bool, rank)
	order = slices.Clone(order)
	for i := range order {
		order[i] = axisOf(order[i], rank)
		if seen[order[i]] {
			build.Damaged("%v is no permutation", order)
		}
		seen[order[i]] = true
	}
	if slices.IsSorted(order) {
		c.Out(x)
		return
	}
	c.Out(back(c.permute(y, order)))
}

// permute is TRANSPOSE for any number of dimensions: more than it takes are joined where they stay together, and moved one after the other where that does
// not suffice.
func (c *Context) permute(x *ir.Value, perm []int) *ir.Value {
	if len(perm) <= transposeRank {
		return c.transpose(x, perm...)
	}
	dims := c.Dims(c.name("dims"), x)
	final := make([]build.Dim, len(perm))
	for i, p := range perm {
		final[i] = dims[p]
	}
	y := c.permuteJoined(x, dims, perm)
	return c.Reshape(c.name("reshape"), y, final)
}

// permuteJoined permutes x, read in the given dimensions; the result's dimensions may be joined.
func (c *Context) permuteJoined(x *ir.Value, dims []build.Dim, perm []int) *ir.Value {
	dims, perm = slices.Clone(dims), slices.Clone(perm)
	for i := 0; i < len(perm); i++ {
		p := perm[i]
		if dims[p].Size == 1 || i+1 < len(perm) && perm[i+1] == p+1 {
			if p+1 == len(dims) { // a last dimension of 1
				dims, perm = dims[:p], slices.Delete(perm, i, i+1)
			} else if dims[p].Size == 1 {
				dims, perm = slices.Delete(dims, p, p+1), lowered(slices.Delete(perm, i, i+1), p)
			} else {
				dims[p+1] = c.timesDim(dims[p], dims[p+1])
				dims, perm = slices.Delete(dims, p, p+1), lowered(slices.Delete(perm, i, i+1), p)
			}
			i = -1
		}
	}
	if len(perm) <= transposeRank {
		return c.transpose(c.Reshape(c.name("reshape"), x, dims), perm...)
	}
	// Dimension 1 goes along with dimension 0 first, and then to its own place.
	order := slices.Clone(perm)
	at := slices.Index(order, 1)
	order = lowered(slices.Delete(order, at, at+1), 1)
	y := c.permuteJoined(x, append([]build.Dim{c.timesDim(dims[0], dims[1])}, dims[2:]...), order)
	// y's dimensions, with the pair read as two: the pair is at position i.
	i := slices.Index(order, 0)
	var list []build.Dim
	for j, p := range order {
		if j == i {
			list = append(list, dims[0], dims[1])
			continue
		}
		list = append(list, dims[p+1])
	}
	move := make([]int, 0, len(list))
	for j := range list {
		if j != i+1 {
			move = append(move, j)
		}
	}
	return c.permuteJoined(y, list, slices.Insert(move, at, i+1))
}

// lowered subtracts 1 from what is greater than p.
func lowered(perm []int, p int) []int {
	for i := range perm {
		if perm[i] > p {
			perm[i]--
		}
	}
	return perm
}

// timesDim multiplies dimensions.
func (c *Context) timesDim(a, b build.Dim) build.Dim {
	switch {
	case a.Value == nil && b.Value == nil:
		return build.Dim{Size: a.Size * b.Size}
	case a.Value == nil && a.Size == 1:
		return b
	case b.Value == nil && b.Size == 1:
		return a
	}
	return c.product(a, b)
}
