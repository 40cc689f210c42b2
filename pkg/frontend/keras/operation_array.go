package keras

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// arrays are operations that move elements, or take tensors together, beside the plain ones.
var arrays = []Layer{
	{Class: "Moveaxis", Call: func(c *Context) any { return c.moved(c.operand(0, "x"), c.several("source"), c.several("destination")) }},
	{Class: "Rot90", Call: callRot90},
	{Class: "Fliplr", Call: func(c *Context) any { return c.TF("ReverseV2", nil, c.operand(0, "x"), c.I32s(1)) }},
	{Class: "Flipud", Call: func(c *Context) any { return c.TF("ReverseV2", nil, c.operand(0, "x"), c.I32s(0)) }},
	{Class: "Roll", Call: callRoll},
	{Class: "Append", Call: func(c *Context) any {
		x, y := c.alike(c.operand(0, "x1"), c.operand(1, "x2"))
		if c.param(2, "axis") == nil {
			flat := build.Dim{Size: -1}
			return c.concat(0, c.Reshape(x, flat), c.Reshape(y, flat))
		}
		return c.concat(axis(c.whole("axis", 0), len(x.Type.Shape)), x, y)
	}},
	{Class: "Hstack", Call: func(c *Context) any { return c.stacked(1, 1) }},
	{Class: "Vstack", Call: func(c *Context) any { return c.stacked(2, 0) }},
	{Class: "Dstack", Call: func(c *Context) any { return c.stacked(3, 2) }},
	{Class: "Hsplit", Call: func(c *Context) any {
		x := c.operand(0, "x")
		return c.parted(x, min(1, len(x.Type.Shape)-1))
	}},
	{Class: "Vsplit", Call: func(c *Context) any { return c.parted(c.operand(0, "x"), 0) }},
	{Class: "Dsplit", Call: func(c *Context) any { return c.parted(c.operand(0, "x"), 2) }},
	{Class: "Split", Call: callSplit},
	{Class: "ArraySplit", Call: func(c *Context) any {
		x := c.operand(0, "x")
		a := axis(c.whole("axis", 0), len(x.Type.Shape))
		n, ok := c.param(1, "indices_or_sections").(json.Number)
		if parts := 0; ok {
			if parts = integer("indices_or_sections", n); parts < 1 || x.Type.Shape[a] < parts {
				build.Refuse("%d parts of a tensor of shape %v", parts, x.Type.Shape)
			}
			sizes := make([]int, parts) // the first are larger by one
			for i := range sizes {
				sizes[i] = x.Type.Shape[a] / parts
				if i < x.Type.Shape[a]%parts {
					sizes[i]++
				}
			}
			return boxed(c.TFs("SplitV", graphdef.Attrs{"num_split": parts}, x, c.I32s(sizes...), c.I32(a)))
		}
		return c.parted(x, a)
	}},
	{Class: "Tril", Call: func(c *Context) any { return c.triangle(func(row, column, k int) bool { return column <= row+k }) }},
	{Class: "Triu", Call: func(c *Context) any { return c.triangle(func(row, column, k int) bool { return column >= row+k }) }},
	{Class: "Diag", Call: func(c *Context) any {
		x := c.operand(0, "x")
		if len(x.Type.Shape) == 1 {
			return c.onDiagonal(x, c.whole("k", 0))
		}
		return c.diagonal(x, c.whole("k", 0))
	}},
	{Class: "Diagflat", Call: func(c *Context) any {
		return c.onDiagonal(c.Reshape(c.operand(0, "x"), build.Dim{Size: -1}), c.whole("k", 0))
	}},
	{Class: "Diagonal", Call: func(c *Context) any { return c.ownDiagonal() }},
	{Class: "Trace", Call: func(c *Context) any {
		d := c.ownDiagonal()
		return c.reduce("Sum", d, false, len(d.Type.Shape)-1)
	}},
	{Class: "FullLike", Call: func(c *Context) any {
		x := c.operand(0, "x")
		v := c.operand(1, "fill_value")
		d := x.Type.DType
		if name := c.word("dtype"); name != "" {
			v = c.cast(v, name)
		} else if v.Type.DType != d {
			v = c.TF("Cast", graphdef.Attrs{"SrcT": v.Type.DType, "DstT": d}, v)
		}
		return c.TF("Fill", nil, c.TF("Shape", nil, x), v)
	}},
	{Class: "EmptyLike", Call: func(c *Context) any { return c.TF("ZerosLike", nil, c.operand(0, "x")) }},
	{Class: "Meshgrid", Call: callMeshgrid},
	{Class: "Vander", Call: func(c *Context) any {
		x := c.real(c.operand(0, "x"))
		n := c.whole("N", x.Type.Shape[c.Rank(x, 1, 1)-1])
		if n < 0 || n > 1<<12 {
			build.Refuse("%d powers", n)
		}
		powers := make([]float32, n)
		for i := range powers {
			powers[i] = float32(i)
		}
		if !c.flag("increasing", false) {
			slices.Reverse(powers)
		}
		return c.TF("Pow", nil, c.TF("ExpandDims", nil, x, c.I32(1)), c.Floats(tensor.Shape{n}, powers...))
	}},
	{Class: "MultiHot", Call: func(c *Context) any {
		x := c.operand(0, "inputs")
		y := c.TF("OneHot", graphdef.Attrs{"axis": c.whole("axis", -1)}, x, c.I32(c.whole("num_classes", 0)), c.F32(1), c.F32(0))
		y = c.reduce("Max", y, false, min(1, len(x.Type.Shape)-1))
		if d := c.word("dtype"); d != "" {
			return c.cast(y, d)
		}
		return y
	}},
	{Class: "Slice", Call: func(c *Context) any {
		return c.TF("Slice", nil, c.operand(0, "inputs"), c.vector(1, "start_indices"), c.I32s(c.several("shape")...))
	}},
	{Class: "SliceUpdate", Call: func(c *Context) any {
		return c.TF("XlaDynamicUpdateSlice", nil, c.operand(0, "inputs"), c.operand(2, "updates"), c.vector(1, "start_indices"))
	}},
	{Class: "Scatter", Call: func(c *Context) any {
		return c.TF("ScatterNd", nil, c.places(0, "indices"), c.operand(1, "values"), c.I32s(c.several("shape")...))
	}},
	{Class: "ScatterUpdate", Call: func(c *Context) any {
		op := map[string]string{"": "TensorScatterUpdate", "add": "TensorScatterAdd", "max": "TensorScatterMax", "min": "TensorScatterMin"}[c.word("reduction")]
		if op == "" {
			build.Refuse("an update by %q", c.word("reduction"))
		}
		return c.TF(op, nil, c.operand(0, "inputs"), c.places(1, "indices"), c.operand(2, "updates"))
	}},
	{Class: "Tensordot", Call: callTensordot},
	{Class: "Dot", Call: func(c *Context) any { return c.inner(-2) }},
	{Class: "Inner", Call: func(c *Context) any { return c.inner(-1) }},
	{Class: "Vdot", Call: func(c *Context) any {
		flat := build.Dim{Size: -1}
		x, y := c.Reshape(c.operand(0, "x1"), flat), c.Reshape(c.operand(1, "x2"), flat)
		return c.contract(x, y, []int{0}, []int{0})
	}},
	{Class: "Outer", Call: func(c *Context) any {
		x, y := c.alike(c.operand(0, "x1"), c.operand(1, "x2"))
		return c.mul(c.Reshape(x, build.Dim{Size: -1}, oneDim), c.Reshape(y, build.Dim{Size: -1}))
	}},
	{Class: "Cross", Call: func(c *Context) any {
		x, y := c.alike(c.operand(0, "x1"), c.operand(1, "x2"))
		axes := []int{c.whole("axisa", -1), c.whole("axisb", -1), c.whole("axisc", -1)}
		if c.param(-1, "axis") != nil {
			axes = repeat(c.whole("axis", -1), 3)
		}
		x, y = c.moved(x, axes[:1], []int{-1}), c.moved(y, axes[1:2], []int{-1})
		if c.Last(x) != 3 || c.Last(y) != 3 {
			build.Refuse("a cross product of vectors of %d and %d numbers", c.Last(x), c.Last(y))
		}
		return c.moved(c.TF("Cross", nil, x, y), []int{-1}, axes[2:])
	}},
}

