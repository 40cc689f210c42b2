package keras

import (
	"encoding/json"
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// statistics are operations that reduce or accumulate, beside the plain reductions.
var statistics = []Layer{
	{Class: "Average", Call: callAverageOperation},
	{Class: "CountNonzero", Call: func(c *Context) any {
		x := c.operand(0, "x")
		kept := x
		if x.Type.DType != tensor.Bool {
			kept = c.cast(x, "bool")
		}
		return c.reduce("Sum", c.cast(kept, "int32"), false, c.over(x)...)
	}},
	{Class: "Ptp", Call: func(c *Context) any {
		x, keep := c.operand(0, "x"), c.flag("keepdims", false)
		axes := c.over(x)
		return c.sub(c.reduce("Max", x, keep, axes...), c.reduce("Min", x, keep, axes...))
	}},
	{Class: "Moments", Call: func(c *Context) any {
		x, keep := c.real(c.operand(0, "x")), c.flag("keepdims", false)
		return c.momentsOver(x, keep, c.axesOf(x, "axes"))
	}},
	{Class: "Nansum", Call: func(c *Context) any { return c.known("Sum", 0) }},
	{Class: "Nanprod", Call: func(c *Context) any { return c.known("Prod", 1) }},
	{Class: "Nanmax", Call: func(c *Context) any { return c.known("Max", float32(math.Inf(-1))) }},
	{Class: "Nanmin", Call: func(c *Context) any { return c.known("Min", float32(math.Inf(1))) }},
	{Class: "Nanmean", Call: func(c *Context) any { return c.knownMean(c.real(c.operand(0, "x")), c.flag("keepdims", false)) }},
	{Class: "Nanvar", Call: func(c *Context) any { return c.knownVariance() }},
	{Class: "Nanstd", Call: func(c *Context) any { return c.TF("Sqrt", nil, c.knownVariance()) }},
	{Class: "Cumprod", Call: func(c *Context) any {
		x, a := c.accumulated()
		return c.TF("Cumprod", nil, x, c.I32(a))
	}},
	{Class: "Cumsum", Call: func(c *Context) any {
		x, a := c.accumulated()
		return c.TF("Cumsum", nil, x, c.I32(a))
	}},
	{Class: "Diff", Call: func(c *Context) any {
		x := c.operand(0, "a")
		a := axis(c.whole("axis", -1), len(x.Type.Shape))
		for range c.whole("n", 1) {
			x = c.sub(c.cut(x, a, 1, 0), c.cut(x, a, 0, 1))
		}
		return x
	}},
	{Class: "Trapezoid", Call: func(c *Context) any {
		y := c.real(c.operand(0, "y"))
		if c.param(-1, "x") != nil {
			build.Refuse("an integral over unequal steps")
		}
		a := axis(c.whole("axis", -1), len(y.Type.Shape))
		return c.reduce("Sum", c.scaled(c.mul(c.F32(0.5), c.add(c.cut(y, a, 1, 0), c.cut(y, a, 0, 1))), c.num("dx", 1)), false, a)
	}},
	{Class: "Median", Call: func(c *Context) any { return c.quantile(0.5) }},
	{Class: "Quantile", Call: func(c *Context) any { return c.quantile(c.fraction()) }},
	{Class: "Percentile", Call: func(c *Context) any { return c.quantile(c.fraction() / 100) }},
	{Class: "Digitize", Call: func(c *Context) any {
		return c.TF("Bucketize", graphdef.Attrs{"boundaries": c.fixed(1, "bins")}, c.operand(0, "x"))
	}},
	{Class: "SegmentSum", Call: func(c *Context) any { return c.segments("UnsortedSegmentSum") }},
	{Class: "SegmentMax", Call: func(c *Context) any { return c.segments("UnsortedSegmentMax") }},
	{Class: "SegmentMin", Call: func(c *Context) any { return c.segments("UnsortedSegmentMin") }},
	{Class: "SegmentProd", Call: func(c *Context) any { return c.segments("UnsortedSegmentProd") }},
}

// momentsOver are the mean and the variance over axes, which stay as dimensions of 1 if keep is set.
func (c *Context) momentsOver(x *ir.Value, keep bool, axes []int) []any {
	mean := c.reduce("Mean", x, true, axes...)
	variance := c.reduce("Mean", c.TF("SquaredDifference", nil, x, mean), keep, axes...)
	if !keep {
		mean = c.TF("Squeeze", graphdef.Attrs{"squeeze_dims": axes}, mean)
	}
	return []any{mean, variance}
}

// reducible gives the operand of a reduction the type in which it is computed: truth for All and Any, floats for means, and else numbers.
func (c *Context) reducible(op string, x *ir.Value) *ir.Value {
	switch {
	case op == "All" || op == "Any":
		return c.asMask(x)
	case op == "Mean":
		return c.real(x)
	case x.Type.DType == tensor.Bool && (op == "Sum" || op == "Prod"):
		return c.cast(x, "int32")
	}
	return x
}

// callAverageOperation is a mean that weights may weigh: of x's shape, or one for each place along the axis.
func callAverageOperation(c *Context) any {
	x := c.real(c.operand(0, "x"))
	axes := c.over(x)
	if c.param(1, "weights") == nil {
		return c.reduce("Mean", x, false, axes...)
	}
	w := c.real(c.operand(1, "weights"))
	total := axes
	if len(w.Type.Shape) == 1 && len(x.Type.Shape) > 1 {
		if len(axes) != 1 {
			build.Refuse("weights of the shape %v for a mean over %d axes", w.Type.Shape, len(axes))
		}
		w, total = c.along(w, axes[0], len(x.Type.Shape)), counting(len(x.Type.Shape))
	}
	return c.div(c.reduce("Sum", c.mul(x, w), false, axes...), c.reduce("Sum", w, false, total...))
}

// known reduces what is a number; others have no effect.
func (c *Context) known(op string, nothing float32) *ir.Value {
	x := c.real(c.operand(0, "x"))
	return c.reduce(op, c.where(c.TF("IsNan", nil, x), c.F32(nothing), x), c.flag("keepdims", false), c.over(x)...)
}

func (c *Context) knownMean(x *ir.Value, keep bool) *ir.Value {
	none, axes := c.TF("IsNan", nil, x), c.over(x)
	sum := c.reduce("Sum", c.where(none, c.F32(0), x), keep, axes...)
	return c.div(sum, c.reduce("Sum", c.where(none, c.F32(0), c.F32(1)), keep, axes...))
}

func (c *Context) knownVariance() *ir.Value {
	x := c.real(c.operand(0, "x"))
	return c.knownMean(c.TF("SquaredDifference", nil, x, c.knownMean(x, true)), c.flag("keepdims", false))
}

// accumulated returns the operand and the axis of a running sum or product, over all elements if none is named.
func (c *Context) accumulated() (*ir.Value, int) {
	x := c.operand(0, "x")
	if d := c.word("dtype"); d != "" {
		x = c.cast(x, d)
	}
	if c.param(1, "axis") == nil {
		return c.Reshape(x, build.Dim{Size: -1}), 0
	}
	return x, axis(c.whole("axis", 0), len(x.Type.Shape))
}

// cut takes elements off both ends of an axis.
func (c *Context) cut(x *ir.Value, a, front, back int) *ir.Value {
	rank := len(x.Type.Shape)
	begin, end := repeat(0, rank), repeat(0, rank)
	begin[a], end[a] = front, -back
	mask := 1<<rank - 1
	ends := mask
	if back > 0 {
		ends &^= 1 << a
	}
	return c.TF("StridedSlice", graphdef.Attrs{"begin_mask": mask &^ (1 << a), "end_mask": ends}, x, c.I32s(begin...), c.I32s(end...), c.I32s(ones(rank)...))
}

// fraction is the q of a quantile, one number.
func (c *Context) fraction() float32 {
	n, ok := c.param(1, "q").(json.Number)
	if !ok {
		build.Refuse("several quantiles, or one that depends on data")
	}
	return number("q", n)
}

// quantile is the number below which a part of all lies, between the two nearest if that is no place.
func (c *Context) quantile(q float32) *ir.Value {
	x := c.real(c.operand(0, "x"))
	if m := c.word("method"); m != "" && m != "linear" {
		build.Refuse("a quantile by the method %q", m)
	}
	rank, axes := len(x.Type.Shape), c.over(x)
	perm, n := []int(nil), 1
	reduced := make([]bool, rank)
	for _, a := range axes {
		reduced[a] = true
		n *= x.Type.Shape[a]
	}
	for a := range rank {
		if !reduced[a] {
			perm = append(perm, a)
		}
	}
	if n < 1 || x.Type.Shape[axes[0]] < 0 || q < 0 || q > 1 {
		build.Refuse("the quantile %v over the axes %v of a tensor of shape %v", q, axes, x.Type.Shape)
	}
	dims := c.Dims(x)
	var lead, kept []build.Dim
	for a := range rank {
		switch {
		case !reduced[a]:
			lead, kept = append(lead, dims[a]), append(kept, dims[a])
		case c.flag("keepdims", false):
			kept = append(kept, oneDim)
		}
	}
	x = c.Reshape(c.transpose(x, append(perm, axes...)...), append(lead, build.Dim{Size: n})...)
	sorted := c.neg(c.TFs("TopKV2", graphdef.Attrs{"sorted": true}, c.neg(x), c.I32(n))[0])
	at := float64(float64(q) * float64(n-1))
	low := int(at)
	last := len(lead)
	y := c.TF("GatherV2", nil, sorted, c.I32(low), c.I32(last))
	if part := float32(at - float64(low)); part > 0 {
		next := c.TF("GatherV2", nil, sorted, c.I32(low+1), c.I32(last))
		y = c.add(c.mul(y, c.F32(1-part)), c.mul(next, c.F32(part)))
	}
	if len(kept) != len(lead) {
		return c.Reshape(y, kept...)
	}
	return y
}

// segments reduces rows by the numbers of their segments.
func (c *Context) segments(op string) *ir.Value {
	n := c.whole("num_segments", -1)
	if n < 0 {
		build.Refuse("a number of segments that depends on data")
	}
	return c.TF(op, nil, c.operand(0, "data"), c.places(1, "segment_ids"), c.I32(n))
}
