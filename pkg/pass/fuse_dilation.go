package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// fuseDilation makes a convolution of interleaved images a dilated one:
//
//	SPACE_TO_BATCH_ND > (a dimension of 1 added) > convolution > (it is removed) > (PAD) > (ADD of a constant) > BATCH_TO_SPACE_ND
//
// The batch, and the size of images, may be unknown. Where the paddings are those of SAME or VALID nothing else remains; else a PAD.
var fuseDilation = rules{"BATCH_TO_SPACE_ND": {dilate}}

// interleaved is a chain that dilate has found.
type interleaved struct {
	split, widen, conv, narrow, pad, add *ir.Node // SPACE_TO_BATCH_ND to ADD; all but split and conv may be nil
	addend                               int      // the constant's place in add
	axis                                 int      // the dimension that widen adds
	block                                []int    // by spatial dimension of split
	before, after                        []int    // how much of zero surrounds the images, once the crops are taken off
}

func dilate(r *rewriter, n *ir.Node) bool {
	c, ok := r.interleaved(n)
	if !ok {
		return false
	}
	x := c.split.Inputs[0]
	attr := cloneAttr(c.conv.Attr)
	s := slidingOf(attr)
	skip := len(s.dilation) - len(c.block) // 1 where the images are rows
	same, valid := true, true
	for i, b := range c.block {
		*s.dilation[skip+i] = b
		total := (c.conv.Inputs[1].Type.Shape[1+skip+i] - 1) * b
		same = same && c.before[i]+c.after[i] == total && c.before[i] == total/2
		valid = valid && c.before[i] == 0 && c.after[i] == 0
	}
	if same && !valid && !onlyOnes(c.conv.Inputs[1].Type.Shape[1:1+skip]) {
		same = false // the rows' own dimension is not padded
	}
	switch {
	case valid:
	case same:
		*s.padding = op.Same
	default:
		x = r.padded(n, x, c.before, c.after)
	}
	if c.widen != nil {
		shape := slices.Insert(x.Type.Shape.Clone(), c.axis, 1)
		x = r.reshaped(n, x, c.widen.Outputs[0].Name, shape, c.axis)
	}
	inputs := slices.Clone(c.conv.Inputs)
	inputs[0] = x
	result := n.Outputs[0].Type
	if c.narrow != nil {
		result.Shape = slices.Insert(result.Shape.Clone(), c.axis, 1)
	}
	v := r.value(c.conv.Outputs[0].Name, result)
	r.before(n, &ir.Node{Op: c.conv.Op, Attr: attr, Inputs: inputs, Outputs: []*ir.Value{v}})
	if c.narrow != nil {
		v = r.reshaped(n, v, c.narrow.Outputs[0].Name, n.Outputs[0].Type.Shape, -1-c.axis)
	}
	last := n.Inputs[0]
	if c.add != nil {
		operands := []*ir.Value{v, v}
		operands[c.addend] = c.add.Inputs[c.addend]
		w := r.value(c.add.Outputs[0].Name, n.Outputs[0].Type)
		r.before(n, &ir.Node{Op: "ADD", Attr: c.add.Attr, Inputs: operands, Outputs: []*ir.Value{w}})
		v = w
	}
	r.absorb(r.maker[v], n)
	r.drop(r.maker[last])
	return true
}

