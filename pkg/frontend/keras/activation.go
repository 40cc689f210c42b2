package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
)

// activations are the functions that layers name as their activation, by Keras's names.
var activations map[string]func(c *Context, x *ir.Value) *ir.Value

func init() { //nolint:gochecknoinits // an initializer would refer to itself
	activations = map[string]func(c *Context, x *ir.Value) *ir.Value{
		"linear":       func(_ *Context, x *ir.Value) *ir.Value { return x },
		"relu":         simple("Relu"),
		"relu6":        simple("Relu6"),
		"elu":          simple("Elu"),
		"selu":         simple("Selu"),
		"softplus":     simple("Softplus"),
		"softsign":     simple("Softsign"),
		"sigmoid":      simple("Sigmoid"),
		"tanh":         simple("Tanh"),
		"exponential":  simple("Exp"),
		"softmax":      func(c *Context, x *ir.Value) *ir.Value { return softmax(c, x, -1) },
		"log_softmax":  func(c *Context, x *ir.Value) *ir.Value { return alongLast(c, x, -1, "LogSoftmax") },
		"silu":         silu,
		"swish":        silu,
		"gelu":         func(c *Context, x *ir.Value) *ir.Value { return gelu(c, x, false) },
		"mish":         func(c *Context, x *ir.Value) *ir.Value { return c.mul(x, c.TF("Tanh", nil, c.TF("Softplus", nil, x))) },
		"leaky_relu":   func(c *Context, x *ir.Value) *ir.Value { return leaky(c, x, 0.2) },
		"hard_sigmoid": hardSigmoid,
		"hard_silu":    hardSilu,
		"hard_swish":   hardSilu,
		"log_sigmoid":  func(c *Context, x *ir.Value) *ir.Value { return c.neg(c.TF("Softplus", nil, c.neg(x))) },
		"hard_tanh":    func(c *Context, x *ir.Value) *ir.Value { return c.clip(x, -1, 1) },
		"tanh_shrink":  func(c *Context, x *ir.Value) *ir.Value { return c.sub(x, c.TF("Tanh", nil, x)) },
		"soft_shrink":  func(c *Context, x *ir.Value) *ir.Value { return softShrink(c, x, 0.5) },
		"hard_shrink":  func(c *Context, x *ir.Value) *ir.Value { return hardShrink(c, x, 0.5) },
		"threshold":    func(c *Context, x *ir.Value) *ir.Value { return threshold(c, x, 0, 0) },
		"celu":         func(c *Context, x *ir.Value) *ir.Value { return celu(c, x, 1) },
		"glu":          glu,
		"squareplus":   func(c *Context, x *ir.Value) *ir.Value { return squareplus(c, x, 4) },
		"sparse_plus":  sparsePlus,
		"sparse_sigmoid": func(c *Context, x *ir.Value) *ir.Value {
			return c.clip(c.mul(c.add(x, c.F32(1)), c.F32(0.5)), 0, 1)
		},
		"sparsemax":    sparsemax,
		"squared_relu": func(c *Context, x *ir.Value) *ir.Value { return c.TF("Square", nil, c.TF("Relu", nil, x)) },
	}
}

func simple(op string) func(c *Context, x *ir.Value) *ir.Value {
	return func(c *Context, x *ir.Value) *ir.Value { return c.TF(op, nil, x) }
}

// activate applies what a layer's configuration names under key; a name, or a serialized function or layer.
func (c *Context) activate(key, otherwise string, x *ir.Value) *ir.Value {
	a := c.Config[key]
	if a == nil {
		a = otherwise
	}
	return c.activation(a, x)
}

func (c *Context) activation(a any, x *ir.Value) *ir.Value {
	switch a := a.(type) {
	case string:
		f := activations[a]
		if f == nil {
			build.Refuse("the activation %q", a)
		}
		return f(c, x)
	case map[string]any:
		class := config(a).text("class_name", "")
		if f, ok := a["config"].(string); ok && (class == "function" || class == "Function") {
			return c.activation(f, x)
		}
		if activations[snake(class)] != nil && Layers[class] == nil {
			return c.activation(snake(class), x)
		}
		v, ok := c.Sub(a, "activation", x).Call().(*ir.Value)
		if !ok {
			build.Refuse("the activation %q", class)
		}
		return v
	}
	build.Damaged("an activation is %T", a)
	return nil
}

func softmax(c *Context, x *ir.Value, axis int) *ir.Value { return alongLast(c, x, axis, "Softmax") }