// moved brings axes to other places.
func (c *Context) moved(x *ir.Value, from, to []int) *ir.Value {
	rank := len(x.Type.Shape)
	if len(from) != len(to) || len(from) > rank {
		build.Damaged("%d axes move to %d places", len(from), len(to))
	}
	perm := repeat(-1, rank)
	taken := make([]bool, rank)
	for i := range from {
		a, b := axis(from[i], rank), axis(to[i], rank)
		if perm[b] >= 0 || taken[a] {
			build.Damaged("axes %v move to %v", from, to)
		}
		perm[b], taken[a] = a, true
	}
	next := 0
	for b := range perm {
		if perm[b] >= 0 {
			continue
		}
		for taken[next] {
			next++
		}
		perm[b], taken[next] = next, true
	}
	if slices.IsSorted(perm) {
		return x
	}
	return c.transpose(x, perm...)
}

// callRot90 turns a plane by quarters.
func callRot90(c *Context) any {
	x := c.operand(0, "array")
	rank := len(x.Type.Shape)
	axes := c.several("axes")
	if axes == nil {
		axes = []int{0, 1}
	}
	if len(axes) != 2 {
		build.Damaged("turns in %d axes", len(axes))
	}
	a, b := axis(axes[0], rank), axis(axes[1], rank)
	swap := counting(rank)
	swap[a], swap[b] = b, a
	switch k := ((c.whole("k", 1) % 4) + 4) % 4; k {
	case 1:
		return c.transpose(c.TF("ReverseV2", nil, x, c.I32s(b)), swap...)
	case 2:
		return c.TF("ReverseV2", nil, x, c.I32s(a, b))
	case 3:
		return c.TF("ReverseV2", nil, c.transpose(x, swap...), c.I32s(b))
	}
	return x
}

