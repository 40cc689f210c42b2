package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Rows says how a node's one float32 result is computed some rows at a time, in ascending order, which gives the same as all at once. A row is what lies at one
// index of a tensor's row axis, the first one that has more than one element.
//
// An executor that computes a chain of operators so, a few rows of each in turn, finds its operands in the cache.
type Rows struct {
	// Sliced operands, and the result, are given as tensors of those rows alone; one that has a single row is always given whole. If no operand is
	// sliced the kernel gets whole tensors, operand 0 as far as it is computed, and goes by Call.From and Call.To.
	Sliced func(operand int) bool
	// Grain is the number of rows of which a multiple is computed fastest.
	Grain int
	// Ready returns how many rows of the result follow from the first rows of operand 0, where no operand is sliced.
	Ready func(rows int) int
}

// rowsOf is the field Rows of an operator.
type rowsOf = func(n *ir.Node, in, out []*tensor.Tensor) *Rows

// RowAxis returns the first axis of a shape that has more than one element, or -1.
func RowAxis(s tensor.Shape) int {
	for i, d := range s {
		if d != 1 {
			return i
		}
	}
	return -1
}

// elementwise is the Rows of an operator whose elements each follow from one element of every operand.
func elementwise(_ *ir.Node, in, out []*tensor.Tensor) *Rows {
	if !allFloat32(in) || !allFloat32(out) {
		return nil
	}
	return &Rows{Sliced: func(int) bool { return true }, Grain: 1}
}

// rowwise is the Rows of a layer over rows: each row of the result follows from the row of operand 0.
func rowwise(_ *ir.Node, in, out []*tensor.Tensor) *Rows {
	if !allFloat32(in[:1]) || !allFloat32(out) || !in[1].Known() || len(in) > 2 && in[2] != nil && !in[2].Known() {
		return nil
	}
	x, axis := in[0].Shape, RowAxis(out[0].Shape)
	if axis < 0 || axis == len(out[0].Shape)-1 {
		return nil
	}
	if a := RowAxis(x); a < 0 || len(x)-a != len(out[0].Shape)-axis || x[a] != out[0].Shape[axis] {
		return nil
	}
	return &Rows{Sliced: func(i int) bool { return i == 0 }, Grain: kernel.RowGrain(out[0].Shape[axis+1 : len(out[0].Shape)-1].Elements())}
}

// windowRows is the Rows of an operator whose windows slide over one image: the rows of its result are the image's. grain is Rows.Grain.
func windowRows(w *kernel.Window, in, out []*tensor.Tensor, grain int) *Rows {
	if in[0].Shape[0] != 1 || w.H < 2 || w.OH < 2 || !allFloat32(out) {
		return nil
	}
	return &Rows{Grain: grain, Ready: w.Ready}
}

func allFloat32(tensors []*tensor.Tensor) bool {
	for _, t := range tensors {
		if t == nil || t.DType != tensor.Float32 {
			return false
		}
	}
	return true
}
