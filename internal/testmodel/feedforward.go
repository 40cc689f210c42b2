package testmodel

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Conv is a convolution with RELU, a depthwise convolution with RELU6, pooling, a fully connected layer and SOFTMAX, over f32[1,8,8,3].
func Conv() *ir.Model {
	b := newGraph("main")
	x := b.input("image", 1, 8, 8, 3)
	x.Advertised = tensor.Shape{-1, 8, 8, 3}
	y := b.node("CONV_2D", "conv", &op.Conv2D{StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Activation: op.Relu},
		tensor.Shape{1, 4, 4, 8}, x, b.weights("conv/w", 8, 3, 3, 3), b.weights("conv/b", 8))
	y = b.node("DEPTHWISE_CONV_2D", "dw", &op.DepthwiseConv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Multiplier: 1, Activation: op.Relu6},
		tensor.Shape{1, 4, 4, 8}, y, b.weights("dw/w", 1, 3, 3, 8), b.weights("dw/b", 8))
	y = b.node("AVERAGE_POOL_2D", "pool", &op.Pool2D{Padding: op.Valid, StrideH: 4, StrideW: 4, FilterH: 4, FilterW: 4},
		tensor.Shape{1, 1, 1, 8}, y)
	y = b.node("RESHAPE", "flat", &op.Reshape{NewShape: []int{-1, 8}}, tensor.Shape{1, 8}, y, b.ints("shape", -1, 8))
	y = b.node("FULLY_CONNECTED", "logits", &op.FullyConnected{}, tensor.Shape{1, 5}, y, b.weights("fc/w", 5, 8), b.weights("fc/b", 5))
	y = b.node("SOFTMAX", "probs", &op.Softmax{Beta: 1}, tensor.Shape{1, 5}, y)
	b.g.Outputs = []*ir.Value{y}
	return model(b.g)
}

// Residual is two convolutions whose results are added, over f32[1,4,4,4]. They share their weights.
func Residual() *ir.Model {
	b := newGraph("main")
	x := b.input("x", 1, 4, 4, 4)
	attr := func() *op.Conv2D { return &op.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1} }
	w, shape := b.weights("w", 4, 3, 3, 4), tensor.Shape{1, 4, 4, 4}
	y := b.node("CONV_2D", "a", attr(), shape, x, w, b.weights("a/b", 4))
	z := b.node("CONV_2D", "b", attr(), shape, b.node("RELU", "relu", nil, shape, y), w, b.weights("b/b", 4))
	b.g.Outputs = []*ir.Value{b.node("ADD", "sum", &op.Arith{Activation: op.Relu, PotScaleInt16: true}, shape, y, z)}
	return model(b.g)
}

// Signatures is a model of two entry points over f32[1,2]: "double" returns x + x, "split" returns -x and x * x.
func Signatures() *ir.Model {
	double := newGraph("double")
	x := double.input("x", 1, 2)
	double.g.Outputs = []*ir.Value{double.node("ADD", "twice", &op.Arith{PotScaleInt16: true}, tensor.Shape{1, 2}, x, x)}
	split := newGraph("split")
	x = split.input("x", 1, 2)
	split.g.Outputs = []*ir.Value{
		split.node("NEG", "minus", nil, tensor.Shape{1, 2}, x),
		split.node("MUL", "square", &op.Fused{}, tensor.Shape{1, 2}, x, x),
	}
	m := model(double.g, split.g)
	m.Signatures = []*ir.Signature{signature("double", 0, double.g), signature("split", 1, split.g)}
	return m
}

// Chain is a model of so many convolutions, one after the other, over an image of size by size pixels, all of so many channels: as much work, weights or
// memory as a test wants. It is not among All.
func Chain(size, channels, layers int) *ir.Model {
	b := newGraph("main")
	shape := tensor.Shape{1, size, size, channels}
	x := b.input("image", shape...)
	for i := range layers {
		attr := &op.Conv2D{Padding: op.Same, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Activation: op.Relu}
		bias := b.g.AddConst(fmt.Sprint("b", i), tensor.New(tensor.Float32, tensor.Shape{channels}))
		x = b.node("CONV_2D", fmt.Sprint("y", i), attr, shape, x, b.weights(fmt.Sprint("w", i), channels, 3, 3, channels), bias)
	}
	b.g.Outputs = []*ir.Value{x}
	return &ir.Model{Graphs: []*ir.Graph{b.g}}
}

// Vast adds f32[1,32768] to itself as a column: its activations take 4 GiB, within the executor's own bound.
func Vast() *ir.Model {
	m, err := ir.Parse(`graph "main" {
  %0 = input "x" f32[1,32768]
  %1 = const "shape" i32[2] = [32768 1]
  %2 "column" f32[32768,1] = RESHAPE(%0, %1) {new_shape=[32768 1]}
  %3 "table" f32[32768,32768] = ADD(%0, %2) {pot_scale_int16=true}
  return %3
}
signature "serving_default" graph=0 inputs={"x0"=%0} outputs={"y0"=%3}
`, op.Set)
	if err != nil {
		panic(err) // the text is above
	}
	return m
}
