package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// dropCopy removes operators whose result is an operand: slices of everything, paddings and repetitions of nothing, reductions over no axes, joins and cuts
// of one part, and the like.
var dropCopy = rules{
	"SLICE": identity(wholeSlice), "STRIDED_SLICE": append(identity(wholeStridedSlice), sliceOfOne),
	"PAD": identity(constantly(0)), "PADV2": identity(constantly(0)), "MIRROR_PAD": identity(constantly(0)),
	"TILE": identity(constantly(1)), "BROADCAST_TO": identity(sameStatic),
	"MEAN": identity(noAxes), "SUM": identity(noAxes), "REDUCE_MAX": identity(noAxes), "REDUCE_MIN": identity(noAxes), "REDUCE_PROD": identity(noAxes),
	"REDUCE_ANY": identity(noAxes), "REDUCE_ALL": identity(noAxes), "REVERSE_V2": identity(noAxes),
	"CUMSUM": identity(shortCumsum), "GATHER": identity(wholeGather),
	"GATHER_ND":       {gatherRange},
	"RESIZE_BILINEAR": identity(sameStatic), "RESIZE_NEAREST_NEIGHBOR": identity(sameStatic),
	"CONCATENATION": {concatOfOne, concatOfNothing}, "PACK": {packOfOne}, "SPLIT": {splitInOne}, "SPLIT_V": {splitInOne}, "UNPACK": {unpackOfOne},
}

// identity is the rule that removes nodes whose result is input 0 if same says so.
func identity(same func(n *ir.Node, x, out ir.Type) bool) []rule {
	return []rule{func(r *rewriter, n *ir.Node) bool {
		x := n.Inputs[0]
		return x != nil && !x.Type.Unranked && same(n, x.Type, n.Outputs[0].Type) && r.bypass(n, x)
	}}
}

func wholeSlice(n *ir.Node, x, _ ir.Type) bool {
	begin, ok1 := ints(n.Inputs[1])
	size, ok2 := ints(n.Inputs[2])
	if !ok1 || !ok2 || len(size) != len(x.Shape) || !all(begin, 0) {
		return false
	}
	for i, s := range size {
		if s != -1 && s != x.Shape[i] {
			return false
		}
	}
	return true
}

func wholeStridedSlice(n *ir.Node, x, _ ir.Type) bool {
	a := n.Attr.(*op.StridedSlice)
	begin, ok1 := ints(n.Inputs[1])
	end, ok2 := ints(n.Inputs[2])
	stride, ok3 := ints(n.Inputs[3])
	if !ok1 || !ok2 || !ok3 || !all(stride, 1) || len(begin) != len(stride) || len(end) != len(stride) || len(stride) > len(x.Shape) {
		return false
	}
	if a.EllipsisMask != 0 || a.NewAxisMask != 0 || a.ShrinkAxisMask != 0 || a.Offset {
		return false
	}
	for i := range stride {
		first := a.BeginMask>>i&1 != 0 || begin[i] == 0
		last := a.EndMask>>i&1 != 0 || end[i] >= 1<<31-1 || x.Shape[i] >= 0 && end[i] >= x.Shape[i]
		if !first || !last {
			return false
		}
	}
	return true
}

// sliceOfOne makes STRIDED_SLICE a RESHAPE where it takes everything, and only drops dimensions of 1.
func sliceOfOne(r *rewriter, n *ir.Node) bool {
	x, out, a := n.Inputs[0], n.Outputs[0], n.Attr.(*op.StridedSlice)
	begin, ok1 := ints(n.Inputs[1])
	stride, ok2 := ints(n.Inputs[3])
	if !ok1 || !ok2 || !all(stride, 1) || x.Type.Unranked || len(begin) > len(x.Type.Shape) || a.ShrinkAxisMask == 0 || a.EllipsisMask|a.NewAxisMask != 0 || a.Offset {
		return false
	}
	rest, unknown := *n, 0
	whole := *a
	whole.ShrinkAxisMask = 0
	for i := range begin {
		if a.ShrinkAxisMask>>i&1 == 0 {
			continue
		}
		if x.Type.Shape[i] != 1 || begin[i] != 0 && begin[i] != -1 {
			return false
		}
		whole.BeginMask |= 1 << i
		whole.EndMask |= 1 << i
	}
	rest.Attr = &whole
	for _, d := range out.Type.Shape {
		if d < 0 {
			unknown++
		}
	}
	if unknown > 1 || !wholeStridedSlice(&rest, x.Type, out.Type) {
		return false
	}
	r.become(n, "RESHAPE", &op.Reshape{}, x, r.indices(out.Name+"/shape", out.Type.Shape))
	return true
}

