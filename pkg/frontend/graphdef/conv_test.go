package graphdef

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// convolution is the definition: y[position, o] is the sum of x[cell, i]·w[tap, i, o] over the cells that the window's taps meet and the channels of o's group.
// Backwards, x[cell, i] is the sum over the positions.
func convolution(s *slide, channels, results, groups int, w []float32, x, y []float32, backwards bool) {
	per, share := channels/groups, results/groups
	ins, outs := tensor.Shape(s.in).Elements(), tensor.Shape(s.out).Elements()
	for sample := range samples {
		s.each(func(out, tap, in int) {
			for o := range results {
				for i := range per {
					weight := w[(tap*per+i)*results+o]
					a, b := &x[(sample*ins+in)*channels+o/share*per+i], &y[(sample*outs+out)*results+o]
					if backwards {
						*a += weight * *b
					} else {
						*b += weight * *a
					}
				}
			}
		})
	}
}

func TestConvolutionsAgreeWithDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 60 {
		name := []string{"Conv2D", "DepthwiseConv2dNative", "Conv3D"}[i%3]
		dims, channels, groups, results := 2, 4, []int{1, 1, 2}[r.IntN(3)], 6
		filterShape := []int{channels / groups, results}
		switch name {
		case "Conv3D":
			dims = 3
		case "DepthwiseConv2dNative":
			groups, results, filterShape = channels, 2*channels, []int{channels, 2}
		}
		s := drawSlide(r, dims, "SAME", "VALID", "EXPLICIT")
		first := r.IntN(2) == 1
		x, y := noise(r, around(s.in, channels)...), tensor.New(f32, around(s.out, results))
		w := noise(r, append(slices.Clone(s.kernel), filterShape...)...)
		convolution(&s, channels, results, groups, tensor.View[float32](w), tensor.View[float32](x), tensor.View[float32](y), false)
		t.Run(fmt.Sprintf("%d_%s_%+v", i, name, s), func(t *testing.T) {
			testLayer(t, s.node(node("y = "+name+"(x0, x1)"), first), first, x, w, y)
		})
	}
}

func TestTransposedConvolutionsAgreeWithDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 60 {
		name := []string{"Conv2DBackpropInput", "Conv3DBackpropInputV2", "DepthwiseConv2dNativeBackpropInput"}[i%3]
		dims, channels, groups, results := 2, 4, []int{1, 2}[r.IntN(2)], 6
		filterShape := []int{channels / groups, results}
		switch name {
		case "Conv3DBackpropInputV2":
			dims, groups, filterShape = 3, 1, []int{channels, results}
		case "DepthwiseConv2dNativeBackpropInput":
			groups, results, filterShape = channels, 2*channels, []int{channels, 2}
		}
		s := drawSlide(r, dims, "SAME", "VALID", "EXPLICIT")
		first := r.IntN(2) == 1
		y, x := noise(r, around(s.out, results)...), tensor.New(f32, around(s.in, channels))
		w := noise(r, append(slices.Clone(s.kernel), filterShape...)...)
		convolution(&s, channels, results, groups, tensor.View[float32](w), tensor.View[float32](x), tensor.View[float32](y), true)
		n := s.node(node("y = "+name+"(sizes, x1, x0)"), first)
		sizes := append([]int{samples}, x.Shape[1:]...)
		if first {
			sizes = channelsToFront(x).Shape
		}
		t.Run(fmt.Sprintf("%d_%s_%+v", i, name, s), func(t *testing.T) { testTransposed(t, n, first, sizes, y, w, x) })
	}
}

// testTransposed is testLayer for operators that are given the shape of the result.
func testTransposed(t *testing.T, n tfpb.NodeDef, first bool, sizes []int, y, w, want *tensor.Tensor) {
	t.Helper()
	if first {
		y, want = channelsToFront(y), channelsToFront(want)
	}
	list := make([]int32, len(sizes))
	for i, d := range sizes {
		list[i] = int32(d)
	}
	shape := y.Shape.Clone()
	for range 2 {
		m, err := imported([]ir.Type{{DType: f32, Shape: shape.Clone()}}, n, constant("sizes", tensor.I32(tensor.Shape{len(list)}, list...)), constant("x1", w))
		if err != nil {
			t.Fatal(err)
		}
		near(t, want, run(t, m, y))
		shape[0] = -1
	}
}

