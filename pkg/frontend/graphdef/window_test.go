package graphdef

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// slide is a window over the spatial dimensions of images or volumes.
type slide struct {
	in, out, kernel, strides, dilations, before, after []int
	padding                                            string
}

// drawSlide returns a window over n dimensions.
func drawSlide(r *rand.Rand, n int, paddings ...string) slide {
	s := slide{padding: paddings[r.IntN(len(paddings))]}
	for range n {
		k, stride, dilation := 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(2)
		span := (k-1)*dilation + 1
		in, before, after := span+r.IntN(5), 0, 0
		out := (in-span)/stride + 1
		switch s.padding {
		case "SAME":
			out = (in + stride - 1) / stride
			before = max(0, (out-1)*stride+span-in) / 2
		case "EXPLICIT":
			before, after = r.IntN(span), r.IntN(span)
			out = (in+before+after-span)/stride + 1
		}
		s.in, s.out, s.kernel, s.strides = append(s.in, in), append(s.out, out), append(s.kernel, k), append(s.strides, stride)
		s.dilations, s.before, s.after = append(s.dilations, dilation), append(s.before, before), append(s.after, after)
	}
	return s
}

// each calls f for each position of the window and each tap that meets a cell of the input, with the offsets of all three.
func (s *slide) each(f func(out, tap, in int)) {
	for out := range tensor.Shape(s.out).Elements() {
		for tap := range tensor.Shape(s.kernel).Elements() {
			in, o, k, inside, scale := 0, out, tap, true, 1
			for d := range slices.Backward(s.in) {
				at := o%s.out[d]*s.strides[d] - s.before[d] + k%s.kernel[d]*s.dilations[d]
				inside = inside && at >= 0 && at < s.in[d]
				in, o, k, scale = in+at*scale, o/s.out[d], k/s.kernel[d], scale*s.in[d]
			}
			if inside {
				f(out, tap, in)
			}
		}
	}
}

// node gives a node the attributes of the window, in a layout.
func (s *slide) node(n tfpb.NodeDef, first bool) tfpb.NodeDef {
	format := map[bool]string{}
	format[false], format[true] = "NHWC", "NCHW"
	if len(s.in) == 3 {
		format[false], format[true] = "NDHWC", "NCDHW"
	}
	wide := func(list []int, rest int) []int {
		if first {
			return append([]int{rest, rest}, list...)
		}
		return append(append([]int{rest}, list...), rest)
	}
	n = attrs(n, "padding", s.padding, "data_format", format[first], "strides", wide(s.strides, 1), "dilations", wide(s.dilations, 1), "ksize", wide(s.kernel, 1))
	if s.padding == "EXPLICIT" {
		before, after := wide(s.before, 0), wide(s.after, 0)
		var pads []int
		for i := range before {
			pads = append(pads, before[i], after[i])
		}
		n = attrs(n, "explicit_paddings", pads)
	}
	return n
}

// samples is the number of images or volumes in these tests.
const samples = 2

// around returns the shape of samples with the given channels, last.
func around(spatial []int, channels int) tensor.Shape {
	return slices.Concat(tensor.Shape{samples}, spatial, []int{channels})
}

// channelsToFront moves the last dimension behind the first.
func channelsToFront(x *tensor.Tensor) *tensor.Tensor {
	n, c := x.Shape[0], x.Shape[len(x.Shape)-1]
	y := tensor.New(f32, slices.Concat(tensor.Shape{n, c}, x.Shape[1:len(x.Shape)-1]))
	inner := x.Elements() / n / c
	for i, v := range tensor.View[float32](x) {
		sample, cell, channel := i/c/inner, i/c%inner, i%c
		tensor.View[float32](y)[(sample*c+channel)*inner+cell] = v
	}
	return y
}

