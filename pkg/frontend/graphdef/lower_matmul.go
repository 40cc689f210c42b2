package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matMuls are the products of matrices.
var matMuls = []Op{
	{Name: "MatMul", To: matMulOps, Lower: inFloat32(lowerMatMul)},
	{Name: "SparseMatMul", To: matMulOps, Lower: inFloat32(func(c *Context) { lowerMatMul(c) }), Note: "as if dense"},
	{Name: "BatchMatMul", To: matMulOps, Lower: inFloat32(lowerBatchMatMul)},
	{Name: "BatchMatMulV2", To: matMulOps, Lower: inFloat32(lowerBatchMatMul)},
	{Name: "BatchMatMulV3", To: matMulOps, Lower: inFloat32(lowerBatchMatMul)},
}

const matMulOps = "FULLY_CONNECTED BATCH_MATMUL TRANSPOSE RESHAPE BROADCAST_TO MUL SUM CAST"

// lowerMatMul lowers the product of two matrices to FULLY_CONNECTED where the second is constant, or is stored as FULLY_CONNECTED wants it.
func lowerMatMul(c *Context) {
	x, y := ranked(c.In(0), 2, "left matrix"), ranked(c.In(1), 2, "right matrix")
	left, right := c.Bool("transpose_a", false), c.Bool("transpose_b", false)
	switch {
	case x.Type.DType != f32 || y.Type.DType != f32:
		c.Out(c.matMul(x, y, left, right))
	case y.Const != nil || right && x.Const == nil:
		c.Out(c.fullyConnected(c.matrix(x, left), c.matrix(y, !right)))
	case x.Const != nil:
		z := c.fullyConnected(c.matrix(y, !right), c.matrix(x, left))
		c.Out(c.transpose(z, 1, 0))
	default:
		c.Out(c.matMul(x, y, left, right))
	}
}

// matrix transposes the last two dimensions, if asked to.
func (c *Context) matrix(v *ir.Value, transposed bool) *ir.Value {
	if !transposed {
		return v
	}
	perm := make([]int, len(v.Type.Shape))
	for i := range perm {
		perm[i] = i
	}
	n := len(perm)
	perm[n-2], perm[n-1] = n-1, n-2
	return c.transpose(v, perm...)
}

// fullyConnected multiplies rows, in the last dimension of x, by weights [out, in].
func (c *Context) fullyConnected(x, weights *ir.Value) *ir.Value {
	return c.Emit("FULLY_CONNECTED", &op.FullyConnected{KeepNumDims: len(x.Type.Shape) != 2}, x, weights)
}

func lowerBatchMatMul(c *Context) {
	x, y := c.In(0), c.In(1)
	if len(x.Type.Shape) < 2 || len(y.Type.Shape) < 2 {
		build.Damaged("the operands have shapes %v and %v", x.Type.Shape, y.Type.Shape)
	}
	left, right := c.Bool("adj_x", false), c.Bool("adj_y", false)
	if c.Bool("grad_x", false) || c.Bool("grad_y", false) {
		build.Refuse(gradientsOnly)
	}
	if y.Const != nil && len(y.Type.Shape) == 2 && x.Type.DType == f32 && y.Type.DType == f32 {
		c.Out(c.fullyConnected(c.matrix(x, left), c.matrix(y, !right)))
		return
	}
	z := c.matMul(x, y, left, right)
	c.Out(c.castTo(z, c.Type("Tout", z.Type.DType)))
}

// Limits of TFLite's runtime.
const (
	matMulRank = 5 // of BATCH_MATMUL
	exactInt8  = 1 << 24 / (128 * 128)
)

