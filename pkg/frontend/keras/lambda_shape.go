package keras

import (
	"encoding/json"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// shapeFunctions move elements.
var shapeFunctions = map[string]func(c *Context) any{
	"__operators__.getitem": renaming("slice_spec=key", callGetItem),
	"reshape":               func(c *Context) any { return c.TF("Reshape", nil, c.operand(0, "tensor"), c.vector(1, "shape")) },
	"transpose":             renaming("perm=axes", callTransposeOperation),
	"compat.v1.transpose":   renaming("perm=axes", callTransposeOperation),
	"expand_dims":           renaming("dim=axis", callExpand),
	"compat.v1.expand_dims": renaming("dim=axis", callExpand),
	"squeeze":               renaming("squeeze_dims=axis", callSqueeze),
	"compat.v1.squeeze":     renaming("squeeze_dims=axis", callSqueeze),
	"concat": func(c *Context) any {
		list := c.operands()
		if len(list) == 0 {
			build.Damaged("joins no tensors")
		}
		return c.concat(axis(c.whole("axis", 0), len(list[0].Type.Shape)), list...)
	},
	"stack": func(c *Context) any {
		list := c.operands()
		return c.TF("Pack", graphdef.Attrs{"N": len(list), "axis": c.whole("axis", 0)}, list...)
	},
	"unstack": callUnstack,
	"split": func(c *Context) any {
		x := c.operand(0, "value")
		a := axis(c.whole("axis", 0), len(x.Type.Shape))
		if _, one := c.param(1, "num_or_size_splits").(json.Number); one {
			return boxed(c.split(x, a, c.whole("num_or_size_splits", 1)))
		}
		sizes := c.several("num_or_size_splits")
		return boxed(c.TFs("SplitV", graphdef.Attrs{"num_split": len(sizes)}, x, c.I32s(sizes...), c.I32(a)))
	},
	"tile":   renaming("multiples=repeats", func(c *Context) any { return Operations["Tile"].Call(c) }),
	"repeat": func(c *Context) any { return Operations["Repeat"].Call(c) },
	"reverse": func(c *Context) any {
		return c.TF("ReverseV2", nil, c.operand(0, "tensor"), c.I32s(c.several("axis")...))
	},
	"roll":         func(c *Context) any { return Operations["Roll"].Call(c) },
	"broadcast_to": func(c *Context) any { return c.TF("BroadcastTo", nil, c.operand(0, "input"), c.vector(1, "shape")) },
	"slice": func(c *Context) any {
		return c.TF("Slice", nil, c.operand(0, "input_"), c.vector(1, "begin"), c.vector(2, "size"))
	},
	"strided_slice": func(c *Context) any {
		a := graphdef.Attrs{}
		for _, key := range []string{"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"} {
			a[key] = c.whole(key, 0)
		}
		begin := c.vector(1, "begin")
		strides := c.I32s(ones(begin.Type.Shape.Elements())...)
		if c.param(-1, "strides") != nil {
			strides = c.vector(3, "strides")
		}
		return c.TF("StridedSlice", a, c.operand(0, "input_"), begin, c.vector(2, "end"), strides)
	},
	"gather":           callGather,
	"compat.v1.gather": callGather,
	"one_hot": func(c *Context) any {
		on, off := c.F32(c.num("on_value", 1)), c.F32(c.num("off_value", 0))
		y := c.TF("OneHot", graphdef.Attrs{"axis": c.whole("axis", -1)}, c.operand(0, "indices"), c.I32(c.whole("depth", 0)), on, off)
		if d := c.word("dtype"); d != "" {
			return c.cast(y, d)
		}
		return y
	},
	"pad":             callPad,
	"compat.v1.pad":   callPad,
	"shape":           callShape,
	"compat.v1.shape": callShape,
	"fill": func(c *Context) any {
		return c.TF("Fill", nil, c.vector(0, "dims"), c.literal("value", c.param(1, "value")))
	},
}

// boxed makes a list of results.
func boxed(values []*ir.Value) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

func callExpand(c *Context) any {
	return c.TF("ExpandDims", nil, c.operand(0, "input"), c.I32(c.whole("axis", 0)))
}

func callSqueeze(c *Context) any {
	return c.TF("Squeeze", graphdef.Attrs{"squeeze_dims": c.several("axis")}, c.operand(0, "input"))
}

// callShape gives the dimensions of a tensor as one.
func callShape(c *Context) any {
	out := tensor.Int32
	if c.word("out_type") == "int64" {
		out = tensor.Int64
	}
	return c.TF("Shape", graphdef.Attrs{"out_type": out}, c.operand(0, "input"))
}

func callGather(c *Context) any {
	x, batch, indices := c.operand(0, "params"), c.whole("batch_dims", 0), c.places(1, "indices")
	rank := len(x.Type.Shape)
	return c.TF("GatherV2", graphdef.Attrs{"batch_dims": batch}, x, indices, c.I32(axis(c.whole("axis", batch), rank)))
}

// callPad has paddings [[before, after], …].
func callPad(c *Context) any {
	x := c.operand(0, "tensor")
	var flat []int
	for _, y := range flatten(c.param(1, "paddings")) {
		if _, ok := y.(json.Number); !ok {
			build.Refuse("padding that depends on data")
		}
		flat = append(flat, integer("paddings", y))
	}
	if len(flat) != 2*len(x.Type.Shape) {
		build.Damaged("%d numbers pad a tensor of shape %v", len(flat), x.Type.Shape)
	}
	switch mode := c.word("mode"); {
	case slices.Contains([]string{"REFLECT", "reflect"}, mode):
		return c.TF("MirrorPad", graphdef.Attrs{"mode": "REFLECT"}, x, c.matrix(flat...))
	case slices.Contains([]string{"SYMMETRIC", "symmetric"}, mode):
		return c.TF("MirrorPad", graphdef.Attrs{"mode": "SYMMETRIC"}, x, c.matrix(flat...))
	}
	if value := c.num("constant_values", 0); value != 0 {
		return c.TF("PadV2", nil, x, c.matrix(flat...), c.F32(value))
	}
	return c.TF("Pad", nil, x, c.matrix(flat...))
}