// testLayer converts a node with the operands x0 and, if there is one, a filter: as an input and as a constant, with the samples open and not. It compares the values.
func testLayer(t *testing.T, n tfpb.NodeDef, first bool, x, filter, want *tensor.Tensor) {
	t.Helper()
	if first {
		x, want = channelsToFront(x), channelsToFront(want)
	}
	for _, open := range []bool{false, true} {
		types, inputs, nodes := []ir.Type{{DType: f32, Shape: x.Shape.Clone()}}, []*tensor.Tensor{x}, []tfpb.NodeDef{n}
		if open {
			types[0].Shape[0] = -1
		}
		switch {
		case filter == nil:
		case open:
			nodes = append(nodes, constant("x1", filter))
		default:
			types, inputs = append(types, ir.Type{DType: f32, Shape: filter.Shape}), append(inputs, filter)
		}
		m, err := imported(types, nodes...)
		if err != nil {
			t.Fatal(err)
		}
		near(t, want, run(t, m, inputs...))
	}
}

func TestPoolsAgreeWithDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		name := []string{"MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D", "MaxPoolV2", "MaxPoolWithArgmax"}[i%6]
		dims, paddings := 2, []string{"SAME", "VALID"}
		switch name {
		case "MaxPool3D", "AvgPool3D":
			dims = 3
		case "MaxPool":
			paddings = append(paddings, "EXPLICIT")
		}
		s := drawSlide(r, dims, paddings...)
		for d := range s.dilations {
			s.dilations[d] = 1
			span := s.kernel[d]
			switch s.padding {
			case "SAME":
				s.before[d] = max(0, (s.out[d]-1)*s.strides[d]+span-s.in[d]) / 2
			case "VALID":
				s.out[d] = (s.in[d]-span)/s.strides[d] + 1
			case "EXPLICIT":
				s.before[d], s.after[d] = min(s.before[d], span-1), min(s.after[d], span-1)
				s.out[d] = (s.in[d]+s.before[d]+s.after[d]-span)/s.strides[d] + 1
			}
		}
		first := r.IntN(2) == 1 && name != "MaxPoolWithArgmax"
		const channels = 3
		x, want := noise(r, around(s.in, channels)...), tensor.New(f32, around(s.out, channels))
		count := make([]float32, want.Elements())
		for i := range samples * channels {
			sample, c := i/channels, i%channels
			s.each(func(out, _, in int) {
				o := (sample*tensor.Shape(s.out).Elements()+out)*channels + c
				v := tensor.View[float32](x)[(sample*tensor.Shape(s.in).Elements()+in)*channels+c]
				y := &tensor.View[float32](want)[o]
				switch count[o]++; {
				case name[:3] == "Avg":
					*y += v
				case count[o] == 1:
					*y = v
				default:
					*y = max(*y, v)
				}
			})
		}
		for o, n := range count {
			if n == 0 {
				t.Fatalf("%s: an empty window", name)
			}
			if name[:3] == "Avg" {
				tensor.View[float32](want)[o] /= n
			}
		}
		t.Run(fmt.Sprintf("%d_%s_%+v", i, name, s), func(t *testing.T) {
			n := s.node(node("y = "+name+"(x0)"), first)
			testLayer(t, n, first, x, nil, want)
		})
	}
}

// TestPoolsOverChannels joins channels, of which TensorFlow's pools may be over groups.
func TestPoolsOverChannels(t *testing.T) {
	x := tensor.F32(tensor.Shape{1, 1, 2, 4}, 1, 5, 2, -1, 0, 3, 7, 7)
	for name, want := range map[string]*tensor.Tensor{
		"MaxPool": tensor.F32(tensor.Shape{1, 1, 2, 2}, 5, 2, 3, 7),
		"AvgPool": tensor.F32(tensor.Shape{1, 1, 2, 2}, 3, .5, 1.5, 7),
	} {
		n := attrs(node("y = "+name+"(x0)"), "ksize", []int{1, 1, 1, 2}, "strides", []int{1, 1, 1, 2}, "padding", "VALID")
		testLayer(t, n, false, x, nil, want)
	}
}
