package keras

import (
	"maps"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// callBidirectional walks over time in both directions.
func callBidirectional(c *Context) any {
	x, given := c.In(0), c.initialState()
	serialized := c.Config.object("backward_layer")
	if serialized == nil {
		serialized = mirrored(c.Config.object("layer"))
	}
	half := len(given) / 2
	a, aState := c.direction(c.Config.object("layer"), "forward_layer", x, given[:half])
	b, bState := c.direction(serialized, "backward_layer", x, given[half:])
	if c.Config.object("layer").object("config").bool("return_sequences", false) {
		time := 1
		if c.Config.object("layer").object("config").bool("time_major", false) {
			time = 0
		}
		b = c.TF("ReverseV2", nil, b, c.I32s(time))
	}
	var out []any
	mode := "concat"
	if _, ok := c.Config["merge_mode"]; ok { // null stands for both results apart
		mode = c.Config.text("merge_mode", "")
	}
	switch mode {
	case "concat":
		out = []any{c.concat(len(a.Type.Shape)-1, a, b)}
	case "sum":
		out = []any{c.add(a, b)}
	case "mul":
		out = []any{c.mul(a, b)}
	case "ave":
		out = []any{c.mul(c.add(a, b), c.F32(0.5))}
	case "":
		out = []any{a, b}
	default:
		build.Damaged("merge_mode %q", mode)
	}
	if out = append(append(out, aState...), bState...); len(out) == 1 {
		return out[0]
	}
	return out
}

// direction runs one of the two layers, with the first state that it is given. It returns the output, and the last state if the layer does.
func (c *Context) direction(serialized config, part string, x *ir.Value, given []*ir.Value) (*ir.Value, []any) {
	d := c.Sub(serialized, part, append([]any{x}, boxed(given)...)...)
	d.Config = maps.Clone(d.Config)
	d.Config["zero_output_for_mask"] = d.Config.bool("return_sequences", false)
	if m := c.Arg(-1, "mask"); m != nil {
		d.Kwargs = map[string]any{"mask": m}
	}
	switch out := d.Call().(type) {
	case *ir.Value:
		return out, nil
	case []any:
		return out[0].(*ir.Value), out[1:]
	}
	build.Refuse("both directions of the class %q", d.layer.class)
	return nil, nil
}

// mirrored is a layer that goes the other way.
func mirrored(serialized config) config {
	out, inner := config{}, config{}
	maps.Copy(out, serialized)
	maps.Copy(inner, serialized.object("config"))
	inner["go_backwards"] = !serialized.object("config").bool("go_backwards", false)
	out["config"] = map[string]any(inner)
	return out
}

// callTimeDistributed applies a layer to each step: the time is part of the batch meanwhile.
func callTimeDistributed(c *Context) any {
	x := c.In(0)
	dims := c.Dims(x)
	if len(dims) < 2 {
		build.Damaged("is called with a tensor of shape %v", x.Type.Shape)
	}
	if x.Type.Shape[1] < 0 {
		build.Refuse("a layer for each step of an unknown number of them: fix the number with --input-shapes")
	}
	joined := build.Dim{Size: -1}
	if b := x.Type.Shape[0]; b >= 0 {
		joined.Size = b * x.Type.Shape[1]
	}
	flat := c.Reshape(x, append([]build.Dim{joined}, dims[2:]...)...)
	inner := c.Sub(c.Config.object("layer"), "layer", flat)
	if c.maskOf(x) != nil && (inner.layer.container != nil || slices.Contains(handsOn, inner.layer.class) && len(x.Type.Shape) > 3) {
		build.Refuse("a masked sequence of sequences")
	}
	y, ok := inner.Call().(*ir.Value)
	if !ok {
		build.Refuse("a layer of several results for each step")
	}
	return c.Reshape(y, append(dims[:2:2], c.Dims(y)[1:]...)...)
}
