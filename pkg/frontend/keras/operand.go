package keras

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// pairsOf splits "A=B C=D"; a word without "=" stands for itself twice.
func pairsOf(text string) (list [][2]string) {
	for word := range strings.FieldsSeq(text) {
		a, b, ok := strings.Cut(word, "=")
		if !ok {
			b = a
		}
		list = append(list, [2]string{a, b})
	}
	return list
}

// param returns an argument of an operation, from the call or else from the configuration; i is its position in the call, -1 if it has none.
func (c *Context) param(i int, name string) any {
	if x := c.Arg(i, name); x != nil {
		return x
	}
	return c.Config[name]
}

// operand returns an argument that is a tensor. A number becomes a constant of the other operands' type.
func (c *Context) operand(i int, name string) *ir.Value {
	switch x := c.param(i, name).(type) {
	case *ir.Value:
		return x
	case json.Number, bool, []any:
		return c.literal(name, x)
	}
	build.Refuse("the argument %q is no tensor", name)
	return nil
}

// literal makes a constant of numbers, of the element type of the tensors that the operation has.
func (c *Context) literal(name string, x any) *ir.Value {
	if b, ok := x.(bool); ok {
		data := []byte{0}
		if b {
			data[0] = 1
		}
		return c.Const(c.name+"/const", &tensor.Tensor{DType: tensor.Bool, Data: data})
	}
	v := c.numbers(name, x)
	others := c.Ins()
	for _, key := range slices.Sorted(maps.Keys(c.Kwargs)) {
		others = append(others, c.tensors(c.Kwargs[key])...)
	}
	for _, other := range others {
		if d := other.Type.DType; d != tensor.Float32 && d != tensor.Bool {
			return c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Float32, "DstT": d}, v)
		}
	}
	return v
}

// scalar returns a bound that is a number.
func (c *Context) scalar(name string) *ir.Value { return c.operand(-1, name) }

func (c *Context) num(name string, otherwise float32) float32 {
	if x := c.param(-1, name); x != nil {
		return number(name, x)
	}
	return otherwise
}

func (c *Context) whole(name string, otherwise int) int {
	if x := c.param(-1, name); x != nil {
		return integer(name, x)
	}
	return otherwise
}

func (c *Context) flag(name string, otherwise bool) bool {
	if x, ok := c.param(-1, name).(bool); ok {
		return x
	}
	return otherwise
}

func (c *Context) word(name string) string {
	switch x := c.param(-1, name).(type) {
	case string:
		return x
	case map[string]any: // a serialized element type
		return config(x).text("config", config(x).object("config").text("name", ""))
	}
	return ""
}

// several returns an argument that is a list of integers, or one; nil if it is absent.
func (c *Context) several(name string) []int { return c.wholes(name, c.param(-1, name)) }

func (c *Context) wholes(name string, x any) []int {
	if x == nil {
		return nil
	}
	var list []int
	if v, ok := x.(*ir.Value); ok {
		known, ok := c.Known(v)
		if !ok || slices.Contains(known, build.Unknown) {
			build.Refuse("%q depends on data", name)
		}
		return known
	}
	for _, y := range flatten(x) {
		if y == nil {
			list = append(list, -1)
			continue
		}
		list = append(list, integer(name, y))
	}
	return list
}

// places returns an argument that is a tensor of integers, or nested lists of them.
func (c *Context) places(i int, name string) *ir.Value {
	x := c.param(i, name)
	if v, ok := x.(*ir.Value); ok {
		return v
	}
	return c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Float32, "DstT": tensor.Int32}, c.numbers(name, x))
}

// fixed returns the numbers of an argument that is a list, or a constant.
func (c *Context) fixed(i int, name string) []float32 {
	v := c.operand(i, name)
	if v.Const == nil || !f32(v) {
		build.Refuse("%q depends on data, or is not of floats", name)
	}
	return tensor.View[float32](v.Const)
}

// over returns the axes of a reduction, all if none is named.
func (c *Context) over(x *ir.Value) []int { return c.axesOf(x, "axis") }

func (c *Context) axesOf(x *ir.Value, name string) []int {
	axes := c.several(name)
	if axes == nil {
		return counting(len(x.Type.Shape))
	}
	for i, a := range axes {
		axes[i] = axis(a, len(x.Type.Shape))
	}
	return axes
}

// cast converts to an element type by its name in Keras.
func (c *Context) cast(x *ir.Value, name string) *ir.Value {
	var d tensor.DType
	switch name {
	case "float32", "float16", "bfloat16", "float64":
		d = tensor.Float32
	default:
		if err := d.UnmarshalText([]byte(shortType(name))); err != nil {
			build.Refuse("the element type %q", name)
		}
	}
	if d == x.Type.DType {
		return x
	}
	return c.TF("Cast", graphdef.Attrs{"SrcT": x.Type.DType, "DstT": d}, x)
}

// callGetItem takes a part of a tensor, as Python's brackets do.
func callGetItem(c *Context) any {
	x := c.operand(0, "x")
	key := c.param(1, "key")
	list, ok := key.([]any)
	if m, isTuple := key.(map[string]any); isTuple && m["class_name"] == "__tuple__" {
		list, ok = config(m).list("items"), true
	}
	if !ok {
		list = []any{key}
	}
	rank := len(x.Type.Shape)
	var begin, end, stride []int
	attr := &op.StridedSlice{}
	at := 0
	for _, item := range list {
		bit := 1 << len(begin)
		switch s := item.(type) {
		case nil: // a new axis
			attr.NewAxisMask |= bit
			begin, end, stride = append(begin, 0), append(end, 0), append(stride, 1)
			continue
		case json.Number:
			i := integer("key", s)
			attr.ShrinkAxisMask |= bit
			begin, end, stride = append(begin, i), append(end, i+1), append(stride, 1)
			if i == -1 {
				attr.EndMask |= bit
			}
		case map[string]any:
			part := config(s)
			if s["class_name"] == "__slice__" || s["class_name"] == "slice" {
				part = part.object("config")
			}
			if s["class_name"] == "__ellipsis__" {
				attr.EllipsisMask |= bit
				begin, end, stride = append(begin, 0), append(end, 0), append(stride, 1)
				continue
			}
			begin, end, stride = append(begin, part.int("start", 0)), append(end, part.int("stop", 0)), append(stride, part.int("step", 1))
			if !part.has("start") {
				attr.BeginMask |= bit
			}
			if !part.has("stop") {
				attr.EndMask |= bit
			}
		default:
			build.Refuse("a part of a tensor that depends on data")
		}
		at++
	}
	if at > rank {
		build.Damaged("%d indices of a tensor of shape %v", at, x.Type.Shape)
	}
	return c.TF("StridedSlice", graphdef.Attrs{
		"begin_mask": attr.BeginMask, "end_mask": attr.EndMask, "ellipsis_mask": attr.EllipsisMask, "new_axis_mask": attr.NewAxisMask,
		"shrink_axis_mask": attr.ShrinkAxisMask,
	}, x, c.I32s(begin...), c.I32s(end...), c.I32s(stride...))
}
