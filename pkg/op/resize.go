package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Resize are the attributes of RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
type Resize struct{ AlignCorners, HalfPixelCenters bool }

// resizes are the operators that scale NHWC images to the rows and columns in input 1.
var resizes = []Op{
	{
		Name: "RESIZE_BILINEAR", Doc: "The images of input 0 with the rows and columns in input 1, interpolated between neighbours.",
		In: Exactly(2), Out: Exactly(1), Attr: attr[Resize], Infer: inferResize(tensor.Float32),
		Prepare: prepareBilinear,
	},
	{
		Name: "RESIZE_NEAREST_NEIGHBOR", Doc: "The images of input 0 with the rows and columns in input 1, each pixel the nearest one.",
		In: Exactly(2), Out: Exactly(1), Attr: attr[Resize], Infer: inferResize(),
		Eval: func(c *Call) error {
			x, out := c.In[0], c.Out[0]
			kernel.ResizeNearest(out.Data, x.Data, x.DType.Size(), x.Shape, out.Shape[1], out.Shape[2], kernel.Resize(*c.Node.Attr.(*Resize)))
			return nil
		},
	},
}

func inferResize(types ...tensor.DType) func(*ir.Node, []*tensor.Tensor) ([]ir.Type, error) {
	return func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
		a := n.Attr.(*Resize)
		o := readReal(n, in)
		x := o.ranked(0, 4, 4, types...)
		o.ranked(1, 1, 1, tensor.Int32)
		size := o.ints(1)
		if o.err != nil {
			return nil, o.err
		}
		if len(size) != 2 || min(size[0], size[1], x.Shape[1], x.Shape[2]) < 1 {
			o.fail("images %v can't be scaled to %v", x.Shape, size)
			return nil, o.err
		}
		if a.AlignCorners && a.HalfPixelCenters {
			o.fail("corners can't be aligned where pixels have half_pixel_centers")
		}
		return o.one(x.DType, tensor.Shape{x.Shape[0], size[0], size[1], x.Shape[3]})
	}
}

func prepareBilinear(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	if i := (integers{integerResizeBilinear[int8], integerResizeBilinear[int16]}).of(n.Input(0), in[0].DType); i != nil {
		return i(n, in, out)
	}
	x, y := in[0].Shape, out[0].Shape
	b, err := kernel.NewF32Bilinear(kernel.F32BilinearSpec{Resize: kernel.Resize(*n.Attr.(*Resize)), H: x[1], W: x[2], C: x[3], OH: y[1], OW: y[2]})
	return func(c *Call) error {
		b.RunScan(f32(c.Out[0]), f32(c.In[0]), &c.Seen)
		return nil
	}, err
}
