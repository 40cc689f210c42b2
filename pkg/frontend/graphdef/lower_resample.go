package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// resample multiplies the columns of images by rows, and their rows by columns: matrices of shape [to, from] that say how much each pixel adds to each new one.
func (c *Context) resample(x *ir.Value, rows, columns *tensor.Tensor) *ir.Value {
	d := c.Dims(c.name("dims"), x)
	high, wide := build.Dim{Size: rows.Shape[0]}, build.Dim{Size: columns.Shape[0]}
	y := c.Reshape(c.name("rows"), c.castTo(x, f32), []build.Dim{d[0], d[1], c.timesDim(d[2], d[3])})
	y = c.Emit("BATCH_MATMUL", &op.BatchMatMul{}, c.Const(c.name("row_weights"), rows), y)
	y = c.Reshape(c.name("columns"), y, []build.Dim{c.timesDim(d[0], high), d[2], d[3]})
	y = c.Emit("BATCH_MATMUL", &op.BatchMatMul{}, c.Const(c.name("column_weights"), columns), y)
	return c.Reshape(c.name("result"), y, []build.Dim{d[0], high, wide, d[3]})
}

// resampled reads the operands of an operator on images of known size, and resamples by the matrices that weights makes.
func (c *Context) resampled(weights func(from, to int) *tensor.Tensor) {
	x, size, _, _ := c.resized()
	to, ok := c.whole(size)
	from := x.Type.Shape[1:3]
	if !ok || !from.Static() || min(from[0], from[1]) < 1 {
		build.Refuse("the sizes of the images must be known")
	}
	if min(to[0], to[1]) < 1 || to[0] > maxPlaces/from[0] || to[1] > maxPlaces/from[1] {
		build.Damaged("images %v can't be scaled to %v", x.Type.Shape, to)
	}
	c.Out(c.resample(x, weights(from[0], to[0]), weights(from[1], to[1])))
}

// scaleOf returns how many pixels of a row of from there are for each of to.
func (c *Context) scaleOf(from, to int) float32 {
	if c.Bool("align_corners", false) && to > 1 {
		return float32(from-1) / float32(to-1)
	}
	return float32(from) / float32(to)
}

// cubicSteps is the number of places between two pixels for which TensorFlow has weights.
const cubicSteps = 1 << 10

// cubic returns the weight of a pixel at a distance below 2, by Keys' kernel with the parameter a.
func cubic(a, x float64) float64 {
	if x <= 1 {
		return polynomial(x, a+2, -a-3, 0, 1)
	}
	return polynomial(x, a, -5*a, 8*a, -4*a)
}

// polynomial evaluates a polynomial with the given coefficients, the highest first.
func polynomial(x float64, coefficients ...float64) (y float64) {
	for _, c := range coefficients {
		y = float64(y*x) + c
	}
	return y
}

// lowerResizeBicubic weighs four neighbours along each dimension, by Keys' kernel: with a of -1/2 if the centers of pixels are half-way, and no weight for what is
// outside, else with -3/4, and the border repeated.
func lowerResizeBicubic(c *Context) {
	half := c.Bool("half_pixel_centers", false)
	a := -0.75
	if half {
		a = -0.5
	}
	c.resampled(func(from, to int) *tensor.Tensor {
		w := tensor.New(f32, tensor.Shape{to, from})
		scale := c.scaleOf(from, to)
		for i := range to {
			at := float32(i) * scale
			if half {
				at = float32((float32(i)+0.5)*scale) - 0.5
			}
			base := math.Floor(float64(at))
			step := math.RoundToEven(float64(float32(at-float32(base)) * cubicSteps))
			row, sum := tensor.View[float32](w)[i*from:(i+1)*from], 0.0
			for k := -1; k <= 2; k++ {
				weight := cubic(a, math.Abs(float64(k)-float64(step/cubicSteps)))
				j := int(base) + k
				if half && (j < 0 || j >= from) {
					continue
				}
				sum += weight
				row[min(max(j, 0), from-1)] += float32(weight)
			}
			if half && math.Abs(sum) >= 1000*math.SmallestNonzeroFloat32 {
				for j := range row {
					row[j] = float32(float64(row[j]) / sum)
				}
			}
		}
		return w
	})
}

// lowerResizeArea weighs pixels by how much of them a new one covers.
func lowerResizeArea(c *Context) {
	c.resampled(func(from, to int) *tensor.Tensor {
		w := tensor.New(f32, tensor.Shape{to, from})
		scale := float64(c.scaleOf(from, to))
		for i := range to {
			lo, hi := float64(i)*scale, float64(i+1)*scale
			row := tensor.View[float32](w)[i*from : (i+1)*from]
			for j := int(lo); float64(j) < hi; j++ {
				row[min(j, from-1)] += float32((math.Min(hi, float64(j+1)) - math.Max(lo, float64(j))) / scale)
			}
		}
		return w
	})
}
