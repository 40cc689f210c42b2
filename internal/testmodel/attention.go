package testmodel

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Attention is a transformer's block over f32[1,16,8]: a layer norm, attention by two heads, and a perceptron with GELU, each added to what it
// computes from. It is not among All.
func Attention() *ir.Model {
	const tokens, width, heads, hidden = 16, 8, 2, 32
	b := newGraph("main")
	row, column := tensor.Shape{1, tokens, width}, tensor.Shape{1, tokens, 1}
	split, joined := tensor.Shape{1, heads, tokens, width / heads}, tensor.Shape{1, tokens, heads, width / heads}
	arith := func(name, kind string, shape tensor.Shape, x, y *ir.Value) *ir.Value {
		if kind == "MUL" {
			return b.node(kind, name, &op.Fused{}, shape, x, y)
		}
		return b.node(kind, name, &op.Arith{PotScaleInt16: true}, shape, x, y)
	}
	mean := func(name string, x *ir.Value) *ir.Value {
		return b.node("MEAN", name, &op.Reduce{KeepDims: true}, column, x, b.ints(name+"/axes", 2))
	}
	norm := func(name string, x *ir.Value) *ir.Value {
		centered := arith(name+"/centered", "SUB", row, x, mean(name+"/mean", x))
		square := b.node("SQUARE", name+"/square", nil, row, centered)
		scale := b.node("RSQRT", name+"/rsqrt", nil, column, mean(name+"/variance", square))
		return arith(name+"/scaled", "MUL", row, arith(name+"/normal", "MUL", row, centered, scale), b.weights(name+"/gamma", width))
	}
	dense := func(name string, x *ir.Value, shape tensor.Shape) *ir.Value {
		in, out := x.Type.Shape[len(x.Type.Shape)-1], shape[len(shape)-1]
		return b.node("FULLY_CONNECTED", name, &op.FullyConnected{KeepNumDims: true}, shape, x, b.weights(name+"/w", out, in), b.weights(name+"/b", out))
	}
	head := func(name string, x *ir.Value) *ir.Value {
		y := b.node("RESHAPE", name+"/heads", &op.Reshape{NewShape: joined}, joined, dense(name, x, row), b.ints(name+"/shape", 1, tokens, heads, width/heads))
		return b.node("TRANSPOSE", name+"/turned", nil, split, y, b.ints(name+"/perm", 0, 2, 1, 3))
	}
	x := b.input("tokens", row...)
	n := norm("norm", x)
	q, k, v := head("q", n), head("k", n), head("v", n)
	weights := b.node("SOFTMAX", "weights", &op.Softmax{Beta: 0.5}, tensor.Shape{1, heads, tokens, tokens},
		b.node("BATCH_MATMUL", "scores", &op.BatchMatMul{AdjY: true}, tensor.Shape{1, heads, tokens, tokens}, q, k))
	mixed := b.node("TRANSPOSE", "mixed", nil, joined, b.node("BATCH_MATMUL", "mix", &op.BatchMatMul{}, split, weights, v), b.ints("back", 0, 2, 1, 3))
	flat := b.node("RESHAPE", "flat", &op.Reshape{NewShape: row}, row, mixed, b.ints("flat/shape", 1, tokens, width))
	y := arith("attended", "ADD", row, x, dense("out", flat, row))
	up := dense("up", norm("norm2", y), tensor.Shape{1, tokens, hidden})
	gelu := b.node("GELU", "gelu", &op.Gelu{}, up.Type.Shape, up)
	b.g.Outputs = []*ir.Value{arith("sum", "ADD", row, y, dense("down", gelu, row))}
	return model(b.g)
}