// callRoll shifts around, all elements as one row if no axis is named.
func callRoll(c *Context) any {
	x, shift, axes := c.operand(0, "x"), c.several("shift"), c.several("axis")
	if axes == nil {
		dims := c.Dims(x)
		return c.Reshape(c.TF("Roll", nil, c.Reshape(x, build.Dim{Size: -1}), c.I32s(shift...), c.I32s(0)), dims...)
	}
	if len(shift) == 1 {
		shift = slices.Repeat(shift, len(axes))
	}
	for i, a := range axes {
		axes[i] = axis(a, len(x.Type.Shape))
	}
	return c.TF("Roll", nil, x, c.I32s(shift...), c.I32s(axes...))
}

// stacked joins tensors, made to have at least as many dimensions, along an axis.
func (c *Context) stacked(rank, a int) *ir.Value {
	list := slices.Clone(c.Ins())
	if len(list) == 0 {
		build.Damaged("joins no tensors")
	}
	for i, x := range list {
		switch len(x.Type.Shape) {
		case 0:
			x = c.Reshape(x, slices.Repeat([]build.Dim{oneDim}, rank)...)
		case 1:
			if rank > 1 { // a row
				x = c.TF("ExpandDims", nil, x, c.I32(0))
			}
		}
		if rank == 3 && len(x.Type.Shape) == 2 {
			x = c.TF("ExpandDims", nil, x, c.I32(2))
		}
		list[i] = x
	}
	if len(list[0].Type.Shape) == 1 {
		a = 0
	}
	return c.concat(a, list...)
}

// parted takes a tensor apart along an axis: into equal parts, or at places.
func (c *Context) parted(x *ir.Value, a int) any {
	sub := *c
	sub.Kwargs = map[string]any{"axis": json.Number(fmt.Sprint(a)), "indices_or_sections": c.param(1, "indices_or_sections")}
	sub.Args = []any{x}
	return callSplit(&sub)
}

// triangle keeps a part of matrices, by row, column and the number of the diagonal.
func (c *Context) triangle(keeps func(row, column, k int) bool) *ir.Value {
	x, k := c.operand(0, "x"), c.whole("k", 0)
	rank := c.Rank(x, 2, 8)
	rows, columns := x.Type.Shape[rank-2], x.Type.Shape[rank-1]
	if rows < 0 || columns < 0 || rows > 0 && columns > stateMost/rows {
		build.Refuse("a part of matrices of the shape %v", x.Type.Shape)
	}
	mask := &tensor.Tensor{DType: tensor.Bool, Shape: tensor.Shape{rows, columns}, Data: make([]byte, rows*columns)}
	for i := range mask.Data {
		if keeps(i/columns, i%columns, k) {
			mask.Data[i] = 1
		}
	}
	zero := c.F32(0)
	if d := x.Type.DType; d != tensor.Float32 {
		zero = c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Float32, "DstT": d}, zero)
	}
	return c.where(c.Const(c.name+"/triangle", mask), x, zero)
}

