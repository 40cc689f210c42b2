package keras

import (
	"encoding/json"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// operations are those of keras.ops, as nodes of functional models. Their arguments are those of the call, or of the configuration.
var operations = slices.Concat(
	sorting, arithmetic, statistics, arrays, networks,
	unaries("Absolute=Abs Abs=Abs Fabs=Abs Ceil=Ceil Cos=Cos Sin=Sin Tan=Tan Exp=Exp Expm1=Expm1 Floor=Floor Log=Log Log1p=Log1p Negative=Neg Reciprocal=Reciprocal "+
		"Sign=Sign Sqrt=Sqrt Square=Square Tanh=Tanh Rsqrt=Rsqrt Erf=Erf Erfc=Erfc Relu=Relu Relu6=Relu6 Sigmoid=Sigmoid Softplus=Softplus Softsign=Softsign Selu=Selu "+
		"Sinh=Sinh Cosh=Cosh Arcsin=Asin Arccos=Acos Arctan=Atan LogicalNot=LogicalNot Isnan=IsNan Isfinite=IsFinite Isinf=IsInf ZerosLike=ZerosLike OnesLike=OnesLike"),
	pairwise("Add=AddV2 Subtract=Sub Multiply=Mul Divide=RealDiv TrueDivide=RealDiv DivideNoNan=DivNoNan Power=Pow Maximum=Maximum Minimum=Minimum Fmax=Maximum Fmin=Minimum "+
		"Mod=FloorMod FloorDivide=FloorDiv Arctan2=Atan2 Equal=Equal NotEqual=NotEqual Greater=Greater GreaterEqual=GreaterEqual Less=Less LessEqual=LessEqual "+
		"LogicalAnd=LogicalAnd LogicalOr=LogicalOr"),
	named("Silu HardSigmoid HardSilu SparseSigmoid SparsePlus LogSigmoid TanhShrink HardTanh"),
	reductions("Mean=Mean Sum=Sum Max=Max Amax=Max Min=Min Amin=Min Prod=Prod All=All Any=Any"),
	[]Layer{
		{Class: "Round", Call: func(c *Context) any { return c.TF("Round", nil, c.operand(0, "x")) }},
		{Class: "LeakyRelu", Call: func(c *Context) any { return leaky(c, c.operand(0, "x"), c.num("negative_slope", 0.2)) }},
		{Class: "Gelu", Call: func(c *Context) any { return gelu(c, c.operand(0, "x"), c.flag("approximate", true)) }},
		{Class: "Celu", Call: func(c *Context) any { return celu(c, c.operand(0, "x"), c.num("alpha", 1)) }},
		{Class: "Elu", Call: callEluOperation},
		{Class: "Squareplus", Call: func(c *Context) any { return squareplus(c, c.operand(0, "x"), c.num("b", 4)) }},
		{Class: "SoftShrink", Call: func(c *Context) any { return softShrink(c, c.operand(0, "x"), c.num("threshold", 0.5)) }},
		{Class: "HardShrink", Call: func(c *Context) any { return hardShrink(c, c.operand(0, "x"), c.num("threshold", 0.5)) }},
		{Class: "Threshold", Call: func(c *Context) any {
			return threshold(c, c.operand(0, "x"), c.num("threshold", 0), c.num("default_value", 0))
		}},
		{Class: "Softmax", Call: func(c *Context) any { return softmax(c, c.operand(0, "x"), c.whole("axis", -1)) }},
		{Class: "LogSoftmax", Call: func(c *Context) any { return alongLast(c, c.operand(0, "x"), c.whole("axis", -1), "LogSoftmax") }},
		{Class: "Var", Call: func(c *Context) any { return c.variance() }},
		{Class: "Std", Call: func(c *Context) any { return c.TF("Sqrt", nil, c.variance()) }},
		{Class: "Logsumexp", Call: callLogsumexp},
		{Class: "Argmax", Call: func(c *Context) any { return c.extreme("ArgMax") }},
		{Class: "Argmin", Call: func(c *Context) any { return c.extreme("ArgMin") }},
		{Class: "Clip", Call: func(c *Context) any {
			return c.TF("Minimum", nil, c.TF("Maximum", nil, c.operand(0, "x"), c.scalar("x_min")), c.scalar("x_max"))
		}},
		{Class: "Where", Call: func(c *Context) any {
			return c.where(c.operand(0, "condition"), c.operand(1, "x1"), c.operand(2, "x2"))
		}},
		{Class: "Matmul", Call: callMatmul},
		{Class: "Einsum", Call: func(c *Context) any {
			list := c.Ins()
			return c.TF("Einsum", graphdef.Attrs{"equation": c.word("subscripts"), "N": len(list)}, list...)
		}},
		{Class: "Reshape", Call: callReshapeOperation},
		{Class: "Ravel", Call: func(c *Context) any { return c.Reshape(c.operand(0, "x"), build.Dim{Size: -1}) }},
		{Class: "Transpose", Call: callTransposeOperation},
		{Class: "Swapaxes", Call: func(c *Context) any {
			x := c.operand(0, "x")
			perm := counting(len(x.Type.Shape))
			a, b := axis(c.whole("axis1", 0), len(perm)), axis(c.whole("axis2", 0), len(perm))
			perm[a], perm[b] = perm[b], perm[a]
			return c.transpose(x, perm...)
		}},
		{Class: "Concatenate", Call: func(c *Context) any {
			list := c.Ins()
			if len(list) == 0 {
				build.Damaged("joins no tensors")
			}
			return c.concat(axis(c.whole("axis", 0), len(list[0].Type.Shape)), list...)
		}},
		{Class: "Stack", Call: func(c *Context) any {
			list := c.Ins()
			return c.TF("Pack", graphdef.Attrs{"N": len(list), "axis": c.whole("axis", 0)}, list...)
		}},
		{Class: "Unstack", Call: callUnstack},
		{Class: "ExpandDims", Call: func(c *Context) any {
			x := c.operand(0, "x")
			for _, a := range c.several("axis") {
				x = c.TF("ExpandDims", nil, x, c.I32(a))
			}
			return x
		}},
		{Class: "Squeeze", Call: func(c *Context) any {
			x := c.operand(0, "x")
			return c.TF("Squeeze", graphdef.Attrs{"squeeze_dims": c.several("axis")}, x)
		}},
		{Class: "Tile", Call: func(c *Context) any {
			x, n := c.operand(0, "x"), c.several("repeats")
			for len(n) < len(x.Type.Shape) {
				n = append([]int{1}, n...)
			}
			return c.TF("Tile", nil, x, c.I32s(n...))
		}},
		{Class: "Repeat", Call: func(c *Context) any {
			x := c.operand(0, "x")
			return c.repeat(x, axis(c.whole("axis", 0), len(x.Type.Shape)), c.whole("repeats", 1))
		}},
		{Class: "Flip", Call: func(c *Context) any {
			x := c.operand(0, "x")
			axes := c.several("axis")
			if axes == nil {
				axes = counting(len(x.Type.Shape))
			}
			return c.TF("ReverseV2", nil, x, c.I32s(axes...))
		}},
		{Class: "Pad", Call: callPadOperation},
		{Class: "BroadcastTo", Call: func(c *Context) any {
			return c.TF("BroadcastTo", nil, c.operand(0, "x"), c.I32s(c.several("shape")...))
		}},
		{Class: "Take", Call: func(c *Context) any {
			x := c.operand(0, "x")
			if c.param(2, "axis") == nil {
				x = c.Reshape(x, build.Dim{Size: -1})
			}
			return c.TF("GatherV2", nil, x, c.places(1, "indices"), c.I32(axis(c.whole("axis", 0), len(x.Type.Shape))))
		}},
		{Class: "GetItem", Call: callGetItem},
		{Class: "Cast", Call: func(c *Context) any { return c.cast(c.operand(0, "x"), c.word("dtype")) }},
		{Class: "OneHot", Call: func(c *Context) any {
			y := c.TF("OneHot", graphdef.Attrs{"axis": c.whole("axis", -1)}, c.operand(0, "x"), c.I32(c.whole("num_classes", 0)), c.F32(1), c.F32(0))
			if d := c.word("dtype"); d != "" {
				return c.cast(y, d)
			}
			return y
		}},
		{Class: "TopK", Call: func(c *Context) any {
			out := c.TFs("TopKV2", graphdef.Attrs{"sorted": true}, c.operand(0, "x"), c.I32(c.whole("k", 1)))
			return []any{out[0], out[1]}
		}},
		{Class: "Normalize", Call: callNormalize},
		{Class: "StopGradient", Call: callFirst},
		{Class: "Copy", Call: callFirst},
		{Class: "Resize", Call: callResizeOperation},
		{Class: "Identity", Call: callFirst},
	})

func counting(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// table makes rows of a list of "Class=Operator".
func table(text string, call func(op string) func(c *Context) any) []Layer {
	var rows []Layer
	for _, p := range pairsOf(text) {
		rows = append(rows, Layer{Class: p[0], Call: call(p[1]), op: true})
	}
	return rows
}

func unaries(text string) []Layer {
	return table(text, func(op string) func(c *Context) any {
		return func(c *Context) any { return c.TF(op, nil, c.operand(0, "x")) }
	})
}

func pairwise(text string) []Layer {
	return table(text, func(op string) func(c *Context) any {
		return two(func(c *Context, x, y *ir.Value) *ir.Value {
			if op == "RealDiv" {
				x, y = c.real(x), c.real(y)
			}
			return c.TF(op, nil, x, y)
		})
	})
}

// named are operations that are activations as well.
func named(text string) []Layer {
	return table(text, func(op string) func(c *Context) any {
		return func(c *Context) any { return activations[snake(op)](c, c.operand(0, "x")) }
	})
}

func reductions(text string) []Layer {
	return table(text, func(op string) func(c *Context) any {
		return func(c *Context) any {
			x := c.reducible(op, c.operand(0, "x"))
			return c.reduce(op, x, c.flag("keepdims", false), c.over(x)...)
		}
	})
}

func callEluOperation(c *Context) any {
	x, alpha := c.operand(0, "x"), c.num("alpha", 1)
	y := c.TF("Elu", nil, x)
	if alpha == 1 {
		return y
	}
	return c.where(c.TF("Greater", nil, x, c.F32(0)), y, c.mul(c.F32(alpha), y))
}

// variance returns the variance over the axes of the operation.
func (c *Context) variance() *ir.Value {
	x := c.operand(0, "x")
	axes := c.over(x)
	mean := c.reduce("Mean", x, true, axes...)
	return c.reduce("Mean", c.TF("SquaredDifference", nil, x, mean), c.flag("keepdims", false), axes...)
}

func callLogsumexp(c *Context) any {
	x := c.operand(0, "x")
	axes, keep := c.over(x), c.flag("keepdims", false)
	top := c.reduce("Max", x, true, axes...)
	sum := c.TF("Log", nil, c.reduce("Sum", c.TF("Exp", nil, c.sub(x, top)), keep, axes...))
	if !keep {
		top = c.TF("Squeeze", graphdef.Attrs{"squeeze_dims": axes}, top)
	}
	return c.add(sum, top)
}

func (c *Context) extreme(op string) *ir.Value {
	x := c.operand(0, "x")
	if c.param(1, "axis") == nil {
		x = c.Reshape(x, build.Dim{Size: -1})
	}
	y := c.TF(op, graphdef.Attrs{"output_type": tensor.Int32}, x, c.I32(c.whole("axis", 0)))
	if c.flag("keepdims", false) {
		return c.TF("ExpandDims", nil, y, c.I32(c.whole("axis", 0)))
	}
	return y
}

func callMatmul(c *Context) any {
	x, y := c.alike(c.operand(0, "x1"), c.operand(1, "x2"))
	switch {
	case len(y.Type.Shape) == 1: // a vector
		return c.contract(x, y, []int{-1}, []int{0})
	case len(x.Type.Shape) == 1:
		return c.contract(x, y, []int{0}, []int{-2})
	}
	if len(x.Type.Shape) == 2 && len(y.Type.Shape) == 2 {
		return c.TF("MatMul", nil, x, y)
	}
	return c.TF("BatchMatMulV2", nil, x, y)
}

func callReshapeOperation(c *Context) any {
	x := c.operand(0, "x")
	shape := c.several("newshape")
	return c.TF("Reshape", nil, x, c.I32s(shape...))
}

func callTransposeOperation(c *Context) any {
	x := c.operand(0, "x")
	perm := c.several("axes")
	if perm == nil {
		perm = counting(len(x.Type.Shape))
		slices.Reverse(perm)
	}
	return c.transpose(x, perm...)
}

func callUnstack(c *Context) any {
	x := c.operand(0, "x")
	a := axis(c.whole("axis", 0), len(x.Type.Shape))
	n := x.Type.Shape[a]
	if n < 0 {
		build.Refuse("a dimension of unknown size is taken apart")
	}
	var list []any
	for _, v := range c.TFs("Unpack", graphdef.Attrs{"num": n, "axis": a}, x) {
		list = append(list, v)
	}
	return list
}

func callSplit(c *Context) any {
	x := c.operand(0, "x")
	a := axis(c.whole("axis", 0), len(x.Type.Shape))
	n := x.Type.Shape[a]
	if n < 0 {
		build.Refuse("a dimension of unknown size is taken apart")
	}
	var parts []*ir.Value
	if _, one := c.param(1, "indices_or_sections").(json.Number); one {
		parts = c.split(x, a, c.whole("indices_or_sections", 1))
	} else {
		at, sizes := 0, []int(nil)
		for _, i := range append(c.several("indices_or_sections"), n) {
			sizes, at = append(sizes, i-at), i
		}
		parts = c.TFs("SplitV", graphdef.Attrs{"num_split": len(sizes)}, x, c.I32s(sizes...), c.I32(a))
	}
	var list []any
	for _, v := range parts {
		list = append(list, v)
	}
	return list
}

func callPadOperation(c *Context) any {
	x := c.operand(0, "x")
	var flat []int
	for _, y := range flatten(c.param(1, "pad_width")) {
		flat = append(flat, integer("pad_width", y))
	}
	rank := len(x.Type.Shape)
	switch len(flat) {
	case 1:
		flat = repeat(flat[0], 2*rank)
	case 2:
		flat = slices.Repeat(flat, rank)
	}
	if len(flat) != 2*rank {
		build.Damaged("%d numbers pad a tensor of shape %v", len(flat), x.Type.Shape)
	}
	switch mode := c.word("mode"); mode {
	case "", "constant":
		return c.TF("Pad", nil, x, c.matrix(flat...))
	case "reflect":
		return c.TF("MirrorPad", graphdef.Attrs{"mode": "REFLECT"}, x, c.matrix(flat...))
	case "symmetric":
		return c.TF("MirrorPad", graphdef.Attrs{"mode": "SYMMETRIC"}, x, c.matrix(flat...))
	default:
		build.Refuse("padding of the mode %q", mode)
		return nil
	}
}

func callNormalize(c *Context) any {
	x := c.operand(0, "x")
	if c.whole("order", 2) != 2 {
		build.Refuse("a norm of the order %d", c.whole("order", 2))
	}
	epsilon := c.num("epsilon", 1e-7)
	sum := c.reduce("Sum", c.TF("Square", nil, x), true, axis(c.whole("axis", -1), len(x.Type.Shape)))
	return c.mul(x, c.TF("Rsqrt", nil, c.TF("Maximum", nil, sum, c.F32(epsilon*epsilon))))
}
