package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// einsums are the operators that sum products over labelled dimensions.
var einsums = []Op{
	{Name: "Einsum", To: "BATCH_MATMUL FULLY_CONNECTED MUL SUM TRANSPOSE RESHAPE STRIDED_SLICE", Lower: inFloat32(lowerEinsum)},
	{Name: "XlaEinsum", To: "BATCH_MATMUL FULLY_CONNECTED MUL SUM TRANSPOSE RESHAPE STRIDED_SLICE", Lower: inFloat32(lowerEinsum)},
}

// lowerEinsum multiplies the operands one after the other. What no later operand and not the result needs is summed as early as possible.
func lowerEinsum(c *Context) {
	terms, result := parseEinsum(c.String("equation", ""), c.Ins(0, -1))
	for i := range terms {
		terms[i] = c.diagonal(terms[i])
	}
	x := terms[0]
	for i := 1; i < len(terms); i++ {
		x = c.contract(x, terms[i], func(l label) bool {
			return slices.Contains(result, l) || slices.ContainsFunc(terms[i+1:], func(t term) bool { return t.has(l) })
		}, result)
	}
	x = c.sumOthers(x, func(l label) bool { return slices.Contains(result, l) })
	c.Out(c.order(x, result).v)
}

// diagonal takes the elements of t with equal indices in dimensions of one label.
func (c *Context) diagonal(t term) term {
	for i, l := range t.labels {
		j := slices.Index(t.labels[i+1:], l) + i + 1
		if j == i {
			continue
		}
		n := c.dim(t.v, i, "dimension of a diagonal")
		if m := c.dim(t.v, j, "dimension of a diagonal"); n != m {
			build.Damaged("the diagonal of dimensions of %d and %d", n, m)
		}
		var perm, begin, end, stride []int
		var labels []label
		for k := range t.labels {
			if k != i && k != j {
				perm, labels = append(perm, k), append(labels, t.labels[k])
				begin, end, stride = append(begin, 0), append(end, 0), append(stride, 1)
			}
		}
		v := c.transpose(t.v, append(perm, i, j)...)
		dims := c.Dims(c.name("dims"), v)
		v = c.Reshape(c.name("flat"), v, append(dims[:len(perm):len(perm)], build.Dim{Size: n * n}))
		all := &op.StridedSlice{EndMask: 1<<len(perm) - 1}
		v = c.Emit("STRIDED_SLICE", all, v, c.Ints(c.name("begin"), append(begin, 0)...), c.Ints(c.name("end"), append(end, n*n)...),
			c.Ints(c.name("stride"), append(stride, n+1)...))
		return c.diagonal(term{v, append(labels, l)})
	}
	return t
}

// sumOthers sums t over the dimensions that are not to be kept.
func (c *Context) sumOthers(t term, keep func(label) bool) term {
	var axes []int
	for i, l := range t.labels {
		if !keep(l) {
			axes = append(axes, i)
		}
	}
	if axes == nil {
		return t
	}
	return term{c.Emit("SUM", &op.Reduce{}, t.v, c.Ints(c.name("axes"), axes...)), where(t.labels, keep)}
}

// order transposes t so that its labels are in the order of list, which has them all.
func (c *Context) order(t term, list []label) term {
	labels := where(list, t.has)
	perm := make([]int, len(labels))
	for i, l := range labels {
		perm[i] = slices.Index(t.labels, l)
	}
	return term{c.transpose(t.v, perm...), labels}
}

// align gives t the dimensions of list, of size 1 where it has none of its own; those in front may stay away, since operands broadcast.
func (c *Context) align(t term, list []label) *ir.Value {
	t = c.order(t, list)
	first := slices.IndexFunc(list, t.has)
	if first < 0 || len(list)-first == len(t.labels) {
		return t.v
	}
	own := c.Dims(c.name("dims"), t.v)
	dims := slices.Repeat([]build.Dim{{Size: 1}}, len(list)-first)
	for i, l := range list[first:] {
		if k := slices.Index(t.labels, l); k >= 0 {
			dims[i] = own[k]
		}
	}
	return c.Reshape(c.name("aligned"), t.v, dims)
}