// TestConvolutionsAsText shows what layers become.
func TestConvolutionsAsText(t *testing.T) {
	image := ir.Type{DType: f32, Shape: tensor.Shape{-1, 2, 8, 8}}
	m, err := imported([]ir.Type{image}, attrs(node("y = Conv2D(x0, w)"), "padding", "EXPLICIT", "data_format", "NCHW", "strides", []int{1, 1, 2, 2},
		"explicit_paddings", []int{0, 0, 0, 0, 1, 1, 1, 1}), constant("w", tensor.New(f32, tensor.Shape{3, 3, 2, 4})))
	if err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, n := range m.Graphs[0].Nodes {
		ops = append(ops, fmt.Sprintf("%s %v", n.Op, n.Outputs[0].Type))
	}
	want := []string{"TRANSPOSE f32[?,8,8,2]", "PAD f32[?,10,10,2]", "CONV_2D f32[?,4,4,4]", "TRANSPOSE f32[?,4,4,4]"}
	if diff := cmp.Diff(want, ops); diff != "" {
		t.Errorf("operators (-want +got):\n%s", diff)
	}
}

func TestConvolutionRefusals(t *testing.T) {
	filter := constant("w", tensor.New(f32, tensor.Shape{3, 3, 2, 4}))
	for name, c := range map[string]struct {
		x    tensor.Shape
		n    tfpb.NodeDef
		want string
	}{
		"open channels":      {tensor.Shape{1, 8, 8, -1}, attrs(node("y = Conv2D(x0, w)"), "padding", "SAME"), "number of channels must be known"},
		"channels":           {tensor.Shape{1, 8, 8, 3}, attrs(node("y = Conv2D(x0, w)"), "padding", "SAME"), "does not fit 3 channels"},
		"rank":               {tensor.Shape{8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "SAME"), "want rank 4"},
		"padding":            {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "ALL"), `padding "ALL"`},
		"layout":             {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "SAME", "data_format", "HWNC"), `data_format "HWNC"`},
		"strides":            {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "SAME", "strides", []int{1, 2}), "strides has 2 elements, want 4"},
		"stride of channels": {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "SAME", "strides", []int{1, 1, 1, 2}), "over samples or channels"},
		"no stride":          {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "SAME", "strides", []int{1, 0, 1, 1}), "strides are [1 0 1 1]"},
		"pads": {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "EXPLICIT", "explicit_paddings", []int{1, 0, 0, 0, 0, 0, 0, 0}),
			"explicit_paddings are"},
		"no pads":      {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "EXPLICIT"), "explicit_paddings has 0 elements, want 8"},
		"too small":    {tensor.Shape{1, 2, 2, 2}, attrs(node("y = Conv2D(x0, w)"), "padding", "VALID"), "is larger than 2"},
		"depthwise":    {tensor.Shape{1, 8, 8, 3}, attrs(node("y = DepthwiseConv2dNative(x0, w)"), "padding", "SAME"), "does not fit 3 channels"},
		"samples":      {tensor.Shape{1, 8, 8, 2}, attrs(node("y = MaxPool(x0)"), "padding", "SAME", "ksize", []int{2, 1, 1, 1}, "strides", []int{1, 1, 1, 1}), "over samples"},
		"some channel": {tensor.Shape{1, 8, 8, 2}, attrs(node("y = MaxPool(x0)"), "padding", "SAME", "ksize", []int{1, 2, 1, 2}, "strides", []int{1, 1, 1, 2}), "over channels"},
		"positions":    {tensor.Shape{1, 8, 8, 2}, attrs(node("y = Conv2DBackpropFilter(x0, x0, x0)"), "padding", "SAME"), "gradients"},
	} {
		_, err := imported([]ir.Type{{DType: f32, Shape: c.x}}, c.n, filter)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}
