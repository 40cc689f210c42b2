package keras

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// lambdas are calls: functional models of Keras 2 hold calls of TensorFlow's Python functions as layers, by the function's name.
var lambdas = []Layer{
	{Class: "TFOpLambda", Call: callFunction, Note: "the functions of Functions"},
	{Class: "SlicingOpLambda", Call: callFunction},
	{Class: "ClassMethod", Note: "calls Python code: export the model as a SavedModel (model.export)"},
	{Class: "InstanceMethod", Note: "calls Python code: export the model as a SavedModel (model.export)"},
	{Class: "InstanceProperty", Note: "calls Python code: export the model as a SavedModel (model.export)"},
	{Class: "TensorFlowOpLayer", Call: callNode, Note: "one operator of TensorFlow, as TensorFlow 2.0 to 2.3 wrote it"},
}

// Functions is the table of TensorFlow's Python functions, by their names without "tf.". A rule finds the function's first argument as the call's first,
// others by their names.
var Functions map[string]func(c *Context) any

func init() { //nolint:gochecknoinits // an initializer would refer to itself
	Functions = map[string]func(c *Context) any{}
	for _, p := range pairsOf("math.abs=Abs abs=Abs math.negative=Neg math.exp=Exp math.expm1=Expm1 math.log=Log math.log1p=Log1p math.sqrt=Sqrt math.rsqrt=Rsqrt " +
		"math.square=Square math.reciprocal=Reciprocal math.sin=Sin math.cos=Cos math.tan=Tan math.asin=Asin math.acos=Acos math.atan=Atan math.sinh=Sinh math.cosh=Cosh " +
		"math.tanh=Tanh math.sigmoid=Sigmoid math.floor=Floor math.ceil=Ceil math.round=Round round=Round math.rint=Rint math.sign=Sign math.erf=Erf math.erfc=Erfc " +
		"math.softplus=Softplus nn.softplus=Softplus nn.softsign=Softsign nn.relu=Relu nn.relu6=Relu6 nn.elu=Elu nn.selu=Selu math.logical_not=LogicalNot " +
		"math.is_nan=IsNan math.is_inf=IsInf math.is_finite=IsFinite zeros_like=ZerosLike ones_like=OnesLike compat.v1.zeros_like=ZerosLike compat.v1.ones_like=OnesLike " +
		"nn.tanh=Tanh nn.sigmoid=Sigmoid sqrt=Sqrt exp=Exp square=Square sigmoid=Sigmoid tanh=Tanh negative=Neg __operators__.neg=Neg floor=Floor nn.l2_loss=L2Loss") {
		Functions[p[0]] = func(c *Context) any { return c.TF(p[1], nil, c.operand(0, "x")) }
	}
	for _, p := range pairsOf("math.add=AddV2 __operators__.add=AddV2 add=AddV2 math.subtract=Sub subtract=Sub __operators__.sub=Sub math.multiply=Mul multiply=Mul " +
		"__operators__.mul=Mul math.truediv=RealDiv math.divide=RealDiv divide=RealDiv truediv=RealDiv __operators__.truediv=RealDiv compat.v1.div=RealDiv realdiv=RealDiv " +
		"math.floordiv=FloorDiv __operators__.floordiv=FloorDiv math.floormod=FloorMod math.mod=FloorMod __operators__.mod=FloorMod math.pow=Pow pow=Pow __operators__.pow=Pow " +
		"math.maximum=Maximum maximum=Maximum math.minimum=Minimum minimum=Minimum math.squared_difference=SquaredDifference math.divide_no_nan=DivNoNan " +
		"math.multiply_no_nan=MulNoNan math.atan2=Atan2 math.less=Less math.less_equal=LessEqual math.greater=Greater math.greater_equal=GreaterEqual math.equal=Equal " +
		"math.not_equal=NotEqual __operators__.eq=Equal __operators__.ne=NotEqual __operators__.lt=Less __operators__.le=LessEqual __operators__.gt=Greater " +
		"__operators__.ge=GreaterEqual math.logical_and=LogicalAnd math.logical_or=LogicalOr math.logical_xor=NotEqual __operators__.and=LogicalAnd __operators__.or=LogicalOr") {
		Functions[p[0]] = func(c *Context) any {
			x, y := c.operand(0, "x"), c.operand(1, "y")
			return c.TF(p[1], nil, x, y)
		}
	}
	for _, p := range pairsOf("math.reduce_mean=Mean math.reduce_sum=Sum math.reduce_max=Max math.reduce_min=Min math.reduce_prod=Prod math.reduce_all=All math.reduce_any=Any " +
		"math.reduce_variance=Var math.reduce_std=Std math.reduce_logsumexp=Logsumexp compat.v1.reduce_mean=Mean compat.v1.reduce_sum=Sum compat.v1.reduce_max=Max " +
		"compat.v1.reduce_min=Min reduce_mean=Mean reduce_sum=Sum reduce_max=Max reduce_min=Min") {
		Functions[p[0]] = func(c *Context) any {
			c.rename("keep_dims=keepdims reduction_indices=axis input_tensor=x")
			return Operations[p[1]].Call(c)
		}
	}
	for _, family := range []map[string]func(c *Context) any{shapeFunctions, pictureFunctions, otherFunctions} {
		maps.Copy(Functions, family)
	}
}