// diagonal returns the k-th diagonals of matrices, onDiagonal a matrix of one alone.
func (c *Context) diagonal(x *ir.Value, k int) *ir.Value {
	return c.TF("MatrixDiagPartV3", nil, x, c.I32(k), c.like(x, 0))
}

func (c *Context) onDiagonal(x *ir.Value, k int) *ir.Value {
	return c.TF("MatrixDiagV3", nil, x, c.I32(k), c.I32(-1), c.I32(-1), c.like(x, 0))
}

// like makes a constant scalar of x's element type.
func (c *Context) like(x *ir.Value, n float32) *ir.Value {
	v := c.F32(n)
	if f32(x) {
		return v
	}
	return c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Float32, "DstT": x.Type.DType}, v)
}

// ownDiagonal returns the diagonals over the operation's axes.
func (c *Context) ownDiagonal() *ir.Value {
	x := c.operand(0, "x")
	x = c.moved(x, []int{c.whole("axis1", 0), c.whole("axis2", 1)}, []int{-2, -1})
	return c.diagonal(x, c.whole("offset", 0))
}

// callMeshgrid spreads each of several vectors over all of them.
func callMeshgrid(c *Context) any {
	list := c.Ins()
	n := len(list)
	swapped := n > 1 && c.word("indexing") != "ij"
	dims := make([]build.Dim, n)
	flat := make([]*ir.Value, n)
	for i, x := range list {
		flat[i] = c.Reshape(x, build.Dim{Size: -1})
		dims[i] = c.Dims(flat[i])[0]
	}
	place := counting(n)
	if swapped {
		place[0], place[1] = 1, 0
	}
	whole := make([]build.Dim, n)
	for i := range list {
		whole[place[i]] = dims[i]
	}
	shape := c.Vector(c.name+"/grid", whole)
	out := make([]*ir.Value, n)
	for i := range list {
		own := slices.Repeat([]build.Dim{oneDim}, n)
		own[place[i]] = dims[i]
		out[i] = c.TF("BroadcastTo", nil, c.Reshape(flat[i], own...), shape)
	}
	return boxed(out)
}

// contract sums over pairs of axes: the others of x come first.
func (c *Context) contract(x, y *ir.Value, xs, ys []int) *ir.Value {
	left, right := len(x.Type.Shape), len(y.Type.Shape)
	if len(xs) != len(ys) || left+right > len(letters) {
		build.Damaged("a sum over the axes %v and %v", xs, ys)
	}
	first, second := []byte(letters[:left]), []byte(letters[left:left+right])
	for i := range xs {
		second[axis(ys[i], right)] = first[axis(xs[i], left)]
	}
	var out strings.Builder
	for _, l := range first {
		if !slices.Contains(second, l) {
			out.WriteByte(l)
		}
	}
	for _, l := range second {
		if !slices.Contains(first, l) {
			out.WriteByte(l)
		}
	}
	return c.einsum(string(first)+","+string(second)+"->"+out.String(), x, y)
}

// callTensordot sums over as many of x's last and y's first axes, or over those that two lists name.
func callTensordot(c *Context) any {
	x, y := c.alike(c.operand(0, "x1"), c.operand(1, "x2"))
	switch given := c.param(2, "axes").(type) {
	case nil, json.Number:
		n := c.whole("axes", 2)
		if n < 0 || n > len(x.Type.Shape) {
			build.Damaged("a sum over %d axes", n)
		}
		all := counting(len(x.Type.Shape))
		return c.contract(x, y, all[len(all)-n:], counting(n))
	case []any:
		if len(given) != 2 {
			break
		}
		var lists [2][]int
		for i, g := range given {
			for _, a := range flatten(g) {
				lists[i] = append(lists[i], integer("axes", a))
			}
		}
		return c.contract(x, y, lists[0], lists[1])
	}
	build.Damaged("axes %v", c.param(2, "axes"))
	return nil
}

// inner multiplies, summing over x's last axis and one of y's, counted from the end; its only one if it has no other.
func (c *Context) inner(of int) *ir.Value {
	x, y := c.alike(c.operand(0, "x1"), c.operand(1, "x2"))
	switch {
	case len(x.Type.Shape) == 0 || len(y.Type.Shape) == 0:
		return c.mul(x, y)
	case len(y.Type.Shape) == 1:
		of = -1
	}
	if len(x.Type.Shape) == 2 && len(y.Type.Shape) == 2 && of == -2 {
		return c.TF("MatMul", nil, x, y)
	}
	return c.contract(x, y, []int{-1}, []int{of})
}
