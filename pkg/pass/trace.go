package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// trace says of each dimension of a value which runs of a source's elements lie along it, outermost first: parts of the source's dimensions, and repetitions.
// Runs of one element are left out.
type trace struct {
	dims   [][]*run
	source []*run // all parts of the source in order
}

// run is a part of a dimension, or a repetition.
type run struct {
	size   int // -1 if unknown
	repeat bool
}

// traced are the operators that trace follows.
var traced = []string{"RESHAPE", "EXPAND_DIMS", "SQUEEZE", "TRANSPOSE", "TILE", "BROADCAST_TO", "GATHER", "RESIZE_NEAREST_NEIGHBOR"}

// chainLimit bounds the chains that are traced.
const chainLimit = 12

// chainTo lists nodes that only move and repeat elements, the last of which is n, and each but the first of which is the only reader of the one before it.
func (r *rewriter) chainTo(n *ir.Node) []*ir.Node {
	list := []*ir.Node{n}
	for len(list) < chainLimit {
		before := r.only(list[0].Inputs[0], traced...)
		if before == nil {
			break
		}
		list = slices.Insert(list, 0, before)
	}
	return list
}

// follow returns the trace of the result of the last of a chain of nodes, from the operand of the first.
func follow(nodes []*ir.Node) (*trace, bool) {
	x := nodes[0].Inputs[0]
	if x.Type.Unranked {
		return nil, false
	}
	t := &trace{}
	for _, d := range x.Type.Shape {
		t.dims = append(t.dims, nil)
		if d != 1 {
			part := &run{size: d}
			t.dims[len(t.dims)-1] = []*run{part}
			t.source = append(t.source, part)
		}
	}
	for _, n := range nodes {
		if n.Outputs[0].Type.Unranked || n.Inputs[0].Type.Unranked || !t.step(n) {
			return nil, false
		}
	}
	return t, true
}

// step follows one node.
func (t *trace) step(n *ir.Node) bool {
	in, out := n.Inputs[0].Type.Shape, n.Outputs[0].Type.Shape
	switch n.Op {
	case "RESHAPE", "EXPAND_DIMS", "SQUEEZE":
		return t.reshape(out)
	case "TRANSPOSE":
		perm, ok := permutation(n)
		if ok {
			t.dims = permuted(t.dims, perm)
		}
		return ok
	case "TILE":
		times, ok := ints(n.Inputs[1])
		if !ok || len(times) != len(t.dims) {
			return false
		}
		for i, k := range times {
			t.repeat(i, k, false)
		}
	case "BROADCAST_TO":
		if len(in) != len(out) || !out.Static() {
			return false
		}
		for i, d := range out {
			if in[i] != d && in[i] != 1 {
				return false
			} else if in[i] == 1 {
				t.repeat(i, d, false)
			}
		}
	case "GATHER":
		a := n.Attr.(*op.Gather)
		axis, err := tensor.Axis(a.Axis, len(in))
		index, ok := ints(n.Inputs[1])
		if err != nil || !ok || a.BatchDims != 0 || len(n.Inputs[1].Type.Shape) != 1 || in[axis] < 1 || len(index)%in[axis] != 0 {
			return false
		}
		k := len(index) / in[axis]
		for i, at := range index {
			if at != i/k {
				return false
			}
		}
		t.repeat(axis, k, true)
	case "RESIZE_NEAREST_NEIGHBOR":
		ky, ok1 := scales(n, in, out, 1)
		kx, ok2 := scales(n, in, out, 2)
		if !ok1 || !ok2 {
			return false
		}
		t.repeat(1, ky, true)
		t.repeat(2, kx, true)
	}
	return true
}

// scales returns how often RESIZE_NEAREST_NEIGHBOR repeats each index of a dimension, if that is the same number for all.
func scales(n *ir.Node, in, out tensor.Shape, axis int) (k int, ok bool) {
	if a := *n.Attr.(*op.Resize); a != (op.Resize{}) || len(in) != 4 || len(out) != 4 || in[axis] < 1 || out[axis]%in[axis] != 0 {
		return 0, false
	}
	k = out[axis] / in[axis]
	return k, nearestRepeats(in[axis], k)
}

// nearestRepeats reports whether the nearest neighbours of size·k indices among size, in float32 arithmetic, are each index k times.
func nearestRepeats(size, k int) bool {
	if k < 1 || size > repeatLimit/k {
		return false
	}
	scale := float32(size) / float32(size*k)
	for i := range size * k {
		if int(float32(i)*scale) != i/k {
			return false
		}
	}
	return true
}

// repeatLimit bounds the rows or columns of a resized image.
const repeatLimit = 1 << 16

// repeat repeats a dimension as a whole, or each of its elements.
func (t *trace) repeat(axis, k int, each bool) {
	if k == 1 {
		return
	}
	at := 0
	if each {
		at = len(t.dims[axis])
	}
	t.dims[axis] = slices.Insert(slices.Clone(t.dims[axis]), at, &run{size: k, repeat: true})
}

// reshape groups the runs anew, into dimensions of the given sizes of which one may be unknown, and splits runs where that is needed.
func (t *trace) reshape(shape tensor.Shape) bool {
	runs := slices.Concat(t.dims...)
	t.dims = make([][]*run, len(shape))
	first := 0
	for first < len(shape) && shape[first] >= 0 {
		if !t.take(&runs, shape[first], first, false) {
			return false
		}
		first++
	}
	for last := len(shape) - 1; last > first; last-- {
		if shape[last] < 0 || !t.take(&runs, shape[last], last, true) {
			return false
		}
	}
	if first < len(shape) {
		t.dims[first] = runs
		return true
	}
	return len(runs) == 0
}

// take gives dimension i runs from the start or the end of the list that make up size.
func (t *trace) take(runs *[]*run, size, i int, end bool) bool {
	for size != 1 {
		if len(*runs) == 0 || size == 0 {
			return false
		}
		at := 0
		if end {
			at = len(*runs) - 1
		}
		part := (*runs)[at]
		if part.size < 1 {
			return false
		}
		if part.size > size {
			if part.size%size != 0 {
				return false
			}
			outer, inner := &run{size, part.repeat}, &run{part.size / size, part.repeat}
			if end {
				outer.size, inner.size = inner.size, outer.size
			}
			*runs = replaced(*runs, part, outer, inner)
			t.source = replaced(t.source, part, outer, inner)
			for j := range t.dims {
				t.dims[j] = replaced(t.dims[j], part, outer, inner)
			}
			continue
		}
		if size%part.size != 0 {
			return false
		}
		size /= part.size
		*runs = slices.Delete(slices.Clone(*runs), at, at+1)
		if end {
			t.dims[i] = slices.Insert(t.dims[i], 0, part)
		} else {
			t.dims[i] = append(t.dims[i], part)
		}
	}
	return true
}

// replaced returns list with two runs in the place of one, if it is there.
func replaced(list []*run, old, a, b *run) []*run {
	i := slices.Index(list, old)
	if i < 0 {
		return list
	}
	return slices.Concat(list[:i], []*run{a, b}, list[i+1:])
}
