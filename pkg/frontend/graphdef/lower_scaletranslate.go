package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// filter is a kernel of ScaleAndTranslate: how much a pixel counts at a distance, in pixels, up to the radius.
type filter struct {
	radius float64
	weight func(x float64) float64
}

var filters = map[string]filter{
	"lanczos1": {1, sincs(1)}, "lanczos3": {3, sincs(3)}, "lanczos5": {5, sincs(5)},
	"gaussian": {1.5, func(x float64) float64 { return float64(kernel.F32Exp(float32(-2 * x * x))) }}, // of a deviation of a third of the radius
	"box": {0.5, func(x float64) float64 {
		if x == 0.5 {
			return 0.5
		}
		return 1
	}},
	"triangle":  {1, func(x float64) float64 { return 1 - x }},
	"keyscubic": {2, func(x float64) float64 { return cubic(-0.5, x) }},
	"mitchellcubic": {2, func(x float64) float64 {
		if x >= 1 {
			return polynomial(x, -7.0/18, 2, -10.0/3, 16.0/9)
		}
		return polynomial(x, 7.0/6, -2, 0, 8.0/9)
	}},
}

// sincs returns sinc(x)·sinc(x/radius).
func sincs(radius float64) func(float64) float64 {
	return func(x float64) float64 {
		if x <= 1e-3 {
			return 1
		}
		sin := func(x float64) float64 { return float64(kernel.F32Sin(float32(math.Pi * x))) }
		return radius * sin(x) * sin(x/radius) / (math.Pi * math.Pi * x * x)
	}
}

// lowerScaleAndTranslate weighs pixels by how far they are from the place that a new one comes from: (i + 1/2 - translation)/scale. Where images become smaller the
// kernel becomes wider, unless antialias is unset. Weights add up to 1; places outside of the image give 0.
func lowerScaleAndTranslate(c *Context) {
	x, size := c.In(0), c.index32(c.In(1))
	f, ok := filters[c.String("kernel_type", "lanczos3")]
	if !ok {
		build.Damaged("the kernel %q", c.String("kernel_type", ""))
	}
	to, known := c.whole(size)
	scale, shift := floats(c.In(2)), floats(c.In(3))
	if !known || len(scale) != 2 || len(shift) != 2 || len(to) != 2 {
		build.Refuse("the size, scale or translation is no constant")
	}
	if len(x.Type.Shape) != 4 || !x.Type.Shape[1:3].Static() {
		build.Refuse("images of %v: their size must be known", x.Type)
	}
	var w [2]*tensor.Tensor
	for i := range w {
		from := x.Type.Shape[1+i]
		if to[i] < 1 || from < 1 || to[i] > maxPlaces/from || !(scale[i] > 0) {
			build.Damaged("images %v can't be scaled to %v by %v", x.Type, to, scale)
		}
		w[i] = f.weights(from, to[i], 1/scale[i], shift[i], c.Bool("antialias", true))
	}
	c.Out(c.resample(x, w[0], w[1]))
}

// floats returns the elements of a constant of float32, nil if v is none.
func floats(v *ir.Value) []float32 {
	if v.Const == nil || v.Type.DType != f32 {
		return nil
	}
	return tensor.View[float32](v.Const)
}

// weights returns the matrix that says how much each of from pixels adds to each of to new ones, of which each is as wide as step old ones.
func (f filter) weights(from, to int, step, shift float32, antialias bool) *tensor.Tensor {
	w := tensor.New(f32, tensor.Shape{to, from})
	wide := 1.0
	if antialias {
		wide = max(float64(step), 1)
	}
	for i := range to {
		at := float64(float32((float32(i)+0.5)*step) - float32(step*shift))
		if at < 0 || at > float64(from) {
			continue
		}
		row, sum := tensor.View[float32](w)[i*from:(i+1)*from], 0.0
		reach := float64(f.radius * wide)
		first, last := int(math.Ceil(at-reach-0.5)), int(math.Floor(at+reach-0.5))
		for j := max(first, 0); j <= min(last, from-1); j++ {
			if d := math.Abs(float64(j)+0.5-at) / wide; d <= f.radius {
				row[j] = float32(f.weight(d))
				sum += float64(row[j])
			}
		}
		if math.Abs(sum) < 1e-35 {
			continue
		}
		for j := range row {
			row[j] = float32(float64(row[j]) / sum)
		}
	}
	return w
}