// constantly is the condition that all elements of operand 1 are want.
func constantly(want int) func(*ir.Node, ir.Type, ir.Type) bool {
	return func(n *ir.Node, _, _ ir.Type) bool {
		list, ok := ints(n.Inputs[1])
		return ok && all(list, want)
	}
}

func sameStatic(_ *ir.Node, x, out ir.Type) bool { return sameShape(x, out) }

// noAxes holds if all axes in operand 1 are of dimensions that are 1, none included, and the rank stays.
func noAxes(n *ir.Node, x, out ir.Type) bool {
	axes, ok := axesOf(n.Inputs[1], len(x.Shape))
	return ok && len(out.Shape) == len(x.Shape) && !slices.ContainsFunc(axes, func(a int) bool { return x.Shape[a] != 1 })
}

func shortCumsum(n *ir.Node, x, out ir.Type) bool {
	return noAxes(n, x, out) && !n.Attr.(*op.Cumsum).Exclusive
}

// wholeGather holds if the indices are 0, 1, 2 and so on up to the last of the axis.
func wholeGather(n *ir.Node, x, _ ir.Type) bool {
	a := n.Attr.(*op.Gather)
	index := n.Inputs[1]
	axis, err := tensor.Axis(a.Axis, len(x.Shape))
	if err != nil || a.BatchDims != 0 || index.Const == nil || len(index.Type.Shape) != 1 || x.Shape[axis] != index.Type.Shape[0] {
		return false
	}
	list, ok := ints(index)
	for i, v := range list {
		ok = ok && i == v
	}
	return ok
}

// gatherRange makes GATHER_ND of consecutive rows a SLICE, and drops it where these are all rows.
func gatherRange(r *rewriter, n *ir.Node) bool {
	x, index := n.Inputs[0], n.Inputs[1]
	list, ok := ints(index)
	if s := index.Type.Shape; !ok || len(s) != 2 || s[1] != 1 || len(list) == 0 || x.Type.Unranked || len(x.Type.Shape) == 0 {
		return false
	}
	for i, v := range list {
		if v != list[0]+i {
			return false
		}
	}
	if rows := x.Type.Shape[0]; list[0] < 0 || rows < list[0]+len(list) {
		return false
	} else if len(list) == rows {
		return r.bypass(n, x)
	}
	if !slices.Contains(sliceTypes, x.Type.DType) {
		return false
	}
	begin, size := make([]int, len(x.Type.Shape)), make([]int, len(x.Type.Shape))
	for i := range size {
		size[i] = -1
	}
	begin[0], size[0] = list[0], len(list)
	name := n.Outputs[0].Name
	r.become(n, "SLICE", nil, x, r.indices(name+"/begin", begin), r.indices(name+"/size", size))
	return true
}

// sliceTypes are the element types of SLICE.
var sliceTypes = []tensor.DType{tensor.Float32, tensor.Int8, tensor.UInt8, tensor.Int32, tensor.Int64, tensor.UInt32, tensor.Bool}

func concatOfOne(r *rewriter, n *ir.Node) bool {
	return len(n.Inputs) == 1 && activationOf(n) == op.None && r.bypass(n, n.Inputs[0])
}

// concatOfNothing leaves out operands without elements.
func concatOfNothing(r *rewriter, n *ir.Node) bool {
	axis, err := tensor.Axis(n.Attr.(*op.Concat).Axis, len(n.Outputs[0].Type.Shape))
	if err != nil {
		return false
	}
	kept := slices.DeleteFunc(slices.Clone(n.Inputs), func(v *ir.Value) bool { return axis < len(v.Type.Shape) && v.Type.Shape[axis] == 0 })
	if len(kept) == len(n.Inputs) || len(kept) == 0 {
		return false
	}
	old := n.Inputs
	r.setInputs(n, kept...)
	r.release(old)
	return true
}

func packOfOne(r *rewriter, n *ir.Node) bool { return len(n.Inputs) == 1 && r.asReshape(n) }

func splitInOne(r *rewriter, n *ir.Node) bool {
	x := n.Inputs[0]
	if n.Op == "SPLIT" {
		x = n.Inputs[1]
	}
	return len(n.Outputs) == 1 && r.bypass(n, x)
}

func unpackOfOne(r *rewriter, n *ir.Node) bool { return len(n.Outputs) == 1 && r.asReshape(n) }

// asReshape makes n a RESHAPE of its first operand.
func (r *rewriter) asReshape(n *ir.Node) bool {
	shape, ok := openShape(n.Outputs[0].Type)
	if ok {
		r.toReshape(n, n.Inputs[0], shape)
	}
	return ok
}
