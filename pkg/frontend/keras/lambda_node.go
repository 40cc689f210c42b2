package keras

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// nodeTypes are the element types of attributes.
var nodeTypes = map[string]tensor.DType{
	"DT_FLOAT": tensor.Float32, "DT_HALF": tensor.Float32, "DT_BFLOAT16": tensor.Float32, "DT_DOUBLE": tensor.Float32, "DT_INT32": tensor.Int32, "DT_INT64": tensor.Int64,
	"DT_BOOL": tensor.Bool, "DT_UINT8": tensor.UInt8, "DT_INT8": tensor.Int8, "DT_INT16": tensor.Int16,
}

// callNode emits a NodeDef in JSON; its constant operands are listed by their positions.
func callNode(c *Context) any {
	node := c.Config.object2("node_def")
	op := node.text("op", "")
	attrs := graphdef.Attrs{}
	for key, x := range node.object("attr") {
		if m, ok := x.(map[string]any); ok {
			if a := nodeAttr(key, m); a != nil {
				attrs[key] = a
			}
		}
	}
	constants := c.Config.object("constants")
	given := c.Ins()
	var in []*ir.Value
	n := len(node.list("input"))
	for i := range n {
		x, ok := constants[strconv.Itoa(i)]
		switch {
		case ok:
			in = append(in, c.nodeConst(x, attrs))
		case len(given) == 0:
			build.Damaged("has %d operands, and is called with %d", n, len(c.Ins()))
		default:
			in, given = append(in, given[0]), given[1:]
		}
	}
	out := c.TFs(op, attrs, in...)
	if len(out) == 1 {
		return out[0]
	}
	return boxed(out)
}

// object2 returns a nested object, which may be JSON in a string.
func (c config) object2(key string) config {
	text, ok := c[key].(string)
	if !ok {
		return c.object(key)
	}
	inner, err := decodeConfig([]byte(text))
	if err != nil {
		build.Damaged("%q: %w", key, err)
	}
	return inner
}

// nodeAttr converts an attribute, nil if it is of a kind that no rule needs.
func nodeAttr(key string, a config) any {
	switch {
	case a["type"] != nil:
		if d := nodeTypes[a.text("type", "")]; d != tensor.Invalid {
			return d
		}
	case a["i"] != nil:
		return nodeInt(key, a["i"])
	case a["f"] != nil:
		return number(key, a["f"])
	case a["b"] != nil:
		return a.bool("b", false)
	case a["s"] != nil:
		text, err := base64.StdEncoding.DecodeString(a.text("s", ""))
		if err != nil {
			build.Damaged("attribute %q: %w", key, err)
		}
		return string(text)
	case a["list"] != nil:
		list := []int{}
		for _, x := range a.object("list").list("i") {
			list = append(list, nodeInt(key, x))
		}
		return list
	}
	return nil
}

// nodeInt reads an integer, which JSON of protocol buffers writes as a string.
func nodeInt(key string, x any) int {
	if text, ok := x.(string); ok {
		return integer(key, json.Number(text))
	}
	return integer(key, x)
}

// nodeConst makes a constant operand: of floats if a number has a point and the operator is one on floats, else of integers.
func (c *Context) nodeConst(x any, attrs graphdef.Attrs) *ir.Value {
	leaves := flatten(x)
	isFloat := func(y any) bool {
		n, ok := y.(json.Number)
		return ok && strings.ContainsAny(n.String(), ".eE")
	}
	v := c.numbers("constants", x)
	if slices.ContainsFunc(leaves, isFloat) {
		return v
	}
	d := tensor.Int32
	for _, key := range []string{"Tidx", "Tpaddings", "Tperm", "Tshape", "Index", "Tmultiples", "Tdim"} {
		if attrs[key] == tensor.Int64 {
			d = tensor.Int64
		}
	}
	return c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Float32, "DstT": d}, v)
}
