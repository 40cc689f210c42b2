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
		Prepare: variants{{tensor.Float32, func(c *Call) error {
			x, out := c.In[0], c.Out[0]
			kernel.F32ResizeBilinear(f32(out), f32(x), x.Shape, out.Shape[1], out.Shape[2], kernel.Resize(*c.Node.Attr.(*Resize)))
			return nil
		}}}.or(true, s8ResizeBilinear),
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
