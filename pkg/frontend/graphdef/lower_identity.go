package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// identities are the operators whose results are their operands.
var identities = []Op{
	{Name: "Identity", Lower: lowerFirst},
	{Name: "IdentityN", Lower: lowerAll, passes: true},
	{Name: "StopGradient", Lower: lowerFirst},
	{Name: "PreventGradient", Lower: lowerFirst},
	{Name: "Snapshot", Lower: lowerFirst},
	{Name: "CheckNumerics", Lower: lowerFirst},
	{Name: "CheckNumericsV2", Lower: lowerFirst},
	{Name: "DeepCopy", Lower: lowerFirst},
	{Name: "EnsureShape", Lower: lowerEnsureShape, Note: "checked where the shape is known"},
	{Name: "PlaceholderWithDefault", Lower: lowerFirst, Note: "its default, unless it is an input"},
	{Name: "XlaSharding", Lower: lowerFirst},
	{Name: "GuaranteeConst", Lower: lowerFirst},
	{Name: "RefIdentity", Lower: lowerFirst},
	{Name: "OptimizationBarrier", Lower: lowerAll, passes: true},
	{Name: "NoOp", Lower: func(*Context) {}},
	{Name: "Assert", Lower: func(*Context) {}, Note: "dropped"},
	{Name: "Print", Lower: lowerFirst, Note: "prints nothing"},
}

// constants are the operators that have no operands.
var constants = []Op{
	{Name: "Const", Lower: lowerConst},
	{Name: "Placeholder", Lower: lowerPlaceholder, Note: "an input"},
	{Name: "PlaceholderV2", Lower: lowerPlaceholder, Note: "an input"},
}

func lowerFirst(c *Context) { c.OutEdges(c.Edge(0)) }

func lowerAll(c *Context) { c.OutEdges(c.edges...) }

func lowerEnsureShape(c *Context) {
	want, unranked := c.ShapeAttr("shape")
	if got := c.In(0).Type.Shape; !unranked {
		ok := len(got) == len(want)
		for i := 0; ok && i < len(got); i++ {
			ok = got[i] == want[i] || got[i] < 0 || want[i] < 0
		}
		if !ok {
			build.Damaged("the shape is %v, and not %v", got, want)
		}
	}
	lowerFirst(c)
}

func lowerConst(c *Context) {
	a := c.attr("value")
	if a == nil || a.Tensor == nil {
		build.Damaged("the value is missing")
	}
	c.Out(c.Const(c.Def.Name, c.scope.content(a.Tensor)))
}

func lowerPlaceholder(c *Context) {
	build.Damaged("the outputs depend on this placeholder, which is not among the inputs")
}

// typed returns a type.
func typed(d tensor.DType, shape ...int) ir.Type { return ir.Type{DType: d, Shape: shape} }
