package pass

import (
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestImportKeepsValuesOfRandomLayouts is TestImportKeepsValuesOfRandomGraphs for graphs in which elements are mostly moved: images as NCHW, heads of attention,
// repetitions, slices.
func TestImportKeepsValuesOfRandomLayouts(t *testing.T) {
	importKeepsValues(t, (*randomGraph).layoutStep)
}

func (g *randomGraph) layoutStep() {
	steps := []func(){
		g.nchw, g.nchw, g.nchw, g.unary, g.withConstant, g.binary, g.binary, g.anyPad, g.anySlice, g.anyStrided, g.anySplit, g.anyJoin, g.anyGather, g.anyReduce,
		g.shuffled, g.upsampled, g.transposed, g.transposed, g.reshaped, g.product, g.byChannel, g.rowwise, g.squeezed, g.centered,
	}
	steps[g.pick("step", len(steps))]()
}

// ranked returns a value and its rank, which is at least 2.
func (g *randomGraph) ranked() (*ir.Value, int) {
	x := g.some(0)
	if rank := len(x.Type.Shape); rank >= 2 {
		return x, rank
	}
	return nil, 0
}

// nchw adds what wants NHWC between two transposes.
func (g *randomGraph) nchw() {
	x := g.some(4)
	if x == nil || x.Type.Shape[1] < 0 {
		return
	}
	y := g.emit("TRANSPOSE", nil, x, g.ints(tensor.Shape{4}, 0, 2, 3, 1))
	switch g.pick("inner", 3) {
	case 0:
		y = g.emit("MAX_POOL_2D", &op.Pool2D{StrideH: 1, StrideW: 1, FilterH: 2, FilterW: 2}, y)
	default:
		out := 1 + g.pick("channels", 4)
		y = g.emit("CONV_2D", &op.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, y, g.constant(tensor.Shape{out, 1, 1, x.Type.Shape[1]}), nil)
	}
	if y != nil {
		g.emit("TRANSPOSE", nil, y, g.ints(tensor.Shape{4}, 0, 3, 1, 2))
	}
}

func (g *randomGraph) byChannel() {
	if x := g.some(4); x != nil && x.Type.Shape[1] > 0 {
		shape := tensor.Shape{x.Type.Shape[1], 1, 1}
		if g.pick("four", 2) == 0 {
			shape = append(tensor.Shape{1}, shape...)
		}
		name := []string{"ADD", "MUL", "PRELU"}[g.pick("op", 3)]
		g.emit(name, binaryAttr(name), x, g.constant(shape))
	}
}

func (g *randomGraph) anyPad() {
	x, rank := g.ranked()
	if x == nil {
		return
	}
	pads := make([]int32, 2*rank)
	for i := range pads {
		pads[i] = int32(g.pick("pad", 4) / 3)
	}
	p := g.ints(tensor.Shape{rank, 2}, pads...)
	if g.pick("mode", 3) == 0 {
		g.emit("MIRROR_PAD", &op.MirrorPad{Mode: op.Symmetric}, x, p)
	} else {
		g.emit("PADV2", nil, x, p, g.constant(tensor.Shape{}))
	}
}

func (g *randomGraph) anySlice() {
	x, rank := g.ranked()
	if x == nil {
		return
	}
	begin, size := make([]int32, rank), make([]int32, rank)
	for i := range size {
		begin[i], size[i] = int32(g.pick("begin", 5)/4), -1
	}
	g.emit("SLICE", nil, x, g.ints(tensor.Shape{rank}, begin...), g.ints(tensor.Shape{rank}, size...))
}

func (g *randomGraph) anyStrided() {
	x, rank := g.ranked()
	if x == nil {
		return
	}
	n := rank - g.pick("missing", 2)
	begin, end, step := make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range n {
		begin[i], end[i], step[i] = int32(g.pick("begin", 4)/3), int32(3+g.pick("end", 3)), int32(1+g.pick("step", 4)/3)
	}
	a := &op.StridedSlice{BeginMask: g.pick("begins", 1<<n), EndMask: g.pick("ends", 1<<n)}
	if g.pick("shrink", 4) == 0 {
		a.ShrinkAxisMask = 1 << g.pick("axis", n)
	}
	s := tensor.Shape{n}
	g.emit("STRIDED_SLICE", a, x, g.ints(s, begin...), g.ints(s, end...), g.ints(s, step...))
}

// anySplit cuts a value in two and joins the parts again, in order or not, along the same axis or another.
func (g *randomGraph) anySplit() {
	x, rank := g.ranked()
	if x == nil {
		return
	}
	axis := g.pick("axis", rank)
	if d := x.Type.Shape[axis]; d < 2 || d%2 != 0 {
		return
	}
	var shapes [2]tensor.Shape
	for w := range shapes {
		shapes[w] = g.shapes[x][w].Clone()
		shapes[w][axis] /= 2
	}
	a, b := g.value("a", tensor.Float32, shapes), g.value("b", tensor.Float32, shapes)
	g.graph.Nodes = append(g.graph.Nodes, &ir.Node{
		Op: "SPLIT", Attr: &op.Split{Count: 2}, Inputs: []*ir.Value{g.ints(tensor.Shape{}, int32(axis)), x}, Outputs: []*ir.Value{a, b},
	})
	if g.pick("swap", 2) == 0 {
		a, b = b, a
	}
	if g.pick("negate", 2) == 0 {
		a = g.emit("NEG", nil, a)
	}
	g.emit("CONCATENATION", &op.Concat{Axis: (axis + g.pick("other", 4)/3) % rank}, a, b)
}

func (g *randomGraph) anyJoin() {
	x, rank := g.ranked()
	if y := g.some(rank); x != nil && y != nil {
		g.emit("CONCATENATION", &op.Concat{Axis: -1 - g.pick("axis", rank)}, x, y)
	}
}

func (g *randomGraph) anyGather() {
	x, rank := g.ranked()
	if x == nil {
		return
	}
	axis := g.pick("axis", rank)
	d := x.Type.Shape[axis]
	if d < 1 || d > 16 {
		return
	}
	k := 1 + g.pick("each", 2)
	var index []int32
	for i := range d * k {
		index = append(index, int32(i/k))
	}
	if g.pick("reverse", 2) == 0 {
		index[0] = int32(d - 1)
	}
	g.emit("GATHER", &op.Gather{Axis: axis}, x, g.ints(tensor.Shape{len(index)}, index...))
}

func (g *randomGraph) anyReduce() {
	x, rank := g.ranked()
	if x == nil {
		return
	}
	var axes []int32
	for i := range rank {
		if g.pick("axis", 3) == 0 {
			axes = append(axes, int32(i-rank*g.pick("negative", 2)))
		}
	}
	if len(axes) == rank {
		axes = axes[1:]
	}
	name := []string{"MEAN", "REDUCE_MAX", "REDUCE_MIN"}[g.pick("reduce", 3)]
	y := g.emit(name, &op.Reduce{KeepDims: g.pick("keep", 2) == 0}, x, g.ints(tensor.Shape{len(axes)}, axes...))
	if y != nil && x.Type.Shape[0] < 0 && len(y.Type.Shape) > 0 && y.Type.Shape[0] < 0 && y.Type.Shape[1:].Static() {
		g.emit("RESHAPE", &op.Reshape{}, y, g.ints(tensor.Shape{4}, -1, 1, 1, int32(y.Type.Shape[1:].Elements())))
	}
}

// shuffled adds a shuffle of groups along a dimension of images.
func (g *randomGraph) shuffled() {
	x := g.some(4)
	if x == nil {
		return
	}
	axis := 1 + g.pick("axis", 3)
	d := x.Type.Shape[axis]
	if d < 2 || d%2 != 0 {
		return
	}
	var split, join, perm []int32
	for i, size := range x.Type.Shape {
		join = append(join, int32(size))
		perm = append(perm, int32(len(perm)))
		if i == axis {
			perm = append(perm, int32(i))
			perm[i] = int32(i + 1)
			split = append(split, 2, int32(size/2))
			continue
		}
		split = append(split, int32(size))
	}
	y := g.emit("RESHAPE", &op.Reshape{}, x, g.ints(tensor.Shape{5}, split...))
	if y == nil {
		return
	}
	if y = g.emit("TRANSPOSE", nil, y, g.ints(tensor.Shape{5}, perm...)); y != nil {
		g.emit("RESHAPE", &op.Reshape{}, y, g.ints(tensor.Shape{4}, join...))
	}
}

// upsampled repeats rows or columns by RESHAPE and TILE.
func (g *randomGraph) upsampled() {
	for _, axis := range []int{1, 2} {
		x := g.image()
		if x == nil || x.Type.Shape[axis] < 0 {
			return
		}
		s := x.Type.Shape
		k := 1 + g.pick("times", 3)
		in, out, times := []int32{}, []int32{}, []int32{1, 1, 1, 1, 1}
		for i, d := range s {
			in, out = append(in, int32(d)), append(out, int32(d))
			if i == axis {
				in = append(in, 1)
				out[i] *= int32(k)
			}
		}
		times[axis+1-g.pick("tiles", 4)/3] = int32(k)
		y := g.emit("RESHAPE", &op.Reshape{}, x, g.ints(tensor.Shape{5}, in...))
		if y == nil {
			return
		}
		if y = g.emit("TILE", nil, y, g.ints(tensor.Shape{5}, times...)); y != nil {
			g.emit("RESHAPE", &op.Reshape{}, y, g.ints(tensor.Shape{4}, out...))
		}
	}
}

// product multiplies matrices, the second one transposed before or a constant, and transposes the result, or not.
func (g *randomGraph) product() {
	x, rank := g.ranked()
	if x == nil || x.Type.Shape[rank-1] < 0 {
		return
	}
	k := x.Type.Shape[rank-1]
	a := &op.BatchMatMul{AdjY: g.pick("adj", 2) == 0}
	y := g.constant(tensor.Shape{k, k})
	if g.pick("square", 2) == 0 {
		y, a.AdjY = x, true
	}
	z := g.emit("BATCH_MATMUL", a, x, y)
	if z != nil && g.pick("transpose", 2) == 0 {
		perm := make([]int32, rank)
		for i := range perm {
			perm[i] = int32(i)
		}
		perm[rank-1], perm[rank-2] = int32(rank-2), int32(rank-1)
		g.emit("TRANSPOSE", nil, z, g.ints(tensor.Shape{rank}, perm...))
	}
}

func (g *randomGraph) rowwise() {
	x := g.some(0)
	g.emit("SOFTMAX", &op.Softmax{Beta: 1}, x)
}

// squeezed flattens the middle of images, as NCHW ones are before their channels are put last.
func (g *randomGraph) squeezed() {
	x := g.some(4)
	if x == nil || !x.Type.Shape[1:].Static() {
		return
	}
	s := x.Type.Shape
	y := g.emit("RESHAPE", &op.Reshape{}, x, g.ints(tensor.Shape{3}, -1, int32(s[1]), int32(s[2]*s[3])))
	if y != nil {
		g.emit("TRANSPOSE", nil, y, g.ints(tensor.Shape{3}, 0, 2, 1))
	}
}

// centered normalizes by statistics along the last axis.
func (g *randomGraph) centered() {
	x := g.some(0)
	mean := g.emit("MEAN", &op.Reduce{KeepDims: true}, x, g.ints(tensor.Shape{1}, -1))
	if mean == nil {
		return
	}
	s := g.emit("LOGISTIC", nil, mean)
	m := g.emit("MUL", &op.Fused{}, s, mean)
	d := g.emit("SUB", &op.Arith{}, g.constant(tensor.Shape{}), m)
	g.emit("ADD", &op.Arith{}, g.emit("MUL", &op.Fused{}, x, s), d)
}