// interleaved reads the chain that ends in a BATCH_TO_SPACE_ND.
func (r *rewriter) interleaved(n *ir.Node) (c interleaved, ok bool) {
	block, ok1 := ints(n.Inputs[1])
	crops, ok2 := ints(n.Inputs[2])
	if !ok1 || !ok2 || len(crops) != 2*len(block) || !unquantized(n) || n.Outputs[0].Type.Unranked {
		return c, false
	}
	crops = slices.Clone(crops)
	v := n.Inputs[0]
	if m := r.only(v, "ADD"); m != nil && float32s(m) {
		for i, a := range m.Inputs {
			t := m.Inputs[1-i].Type
			if t.Unranked || len(t.Shape) == 0 {
				continue
			}
			if _, ok := channelwise(a, t.Shape[len(t.Shape)-1], t); ok {
				c.add, c.addend, v = m, i, m.Inputs[1-i]
				break
			}
		}
	}
	if m := r.only(v, "PAD"); m != nil {
		list, ok := ints(m.Inputs[1])
		if !ok || len(list) != 2*(len(block)+2) || list[0] != 0 || list[1] != 0 || list[len(list)-2] != 0 || list[len(list)-1] != 0 {
			return c, false
		}
		for i, b := range block { // what was added is cropped again
			crops[2*i] -= b * list[2+2*i]
			crops[2*i+1] -= b * list[3+2*i]
			if crops[2*i] < 0 || crops[2*i+1] < 0 {
				return c, false
			}
		}
		c.pad, v = m, m.Inputs[0]
	}
	if m := r.only(v, "SQUEEZE", "RESHAPE"); m != nil {
		if c.axis, ok = oneMore(m, m.Outputs[0].Type, m.Inputs[0].Type); !ok {
			return c, false
		}
		c.narrow, v = m, m.Inputs[0]
	}
	c.conv = r.only(v, "CONV_2D", "DEPTHWISE_CONV_2D")
	if c.conv == nil || !float32s(c.conv) || *slidingOf(c.conv.Attr).padding != op.Valid {
		return c, false
	}
	if s := slidingOf(c.conv.Attr); *s.dilation[0] != 1 || *s.dilation[1] != 1 || *s.strides[0] != 1 || *s.strides[1] != 1 {
		return c, false
	}
	v = c.conv.Inputs[0]
	if c.narrow != nil {
		m := r.only(v, "EXPAND_DIMS", "RESHAPE")
		if m == nil {
			return c, false
		}
		if axis, ok := oneMore(m, m.Inputs[0].Type, m.Outputs[0].Type); !ok || axis != c.axis || axis != 1 {
			return c, false
		}
		c.widen, v = m, m.Inputs[0]
	}
	c.split = r.only(v, "SPACE_TO_BATCH_ND")
	if c.split == nil || !unquantized(c.split) || c.split.Inputs[0].Type.Unranked || len(block) != 2 && c.narrow == nil {
		return c, false
	}
	c.block, ok1 = ints(c.split.Inputs[1])
	surround, ok2 := ints(c.split.Inputs[2])
	if !ok1 || !ok2 || !slices.Equal(c.block, block) || len(surround) != len(crops) {
		return c, false
	}
	for i := range block {
		c.before = append(c.before, surround[2*i]-crops[2*i])
		c.after = append(c.after, surround[2*i+1]-crops[2*i+1])
		if c.before[i] < 0 || c.after[i] < 0 {
			return c, false
		}
	}
	return c, true
}

// oneMore returns the place of the dimension of 1 that u has and t has not, the operand and the result of m, or the other way round. Others are the same.
func oneMore(m *ir.Node, t, u ir.Type) (axis int, ok bool) {
	if !keepsUnknown(m) || t.Unranked || u.Unranked || len(u.Shape) != len(t.Shape)+1 {
		return 0, false
	}
	const at = 1 // where a row becomes an image of height 1
	rest := slices.Delete(u.Shape.Clone(), at, at+1)
	return at, u.Shape[at] == 1 && rest.Equal(t.Shape)
}

// keepsUnknown reports whether the unknown dimensions of m's result are those of its operand: RESHAPE may exchange them if there are several.
func keepsUnknown(m *ir.Node) bool {
	unknown := 0
	for _, d := range m.Outputs[0].Type.Shape {
		if d < 0 {
			unknown++
		}
	}
	return m.Op != "RESHAPE" || unknown <= 1
}

// padded inserts a PAD of the spatial dimensions of x in front of at, and returns its result.
func (r *rewriter) padded(at *ir.Node, x *ir.Value, before, after []int) *ir.Value {
	shape := x.Type.Shape.Clone()
	list := make([]int32, 2*len(shape))
	for i := range before {
		list[2+2*i], list[3+2*i] = int32(before[i]), int32(after[i])
		if shape[1+i] >= 0 {
			shape[1+i] += before[i] + after[i]
		}
	}
	v := r.value(x.Name+"/pad", ir.Type{DType: x.Type.DType, Shape: shape})
	amounts := r.constant(v.Name+"/paddings", tensor.I32(tensor.Shape{len(shape), 2}, list...))
	r.before(at, &ir.Node{Op: "PAD", Inputs: []*ir.Value{x, amounts}, Outputs: []*ir.Value{v}})
	return v
}

// reshaped inserts a node in front of at that gives x the given shape: a RESHAPE, or where too many dimensions are unknown for that one that adds a dimension of 1 at
// axis, or removes the one at -1-axis.
func (r *rewriter) reshaped(at *ir.Node, x *ir.Value, name string, shape tensor.Shape, axis int) *ir.Value {
	v := r.value(name, ir.Type{DType: x.Type.DType, Shape: shape})
	list, unknown := make([]int32, len(shape)), 0
	for i, d := range shape {
		if list[i] = int32(d); d < 0 {
			unknown++
		}
	}
	n := &ir.Node{Inputs: []*ir.Value{x}, Outputs: []*ir.Value{v}}
	switch {
	case unknown <= 1:
		n.Op, n.Attr = "RESHAPE", &op.Reshape{}
		n.Inputs = append(n.Inputs, r.constant(name+"/shape", tensor.I32(tensor.Shape{len(list)}, list...)))
	case axis >= 0:
		n.Op = "EXPAND_DIMS"
		n.Inputs = append(n.Inputs, r.constant(name+"/axis", tensor.I32(tensor.Shape{}, int32(axis))))
	default:
		n.Op, n.Attr = "SQUEEZE", &op.Squeeze{Dims: []int{-1 - axis}}
	}
	r.before(at, n)
	return v
}
