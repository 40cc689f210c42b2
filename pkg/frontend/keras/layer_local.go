package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// locals are the convolutions of Keras 1 and 2 that have a kernel of its own for each place.
var locals = []Layer{
	{Class: "LocallyConnected1D", Call: func(c *Context) any { return callLocal(c, 1) }, Note: "channels last"},
	{Class: "LocallyConnected2D", Call: func(c *Context) any { return callLocal(c, 2) }, Note: "channels last"},
}

// local is the geometry of such a layer.
type local struct {
	in, out, size, strides []int // by spatial dimension
	before                 []int // how much is padded in front of each
	channels, filters      int
}

func callLocal(c *Context, n int) any {
	x := c.In(0)
	c.Rank(x, n+2, n+2)
	if c.channelsFirst() {
		build.Refuse("channels in front of the spatial dimensions")
	}
	l := local{in: x.Type.Shape[1 : 1+n], size: c.Config.ints("kernel_size", n), strides: c.Config.ints("strides", n, ones(n)...),
		before: repeat(0, n), channels: c.Last(x), filters: c.Config.int("filters", 0)}
	same := c.Config.text("padding", "valid") == "same"
	pads := []int{0, 0}
	for i, d := range l.in {
		if d < 1 || i >= len(l.size) || l.size[i] < 1 || l.strides[i] < 1 {
			build.Refuse("kernels of size %v for each place of a tensor of shape %v: fix its sizes with --input-shapes", l.size, x.Type.Shape)
		}
		reach := d - l.size[i] + 1
		if same {
			reach, l.before[i] = d, l.size[i]/2
		}
		out := (reach + l.strides[i] - 1) / l.strides[i]
		l.out = append(l.out, out)
		pads = append(pads, l.before[i], max(0, (out-1)*l.strides[i]-l.before[i]+l.size[i]-d))
	}
	places, taps := tensor.Shape(l.out).Elements(), tensor.Shape(l.size).Elements()
	if slices.Min(l.out) < 1 || l.filters < 1 || float64(places)*float64(taps)*float64(l.channels)*float64(l.filters) > stateMost {
		build.Damaged("%d kernels of size %v for a tensor of shape %v", l.filters, l.size, x.Type.Shape)
	}
	kernel := c.localKernel(l)
	if same {
		x = c.TF("Pad", nil, x, c.matrix(append(pads, 0, 0)...))
	}
	wrap := func(list []int) []int {
		if n == 1 {
			list = []int{1, list[0]}
		}
		return append(append([]int{1}, list...), 1)
	}
	if n == 1 {
		x = c.flat(x)
	}
	a := graphdef.Attrs{"ksizes": wrap(l.size), "strides": wrap(l.strides), "rates": []int{1, 1, 1, 1}, "padding": "VALID"}
	patches := c.Reshape(c.TF("ExtractImagePatches", a, x), c.batch(x), build.Dim{Size: places}, build.Dim{Size: kernel.Type.Shape[1]})
	y := c.einsum("bpi,pio->bpo", patches, kernel)
	y = c.Reshape(y, append([]build.Dim{c.batch(x)}, build.Fixed(append(slices.Clone(l.out), l.filters)...)...)...)
	if c.Config.bool("use_bias", true) {
		y = c.add(y, c.Var("bias", append(slices.Clone(l.out), l.filters)...))
	}
	return c.activate("activation", "linear", y)
}

// localKernel returns the kernels [places, size…·channels, filters]. The layer keeps them so; or as a matrix from all of the input to all of the result, [in…, channels, out…,
// filters], of which only what a kernel reaches counts; or that matrix's elements that count, one after the other, by places, filters, and what they are multiplied with.
func (c *Context) localKernel(l local) *ir.Value {
	places, taps := tensor.Shape(l.out).Elements(), tensor.Shape(l.size).Elements()
	if mode := c.Config.int("implementation", 1); mode == 1 {
		return c.Var("kernel", places, taps*l.channels, l.filters)
	} else if mode != 2 && mode != 3 {
		build.Damaged("implementation %d", mode)
	}
	dense := c.Config.int("implementation", 1) == 2
	var from []float32
	if dense {
		from = tensor.View[float32](c.Var("kernel", slices.Concat(l.in, []int{l.channels}, l.out, []int{l.filters})...).Const)
	} else {
		from = tensor.View[float32](c.Var("kernel", -1).Const)
	}
	width := places * l.filters // of the matrix
	to, next := make([]float32, places*taps*l.channels*l.filters), 0
	for p := range places {
		for f := range l.filters {
			for t := range taps {
				at, ok := l.reached(p, t)
				for ch := range l.channels {
					i := ((p*taps+t)*l.channels+ch)*l.filters + f
					switch {
					case !ok:
					case dense:
						to[i] = from[(at*l.channels+ch)*width+p*l.filters+f]
					case next >= len(from):
						build.Damaged("weight %q has %d elements, too few", "kernel", len(from))
					default:
						to[i] = from[next]
						next++
					}
				}
			}
		}
	}
	return c.Floats(tensor.Shape{places, taps * l.channels, l.filters}, to...)
}

// reached returns the position in the input, counted through, that tap t of a kernel meets at a place; false if that is in the padding.
func (l local) reached(place, tap int) (at int, ok bool) {
	n := len(l.in)
	where := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		where[i] = place%l.out[i]*l.strides[i] - l.before[i] + tap%l.size[i]
		if where[i] < 0 || where[i] >= l.in[i] {
			return 0, false
		}
		place, tap = place/l.out[i], tap/l.size[i]
	}
	for i := range n {
		at = at*l.in[i] + where[i]
	}
	return at, true
}