// contract multiplies two terms, and sums over the labels that are not to be kept. The result's labels are ordered as in prefer as far as they are there.
func (c *Context) contract(x, y term, keep func(label) bool, prefer []label) term {
	x = c.sumOthers(x, func(l label) bool { return keep(l) || y.has(l) })
	y = c.sumOthers(y, func(l label) bool { return keep(l) || x.has(l) })
	all := slices.Clone(x.labels)
	for _, l := range y.labels {
		if !x.has(l) {
			all = append(all, l)
		}
	}
	target := where(prefer, func(l label) bool { return slices.Contains(all, l) })
	target = append(target, where(all, func(l label) bool { return keep(l) && !slices.Contains(prefer, l) })...)
	inner := where(all, func(l label) bool { return !keep(l) })
	free := where(target, func(l label) bool { return l >= 0 && x.has(l) != y.has(l) })
	if len(inner) == 0 || len(free) == 0 || slices.ContainsFunc(inner, func(l label) bool { return l < 0 }) {
		list := slices.Concat(target, inner)
		v := c.mul(c.align(x, list), c.align(y, list))
		return c.sumOthers(term{v, list}, keep)
	}
	return c.multiply(slices.MinFunc(products(x, y, target), func(p, q product) int { return p.cost() - q.cost() }))
}

// multiply carries a product out.
func (c *Context) multiply(p product) term {
	left, right := c.order(p.left, p.leftOrder()), c.order(p.right, p.rightOrder())
	rows, columns := c.sizes(left, p.rows), c.sizes(right, p.columns)
	single := !right.hasAny(p.batch)
	x := c.group(left, p.batch, p.leftTurned, len(p.rows), len(p.inner))
	y := c.group(right, p.batch, !p.rightTurn, len(p.columns), len(p.inner))
	var z *ir.Value
	if single && y.Const != nil && y.Type.DType == f32 && x.Type.DType == f32 {
		z = c.fullyConnected(c.matrix(x, p.leftTurned), c.matrix(y, !p.rightTurn))
	} else {
		z = c.matMul(x, y, p.leftTurned, p.rightTurn)
	}
	if len(rows) != 1 || len(columns) != 1 {
		made := c.Dims(c.name("product"), z)
		z = c.Reshape(c.name("result"), z, slices.Concat(made[:len(made)-2], rows, columns))
	}
	return c.order(term{z, p.natural()}, p.target)
}

// sizes returns the sizes of some of t's dimensions.
func (c *Context) sizes(t term, list []label) []build.Dim {
	own := c.Dims(c.name("dims"), t.v)
	var sizes []build.Dim
	for _, l := range list {
		sizes = append(sizes, own[slices.Index(t.labels, l)])
	}
	return sizes
}

// group makes matrices of a term whose labels are some of batch, and two groups of outer and inner ones, the inner first if turned: each group becomes one
// dimension. Batch labels that the term lacks become dimensions of 1 where others are before them.
func (c *Context) group(t term, batch []label, turned bool, outer, inner int) *ir.Value {
	own := c.Dims(c.name("dims"), t.v)
	var dims []build.Dim
	first := slices.IndexFunc(batch, t.has)
	at := 0
	for i, l := range batch {
		switch {
		case t.has(l):
			dims = append(dims, own[at])
			at++
		case first >= 0 && i > first:
			dims = append(dims, build.Dim{Size: 1})
		}
	}
	groups := []int{outer, inner}
	if turned {
		groups = []int{inner, outer}
	}
	for _, n := range groups {
		size := build.Dim{Size: 1}
		for i, d := range own[at : at+n] {
			if i == 0 {
				size = d
			} else {
				size = c.product(size, d)
			}
		}
		dims = append(dims, size)
		at += n
	}
	if len(dims) == len(own) && outer == 1 && inner == 1 {
		return t.v
	}
	return c.Reshape(c.name("matrices"), t.v, dims)
}
