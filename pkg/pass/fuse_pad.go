package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// fusePad makes a PAD before a convolution that does not pad the convolution's own padding, where SAME pads alike.
var fusePad = rules{"CONV_2D": {padToSame}, "DEPTHWISE_CONV_2D": {padToSame}, "CONV_3D": {padToSame}}

// window says where a convolution's windows lie: how many spatial dimensions there are, and which dimension of the weights is the first of them. In the data
// they begin behind the batch.
type window struct{ dims, weights int }

var windows = map[string]window{"CONV_2D": {2, 1}, "DEPTHWISE_CONV_2D": {2, 1}, "CONV_3D": {3, 0}}

// sliding are a convolution's attributes, by spatial dimension.
type sliding struct {
	padding           *op.Padding
	strides, dilation []*int
}

// slidingOf returns pointers into attributes, which must be the node's own where they are changed.
func slidingOf(attr ir.Attr) sliding {
	switch a := attr.(type) {
	case *op.Conv2D:
		return sliding{&a.Padding, []*int{&a.StrideH, &a.StrideW}, []*int{&a.DilationH, &a.DilationW}}
	case *op.DepthwiseConv2D:
		return sliding{&a.Padding, []*int{&a.StrideH, &a.StrideW}, []*int{&a.DilationH, &a.DilationW}}
	case *op.Conv3D:
		return sliding{&a.Padding, []*int{&a.StrideD, &a.StrideH, &a.StrideW}, []*int{&a.DilationD, &a.DilationH, &a.DilationW}}
	}
	panic("pass: attributes of no convolution")
}

func padToSame(r *rewriter, m *ir.Node) bool {
	n := r.by(m.Inputs[0], "PAD")
	w, s := windows[m.Op], slidingOf(m.Attr)
	if n == nil || *s.padding != op.Valid || !unquantized(n) {
		return false
	}
	x, size := n.Inputs[0], m.Inputs[1].Type.Shape
	list, ok := ints(n.Inputs[1])
	if !ok || x.Type.Unranked || len(x.Type.Shape) != w.dims+2 || len(list) != 2*len(x.Type.Shape) || len(size) < w.weights+w.dims {
		return false
	}
	for i := range x.Type.Shape {
		before, after := list[2*i], list[2*i+1]
		if i == 0 || i > w.dims {
			if before != 0 || after != 0 {
				return false
			}
			continue
		}
		k := size[w.weights+i-1]
		span := (k-1)*(*s.dilation[i-1]) + 1
		if k < 1 || !sameAs(x.Type.Shape[i], before, after, span, *s.strides[i-1]) {
			return false
		}
	}
	m.Attr = cloneAttr(m.Attr)
	*slidingOf(m.Attr).padding = op.Same
	m.Version = 0
	r.setInput(m, 0, x)
	r.drop(n)
	return true
}

// sameAs reports whether windows that reach over span elements have the same places with SAME padding as over size elements with the given padding. If
// the size is not known (-1) it must hold for every size.
func sameAs(size, before, after, span, stride int) bool {
	if size < 0 {
		return stride == 1 && before+after == span-1 && before == (span-1)/2
	}
	padded := size + before + after - span
	positions := (size + stride - 1) / stride
	return padded >= 0 && padded/stride+1 == positions && before == max(0, (positions-1)*stride+span-size)/2
}
