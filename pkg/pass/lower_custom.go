package pass

import (
	"encoding/binary"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// lowerCustom replaces operators that runtimes know by a library of their own only, and TFLite by another name.
var lowerCustom = rules{"CUSTOM": {transposeConvBias}}

// transposeConvBias makes TRANSPOSE_CONV of MediaPipe's Convolution2DTransposeBias, which is the same with its operands in another order, images, weights and bias, and with the
// result's size following from theirs: of n pixels, a window of w and a stride of s it has s·(n-1) + w - p, where p, 0 under VALID, is max(0, w - (n-1) mod s - 1) under SAME, so that
// both cut off p pixels, half of them in front. The options are the fields of TfLiteTransposeConvParams: padding, 1 for SAME and 2 for VALID, and the strides of columns and rows.
func transposeConvBias(r *rewriter, n *ir.Node) bool {
	a, ok := n.Attr.(*op.Custom)
	if !ok || a.Code != "Convolution2DTransposeBias" || len(a.Options) < 12 || len(n.Inputs) != 3 || len(n.Outputs) != 1 {
		return false
	}
	option := func(i int) int { return int(int32(binary.LittleEndian.Uint32(a.Options[4*i:]))) }
	padding, strideW, strideH := option(0), option(1), option(2)
	for i, rank := range []int{4, 4, 1} {
		v := n.Inputs[i]
		if v == nil || v.Type.DType != tensor.Float32 || !v.Type.Static() || v.Type.Shape.Elements() == 0 || len(v.Type.Shape) != rank {
			return false
		}
	}
	x, w := n.Inputs[0].Type.Shape, n.Inputs[1].Type.Shape
	if padding != 1 && padding != 2 || strideW < 1 || strideH < 1 {
		return false
	}
	size := func(axis, stride int) int32 {
		cut := 0
		if padding == 1 {
			cut = max(0, w[axis]-(x[axis]-1)%stride-1)
		}
		return int32(stride*(x[axis]-1) + w[axis] - cut)
	}
	attr := &op.TransposeConv{Padding: op.Same, StrideH: strideH, StrideW: strideW}
	if padding == 2 {
		attr.Padding = op.Valid
	}
	shape := tensor.Of(tensor.Int32, tensor.Shape{4}, []int32{int32(x[0]), size(1, strideH), size(2, strideW), int32(w[0])})
	if out := n.Outputs[0].Type; !out.Static() || !out.Shape.Equal(tensor.Shape{x[0], int(size(1, strideH)), int(size(2, strideW)), w[0]}) {
		return false
	}
	r.become(n, "TRANSPOSE_CONV", attr, r.constant(n.Outputs[0].Name+"/shape", shape), n.Inputs[1], n.Inputs[0], n.Inputs[2])
	return true
}