// rename gives keyword arguments the names that a rule knows, by "old=new old=new".
func (c *Context) rename(text string) {
	renamed := map[string]any{}
	maps.Copy(renamed, c.Kwargs)
	for _, p := range pairsOf(text) {
		if x := renamed[p[0]]; x != nil && renamed[p[1]] == nil {
			renamed[p[1]] = x
		}
	}
	c.Kwargs = renamed
}

// renaming is a rule that is another's with other names.
func renaming(text string, f func(c *Context) any) func(c *Context) any {
	return func(c *Context) any {
		c.rename(text)
		return f(c)
	}
}

func callFunction(c *Context) any {
	name := c.Config.text("function", "")
	f := Functions[name]
	if f == nil {
		build.Refuse("calls TensorFlow's function %q: export the model as a SavedModel (model.export), which holds what it computes", "tf."+name)
	}
	sub := *c
	sub.Config = config{} // of the function there is none
	return f(&sub)
}

// otherFunctions compute numbers.
var otherFunctions = map[string]func(c *Context) any{
	"nn.silu": func(c *Context) any {
		x := c.operand(0, "features")
		return c.mul(x, c.TF("Sigmoid", nil, c.scaled(x, c.num("beta", 1))))
	},
	"nn.leaky_relu":  func(c *Context) any { return leaky(c, c.operand(0, "features"), c.num("alpha", 0.2)) },
	"nn.gelu":        func(c *Context) any { return gelu(c, c.operand(0, "features"), c.flag("approximate", false)) },
	"nn.softmax":     func(c *Context) any { return softmax(c, c.operand(0, "logits"), c.whole("axis", -1)) },
	"nn.log_softmax": func(c *Context) any { return alongLast(c, c.operand(0, "logits"), c.whole("axis", -1), "LogSoftmax") },
	"math.argmax":    func(c *Context) any { return c.most("ArgMax") },
	"math.argmin":    func(c *Context) any { return c.most("ArgMin") },
	"math.cumsum": func(c *Context) any {
		a := graphdef.Attrs{"exclusive": c.flag("exclusive", false), "reverse": c.flag("reverse", false)}
		return c.TF("Cumsum", a, c.operand(0, "x"), c.I32(c.whole("axis", 0)))
	},
	"math.top_k": func(c *Context) any {
		out := c.TFs("TopKV2", graphdef.Attrs{"sorted": true}, c.operand(0, "input"), c.I32(c.whole("k", 1)))
		return []any{out[0], out[1]}
	},
	"clip_by_value": func(c *Context) any {
		x := c.operand(0, "t")
		return c.TF("Maximum", nil, c.TF("Minimum", nil, x, c.operand(2, "clip_value_max")), c.operand(1, "clip_value_min"))
	},
	"where": func(c *Context) any {
		condition := c.operand(0, "condition")
		if c.Arg(1, "x") == nil || c.Arg(2, "y") == nil {
			build.Refuse("where without values")
		}
		x, y := c.operand(1, "x"), c.operand(2, "y")
		return c.where(condition, x, y)
	},
	"linalg.matmul": func(c *Context) any {
		x, y := c.operand(0, "a"), c.operand(1, "b")
		left, right := c.flag("transpose_a", false), c.flag("transpose_b", false)
		if c.flag("adjoint_a", false) || c.flag("adjoint_b", false) {
			build.Refuse("a product of adjoint matrices")
		}
		if len(x.Type.Shape) == 2 && len(y.Type.Shape) == 2 {
			return c.TF("MatMul", graphdef.Attrs{"transpose_a": left, "transpose_b": right}, x, y)
		}
		return c.TF("BatchMatMulV2", graphdef.Attrs{"adj_x": left, "adj_y": right}, x, y)
	},
	"math.l2_normalize": func(c *Context) any {
		x := c.operand(0, "x")
		sum := c.reduce("Sum", c.TF("Square", nil, x), true, c.over(x)...)
		return c.mul(x, c.TF("Rsqrt", nil, c.TF("Maximum", nil, sum, c.F32(c.num("epsilon", 1e-12)))))
	},
	"norm": func(c *Context) any {
		x := c.operand(0, "tensor")
		if order, ok := c.param(-1, "ord").(string); c.param(-1, "ord") != nil && !(ok && order == "euclidean") {
			build.Refuse("a norm other than the Euclidean one")
		}
		return c.TF("Sqrt", nil, c.reduce("Sum", c.TF("Square", nil, x), c.flag("keepdims", false), c.over(x)...))
	},
	"math.add_n": func(c *Context) any {
		list := c.Ins()
		return c.TF("AddN", graphdef.Attrs{"N": len(list)}, list...)
	},
	"nn.bias_add": func(c *Context) any { return c.TF("BiasAdd", nil, c.operand(0, "value"), c.operand(1, "bias")) },
	"nn.batch_normalization": func(c *Context) any {
		x := c.operand(0, "x")
		scale := c.TF("Rsqrt", nil, c.add(c.operand(2, "variance"), c.F32(c.num("variance_epsilon", 1e-3))))
		if c.param(4, "scale") != nil {
			scale = c.mul(scale, c.operand(4, "scale"))
		}
		y := c.mul(c.sub(x, c.operand(1, "mean")), scale)
		if c.param(3, "offset") == nil {
			return y
		}
		return c.add(y, c.operand(3, "offset"))
	},
	"nn.moments": func(c *Context) any {
		x := c.operand(0, "x")
		return c.momentsOver(x, c.flag("keepdims", false), c.axesOf(x, "axes"))
	},
	"einsum": func(c *Context) any {
		build.Refuse("tf.einsum: Keras 2 does not write its operands into the file; export the model as a SavedModel (model.export)")
		return nil
	},
	"identity":           callFirst,
	"stop_gradient":      callFirst,
	"grad_pass_through":  callFirst,
	"cast":               func(c *Context) any { return c.cast(c.operand(0, "x"), c.word("dtype")) },
	"compat.v1.cast":     func(c *Context) any { return c.cast(c.operand(0, "x"), c.word("dtype")) },
	"compat.v1.to_float": func(c *Context) any { return c.cast(c.operand(0, "x"), "float32") },
	"math.reduce_euclidean_norm": func(c *Context) any {
		x := c.operand(0, "input_tensor")
		return c.TF("Sqrt", nil, c.reduce("Sum", c.TF("Square", nil, x), c.flag("keepdims", false), c.over(x)...))
	},
}

