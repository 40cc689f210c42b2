package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// step adds one node or a few, or none if what was drawn does not fit.
func (g *randomGraph) step() {
	steps := []func(){
		g.unary, g.unary, g.withConstant, g.withConstant, g.withConstant, g.binary, g.layer, g.layer, g.normalized, g.fullyConnected,
		g.padded, g.pooled, g.reshaped, g.transposed, g.dilated, g.joined, g.reduced, g.repeated, g.swish, g.rows, g.selected,
	}
	steps[g.pick("step", len(steps))]()
}

func (g *randomGraph) unary() {
	names := []string{"RELU", "RELU6", "RELU_N1_TO_1", "NEG", "ABS", "TANH", "LOGISTIC", "RELU", "RELU"}
	g.emit(names[g.pick("unary", len(names))], nil, g.some(0))
}

var binaryOps = []string{"ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "ADD", "MUL", "DIV", "SQUARED_DIFFERENCE"}

func binaryAttr(name string) ir.Attr {
	attr, _ := op.Set.NewAttr(name)
	return attr
}

func (g *randomGraph) withConstant() {
	v := g.some(0)
	name := binaryOps[g.pick("binary", len(binaryOps))]
	c := g.beside(v)
	if name == "DIV" {
		if slices.Contains(tensor.View[float32](c.Const), 0) {
			return
		}
		g.emit(name, binaryAttr(name), v, c)
		return
	}
	inputs := []*ir.Value{v, c}
	if g.pick("first", 2) == 0 {
		slices.Reverse(inputs)
	}
	g.emit(name, binaryAttr(name), inputs...)
}

func (g *randomGraph) binary() {
	name := []string{"ADD", "SUB", "MUL", "MAXIMUM"}[g.pick("binary", 4)]
	g.emit(name, binaryAttr(name), g.some(0), g.some(0))
}

func (g *randomGraph) layer() { g.convolution() }

// convolution adds a convolution of one of three kinds, with or without bias.
func (g *randomGraph) convolution() *ir.Value {
	x := g.image()
	if x == nil {
		return nil
	}
	in := x.Type.Shape[3]
	k := 1 + g.pick("window", 3)
	stride := 1 + g.pick("stride", 2)
	padding := op.Padding(g.pick("padding", 2))
	bias := func(n int) *ir.Value {
		if g.pick("bias", 4) == 0 {
			return nil
		}
		return g.constant(tensor.Shape{n})
	}
	if g.pick("kind", 3) == 0 {
		return g.emit("DEPTHWISE_CONV_2D", &op.DepthwiseConv2D{Padding: padding, StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1, Multiplier: 1},
			x, g.constant(tensor.Shape{1, k, k, in}), bias(in))
	}
	out := 1 + g.pick("channels", 3)
	per := in
	if in%2 == 0 && out%2 == 0 && g.pick("grouped", 3) == 0 {
		per = in / 2
	}
	return g.emit("CONV_2D", &op.Conv2D{Padding: padding, StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1}, x, g.constant(tensor.Shape{out, k, k, per}), bias(out))
}

// normalized adds a convolution, what normalizes its result, and an activation.
func (g *randomGraph) normalized() {
	x := g.convolution()
	if x == nil {
		return
	}
	n := x.Type.Shape[3]
	x = g.emit("MUL", &op.Fused{}, x, g.constant(tensor.Shape{1, 1, 1, n}))
	x = g.emit("ADD", &op.Arith{}, x, g.constant(tensor.Shape{n}))
	g.emit("RELU6", nil, x)
}

func (g *randomGraph) fullyConnected() {
	x := g.some(0)
	k := x.Type.Shape[len(x.Type.Shape)-1]
	if k < 0 {
		return
	}
	out := 1 + g.pick("out", 3)
	inputs := []*ir.Value{x, g.constant(tensor.Shape{out, k})}
	if g.pick("bias", 2) == 0 {
		inputs = append(inputs, g.constant(tensor.Shape{out}))
	}
	g.emit("FULLY_CONNECTED", &op.FullyConnected{KeepNumDims: g.pick("keep", 2) == 0}, inputs...)
}

// padded adds a PAD, and a convolution without padding behind it.
func (g *randomGraph) padded() {
	x := g.image()
	if x == nil {
		return
	}
	a, b := int32(g.pick("before", 3)), int32(g.pick("after", 3))
	y := g.emit("PAD", nil, x, g.ints(tensor.Shape{4, 2}, 0, 0, a, b, a, b, 0, 0))
	if y == nil {
		return
	}
	k, stride, in := 1+g.pick("window", 3), 1+g.pick("stride", 2), x.Type.Shape[3]
	g.emit("CONV_2D", &op.Conv2D{Padding: op.Valid, StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1}, y, g.constant(tensor.Shape{2, k, k, in}), nil)
}

func (g *randomGraph) pooled() {
	if x := g.image(); x != nil {
		g.emit([]string{"MAX_POOL_2D", "AVERAGE_POOL_2D"}[g.pick("pool", 2)], &op.Pool2D{StrideH: 1, StrideW: 1, FilterH: 2, FilterW: 2}, x)
	}
}

// reshaped flattens all but the first dimension, adds a dimension, or splits the last one in two.
func (g *randomGraph) reshaped() {
	x := g.some(0)
	s := x.Type.Shape
	if len(s) == 1 || slices.Contains(s[1:], -1) {
		return
	}
	var want []int32
	switch g.pick("reshape", 3) {
	case 0:
		want = []int32{-1, int32(s[1:].Elements())}
	case 1:
		want = []int32{-1, 1}
		for _, d := range s[1:] {
			want = append(want, int32(d))
		}
	default:
		last := s[len(s)-1]
		if last%2 != 0 || len(s) > 4 {
			return
		}
		want = []int32{-1}
		for _, d := range s[1 : len(s)-1] {
			want = append(want, int32(d))
		}
		want = append(want, int32(last/2), 2)
	}
	if len(want) > 5 {
		return
	}
	g.emit("RESHAPE", &op.Reshape{}, x, g.ints(tensor.Shape{len(want)}, want...))
}

func (g *randomGraph) transposed() {
	x := g.some(0)
	perm := []int32{0, 1, 2, 3, 4, 5}[:min(6, len(x.Type.Shape))]
	perm = slices.Clone(perm)
	switch g.pick("perm", 3) {
	case 0:
		if len(perm) == 4 {
			copy(perm, []int32{0, 2, 3, 1})
		}
	case 1:
		if len(perm) == 4 {
			copy(perm, []int32{0, 3, 1, 2})
		}
	default:
		i, j := g.pick("i", len(perm)), g.pick("j", len(perm))
		perm[i], perm[j] = perm[j], perm[i]
	}
	g.emit("TRANSPOSE", nil, x, g.ints(tensor.Shape{len(perm)}, perm...))
}

// dilated adds a convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, with a constant added in between or not.
func (g *randomGraph) dilated() {
	x := g.image()
	if x == nil {
		return
	}
	b := int32(2 + g.pick("block", 2))
	block := g.ints(tensor.Shape{2}, b, b)
	p, q := int32(g.pick("before", 4)), int32(g.pick("after", 4))
	c, d := int32(g.pick("crop", 2)), int32(g.pick("crop2", 2))
	y := g.emit("SPACE_TO_BATCH_ND", nil, x, block, g.ints(tensor.Shape{2, 2}, p, q, p, q))
	if y == nil {
		return
	}
	y = g.emit("CONV_2D", &op.Conv2D{Padding: op.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, y, g.constant(tensor.Shape{2, 2, 2, x.Type.Shape[3]}), nil)
	if y == nil {
		return
	}
	if g.pick("between", 2) == 0 {
		y = g.emit("ADD", &op.Arith{}, y, g.constant(tensor.Shape{2}))
	}
	g.emit("BATCH_TO_SPACE_ND", nil, y, block, g.ints(tensor.Shape{2, 2}, c, d, c, d))
}

func (g *randomGraph) joined() {
	x, y := g.image(), g.image()
	if x != nil && y != nil {
		g.emit("CONCATENATION", &op.Concat{Axis: 3}, x, y)
	}
}

func (g *randomGraph) reduced() {
	x := g.some(0)
	rank := len(x.Type.Shape)
	axes := []int32{int32(rank - 1)}
	if rank == 4 {
		axes = []int32{1, 2}
	}
	name := []string{"MEAN", "SUM", "REDUCE_MAX"}[g.pick("reduce", 3)]
	if rank > 1 {
		g.emit(name, &op.Reduce{KeepDims: g.pick("keep", 2) == 0}, x, g.ints(tensor.Shape{len(axes)}, axes...))
	}
}

// repeated adds a number, or a value with dimensions of 1, that is repeated to the shape of another value, and a sum of both.
func (g *randomGraph) repeated() {
	x, y := g.some(0), g.some(0)
	s := g.emit("SHAPE", &op.Shape{OutType: tensor.Int32}, x)
	if s == nil {
		return
	}
	wide := g.emit("BROADCAST_TO", nil, y, s)
	if g.pick("fill", 2) == 0 {
		wide = g.emit("FILL", nil, s, g.constant(tensor.Shape{}))
	}
	if wide != nil {
		g.emit("MUL", &op.Fused{}, wide, x)
	}
}

// swish adds x times x + 3, limited to 6, over 6.
func (g *randomGraph) swish() {
	x := g.some(0)
	scalar := func(f float32) *ir.Value { return g.graph.AddConst("c", tensor.F32(tensor.Shape{}, f)) }
	y := g.emit("RELU6", nil, g.emit("ADD", &op.Arith{}, x, scalar(3)))
	g.emit("MUL", &op.Fused{}, g.emit("MUL", &op.Fused{}, x, y), scalar(float32(1)/6))
}

// rows adds a difference to the mean of rows, as normalization of layers begins.
func (g *randomGraph) rows() {
	x := g.some(0)
	mean := g.emit("MEAN", &op.Reduce{KeepDims: true}, x, g.ints(tensor.Shape{1}, -1))
	if mean == nil {
		return
	}
	d := g.emit("SUB", &op.Arith{}, x, mean)
	g.emit("MEAN", &op.Reduce{KeepDims: true}, g.emit("SQUARE", nil, d), g.ints(tensor.Shape{1}, -1))
}

// selected adds a selection between two values by constant truth values.
func (g *randomGraph) selected() {
	x, y := g.some(0), g.some(0)
	truth := make([]bool, max(1, x.Type.Shape[len(x.Type.Shape)-1]))
	for i := range truth {
		truth[i] = g.pick("truth", 2) == 0
	}
	g.emit("SELECT_V2", nil, g.graph.AddConst("b", tensor.Of(tensor.Bool, tensor.Shape{len(truth)}, truth)), x, y)
}