// matMul multiplies the matrices in the last two dimensions of the operands; the others broadcast.
func (c *Context) matMul(x, y *ir.Value, left, right bool) *ir.Value {
	d := x.Type.DType
	switch {
	case d == f32 && y.Type.DType == f32:
		if len(x.Type.Shape) > matMulRank || len(y.Type.Shape) > matMulRank {
			return c.highMatMul(x, y, left, right)
		}
		return c.Emit("BATCH_MATMUL", &op.BatchMatMul{AdjX: left, AdjY: right}, x, y)
	case d == tensor.Int8 && y.Type.DType == tensor.Int8:
		inner := x.Type.Shape[len(x.Type.Shape)-1]
		if left {
			inner = x.Type.Shape[len(x.Type.Shape)-2]
		}
		if inner >= 0 && inner <= exactInt8 { // float32 holds the sums
			return c.castTo(c.matMul(c.castTo(x, f32), c.castTo(y, f32), left, right), i32)
		}
		return c.intMatMul(c.castTo(x, i32), c.castTo(y, i32), left, right)
	case d == y.Type.DType && (d == i32 || d == i64):
		return c.intMatMul(x, y, left, right)
	}
	build.Refuse("matrices of %v and %v", d, y.Type.DType)
	return nil
}

// intMatMul sums the products of integers, [.., m, k, 1] and [.., 1, k, n], over k.
func (c *Context) intMatMul(x, y *ir.Value, left, right bool) *ir.Value {
	x, y = c.matrix(x, left), c.matrix(y, right)
	rows, columns := c.Dims(c.name("x"), x), c.Dims(c.name("y"), y)
	x = c.Reshape(c.name("rows"), x, append(rows, build.Dim{Size: 1}))
	y = c.Reshape(c.name("columns"), y, slices.Insert(columns, len(columns)-2, build.Dim{Size: 1}))
	products := c.mul(x, y)
	return c.Emit("SUM", &op.Reduce{}, products, c.Ints(c.name("axis"), len(products.Type.Shape)-2))
}

// highMatMul multiplies matrices with more dimensions than BATCH_MATMUL takes. It merges neighbours among the leading dimensions that broadcast
// alike; where too many remain, it broadcasts before.
func (c *Context) highMatMul(x, y *ir.Value, left, right bool) *ir.Value {
	rank := max(len(x.Type.Shape), len(y.Type.Shape))
	xs, ys := c.leading(x, rank), c.leading(y, rank)
	var xm, ym, full []build.Dim // merged, and of the result
	class := -1
	for i := range rank - 2 {
		a, b := xs[i], ys[i]
		k, z := 0, a
		switch {
		case a.Size == 1 && b.Size == 1:
			full = append(full, a)
			continue // goes with any
		case b.Size == 1:
			k = 1
		case a.Size == 1:
			k, z = 2, b
		}
		full = append(full, z)
		if k != class {
			class = k
			xm, ym = append(xm, a), append(ym, b)
			continue
		}
		last := len(xm) - 1
		xm[last], ym[last] = c.product(xm[last], a), c.product(ym[last], b)
	}
	if len(xm)+2 > matMulRank {
		each := func(v *ir.Value, own []build.Dim) *ir.Value {
			shape := c.Vector(c.name("shape"), append(slices.Clone(full), own[rank-2:]...))
			return c.Emit("BROADCAST_TO", nil, v, shape)
		}
		return c.highMatMul(each(x, xs), each(y, ys), left, right)
	}
	x = c.Reshape(c.name("x"), x, append(xm, xs[rank-2:]...))
	y = c.Reshape(c.name("y"), y, append(ym, ys[rank-2:]...))
	z := c.Emit("BATCH_MATMUL", &op.BatchMatMul{AdjX: left, AdjY: right}, x, y)
	made := c.Dims(c.name("z"), z)
	return c.Reshape(c.name("result"), z, append(full, made[len(made)-2:]...))
}

// leading returns v's dimensions with as many of 1 in front as make the given rank.
func (c *Context) leading(v *ir.Value, rank int) []build.Dim {
	dims := c.Dims(c.name("dims"), v)
	return append(slices.Repeat([]build.Dim{{Size: 1}}, rank-len(dims)), dims...)
}