// scaled multiplies by a number, unless that is 1.
func (c *Context) scaled(x *ir.Value, by float32) *ir.Value {
	if by == 1 {
		return x
	}
	return c.mul(x, c.F32(by))
}

// most is ArgMax or ArgMin, which TensorFlow gives as int64 unless it is told otherwise.
func (c *Context) most(op string) *ir.Value {
	c.rename("dimension=axis")
	out := tensor.Int64
	if c.word("output_type") == "int32" {
		out = tensor.Int32
	}
	return c.TF(op, graphdef.Attrs{"output_type": out}, c.operand(0, "input"), c.I32(c.whole("axis", 0)))
}

// vector returns an argument that is a list of integers, some of which may be tensors, as a tensor.
func (c *Context) vector(i int, name string) *ir.Value {
	x := c.param(i, name)
	if v, ok := x.(*ir.Value); ok {
		return v
	}
	list, ok := x.([]any)
	if !ok || !slices.ContainsFunc(list, func(y any) bool { _, ok := y.(*ir.Value); return ok }) {
		return c.I32s(c.wholes(name, x)...)
	}
	var parts []*ir.Value
	for _, y := range list {
		switch y := y.(type) {
		case *ir.Value:
			parts = append(parts, y)
		case json.Number:
			parts = append(parts, c.I32(integer(name, y)))
		default:
			build.Refuse("%q holds %T", name, y)
		}
	}
	return c.TF("Pack", graphdef.Attrs{"N": len(parts), "axis": 0}, parts...)
}
