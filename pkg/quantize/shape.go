package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// dims returns the dimensions that v may have: -1 where callers may resize it.
func (v *value) dims() tensor.Shape {
	if v.advertised != nil {
		return v.advertised
	}
	return v.typ.Shape
}

// static reports whether all dimensions of v are known and fixed.
func (v *value) static() bool { return !v.typ.Unranked && v.dims().Static() }

func (v *value) rank() int { return len(v.dims()) }

// lastDim returns the last dimension, -1 if it is unknown or there is none.
func (v *value) lastDim() int {
	if d := v.dims(); len(d) > 0 {
		return d[len(d)-1]
	}
	return -1
}

// sameElements reports whether both hold elements of one type, parameters included.
func sameElements(v, w *value) bool {
	if v.quantized != nil || w.quantized != nil {
		return v.quantized.Equal(w.quantized)
	}
	return v.typ.DType == w.typ.DType
}

// sameType reports whether both have one shape and elements of one type.
func sameType(v, w *value) bool {
	return !v.typ.Unranked && !w.typ.Unranked && v.dims().Equal(w.dims()) && sameElements(v, w)
}

// isTail reports whether tail's dimensions are the last ones of full's.
func isTail(tail, full tensor.Shape) bool {
	return len(tail) <= len(full) && tail.Equal(full[len(full)-len(tail):])
}

// isReducedTail reports whether the same holds for tail without its leading ones, of which something must be left.
func isReducedTail(tail, full tensor.Shape) bool {
	for len(tail) > 0 && tail[0] == 1 {
		tail = tail[1:]
	}
	return len(tail) > 0 && isTail(tail, full)
}

// ints returns the numbers of an integer constant, or nil if v is none.
func (v *value) ints() []int {
	if !v.madeBy(constant) || v.made.content == nil || v.float || v.quantized != nil {
		return nil
	}
	list, err := v.made.content.Ints()
	if err != nil {
		return nil
	}
	return list
}

// isAll reports whether v is a float constant, or an integer one, with all elements equal to x, and at least one.
func (v *value) isAll(x float32) bool {
	if list := v.ints(); len(list) > 0 {
		return !slices.ContainsFunc(list, func(e int) bool { return float32(e) != x })
	}
	list := v.floats()
	return len(list) > 0 && !slices.ContainsFunc(list, func(e float32) bool { return e != x })
}

// addInts makes an int32 constant in front of o.
func (g *graph) addInts(o *operation, name string, list []int) *value {
	t := tensor.New(tensor.Int32, tensor.Shape{len(list)})
	for i, x := range list {
		tensor.View[int32](t)[i] = int32(x)
	}
	v := &value{name: name, typ: ir.Type{DType: t.DType, Shape: t.Shape}}
	c := newOperation(constant, nil, []*value{v})
	c.content = t
	g.insertBefore(o, c)
	return v
}

// resized returns a new value with the elements of v and other dimensions.
func (v *value) resized(dims tensor.Shape) *value {
	w := v.derived(v.quantized)
	w.float, w.typ.Shape, w.advertised = v.float, dims.Clone(), nil
	return w
}