// alongLast applies an operator that works along the last axis to another one.
func alongLast(c *Context, x *ir.Value, axis int, op string) *ir.Value {
	rank := len(x.Type.Shape)
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank {
		build.Damaged("axis %d of a tensor of shape %v", axis, x.Type.Shape)
	}
	if axis == rank-1 {
		return c.TF(op, nil, x)
	}
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = i
	}
	perm[axis], perm[rank-1] = rank-1, axis
	return c.transpose(c.TF(op, nil, c.transpose(x, perm...)), perm...)
}

func silu(c *Context, x *ir.Value) *ir.Value { return c.mul(x, c.TF("Sigmoid", nil, x)) }

// gelu is 0.5 x (1 + erf(x / sqrt 2)), or its approximation by tanh.
func gelu(c *Context, x *ir.Value, approximate bool) *ir.Value {
	if approximate {
		cube := c.TF("Pow", nil, x, c.F32(3))
		inner := c.mul(c.F32(0.7978845608028654), c.add(x, c.mul(c.F32(0.044715), cube)))
		return c.mul(c.mul(c.F32(0.5), x), c.add(c.F32(1), c.TF("Tanh", nil, inner)))
	}
	return c.mul(c.mul(c.F32(0.5), x), c.add(c.F32(1), c.TF("Erf", nil, c.mul(x, c.F32(0.7071067811865476)))))
}

func leaky(c *Context, x *ir.Value, slope float32) *ir.Value {
	return c.TF("LeakyRelu", graphdef.Attrs{"alpha": slope}, x)
}

// hardSigmoid is relu6(x + 3) / 6; Keras 2 had clip(0.2 x + 0.5, 0, 1).
func hardSigmoid(c *Context, x *ir.Value) *ir.Value {
	if c.im.keras2 {
		return c.clip(c.add(c.mul(x, c.F32(0.2)), c.F32(0.5)), 0, 1)
	}
	return c.mul(c.TF("Relu6", nil, c.add(x, c.F32(3))), c.F32(1./6))
}

func hardSilu(c *Context, x *ir.Value) *ir.Value {
	return c.mul(x, c.mul(c.TF("Relu6", nil, c.add(x, c.F32(3))), c.F32(1./6)))
}

func softShrink(c *Context, x *ir.Value, t float32) *ir.Value {
	high, low := c.TF("Relu", nil, c.sub(x, c.F32(t))), c.TF("Relu", nil, c.sub(c.neg(x), c.F32(t)))
	return c.sub(high, low)
}

func hardShrink(c *Context, x *ir.Value, t float32) *ir.Value {
	return c.where(c.TF("Greater", nil, c.TF("Abs", nil, x), c.F32(t)), x, c.F32(0))
}

func threshold(c *Context, x *ir.Value, t, otherwise float32) *ir.Value {
	return c.where(c.TF("Greater", nil, x, c.F32(t)), x, c.F32(otherwise))
}

// celu is max(x, 0) + alpha (exp(min(x, 0) / alpha) - 1).
func celu(c *Context, x *ir.Value, alpha float32) *ir.Value {
	low := c.sub(c.TF("Exp", nil, c.mul(c.TF("Minimum", nil, x, c.F32(0)), c.F32(1/alpha))), c.F32(1))
	return c.add(c.TF("Relu", nil, x), c.mul(c.F32(alpha), low))
}

// glu gates the first half of the last axis by the second.
func glu(c *Context, x *ir.Value) *ir.Value {
	rank := len(x.Type.Shape)
	if n := c.Last(x); n%2 != 0 {
		build.Damaged("glu of an odd number of channels, %d", n)
	}
	half := c.TFs("Split", graphdef.Attrs{"num_split": 2}, c.I32(rank-1), x)
	return c.mul(half[0], c.TF("Sigmoid", nil, half[1]))
}

// squareplus is (x + sqrt(x² + b)) / 2.
func squareplus(c *Context, x *ir.Value, b float32) *ir.Value {
	return c.mul(c.F32(0.5), c.add(x, c.TF("Sqrt", nil, c.add(c.TF("Square", nil, x), c.F32(b)))))
}

// sparsePlus is 0 up to -1, x from 1 on, and (x+1)²/4 in between.
func sparsePlus(c *Context, x *ir.Value) *ir.Value {
	middle := c.mul(c.F32(0.25), c.TF("Square", nil, c.add(x, c.F32(1))))
	y := c.where(c.TF("Less", nil, x, c.F32(1)), middle, x)
	return c.where(c.TF("LessEqual", nil, x, c.F32(-1)), c.F32(0), y)
}
