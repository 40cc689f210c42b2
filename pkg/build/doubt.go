package build

import (
	"bytes"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// deciding lists operators whose results may be equal in both worlds although they depend on what differs: 320 and 448 are both more than 100.
var deciding = []string{
	"EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "MAXIMUM", "MINIMUM", "FLOOR_MOD", "SIGN",
	"REDUCE_MAX", "REDUCE_MIN", "ARG_MAX", "ARG_MIN",
}

// doubt makes those elements of the result of a deciding operator differ that are equal, but not because the operands are.
func (b *Builder) doubt(n *ir.Node, in [2][]*tensor.Tensor, x, y *tensor.Tensor) {
	if !slices.Contains(deciding, n.Op) || !x.Known() || !y.Known() || len(x.Data) != len(y.Data) {
		return
	}
	size := x.DType.Size()
	for i := range x.Elements() {
		if !bytes.Equal(x.Data[i*size:(i+1)*size], y.Data[i*size:(i+1)*size]) || !differs(in, i, x.Elements()) {
			continue
		}
		p := b.state.freshProbe()
		switch x.DType {
		case tensor.Bool:
			x.Data[i], y.Data[i] = 0, 1
		case tensor.Int32:
			tensor.View[int32](x)[i], tensor.View[int32](y)[i] = int32(p[0]), int32(p[1])
		case tensor.Int64:
			tensor.View[int64](x)[i], tensor.View[int64](y)[i] = int64(p[0]), int64(p[1])
		default:
			x.Data, y.Data = nil, nil
			return
		}
	}
}

// doubtSlice makes the sizes of a slice differ that are equal because both worlds are large enough: x[:100] of an unknown dimension has at most 100 rows. So it does with
// empty ones: x[5000:] of what both worlds are too small for. Slices of one row are taken to
// exist.
func (b *Builder) doubtSlice(n *ir.Node, in [2][]*tensor.Tensor, x, y *tensor.Tensor) {
	attr, ok := n.Attr.(*op.StridedSlice)
	if !ok || n.Op != "STRIDED_SLICE" || len(x.Shape) != len(y.Shape) {
		return
	}
	result := 0
	for axis, d := range in[0][0].Shape {
		if attr.ShrinkAxisMask>>axis&1 != 0 {
			continue
		}
		if result >= len(x.Shape) {
			return
		}
		if d != in[1][0].Shape[axis] && x.Shape[result] == y.Shape[result] && x.Shape[result] != 1 {
			p := b.state.freshProbe()
			x.Shape, y.Shape = x.Shape.Clone(), y.Shape.Clone()
			x.Shape[result], y.Shape[result] = p[0], p[1]
			x.Data, y.Data = nil, nil
		}
		result++
	}
}

// differs reports whether an operand differs between the worlds in what element i of n follows from.
func differs(in [2][]*tensor.Tensor, i, n int) bool {
	for j, x := range in[0] {
		y := in[1][j]
		if x == y {
			continue
		}
		if x.Elements() != n || y.Elements() != n || !x.Known() || !y.Known() {
			if !x.Shape.Equal(y.Shape) || !bytes.Equal(x.Data, y.Data) {
				return true
			}
			continue
		}
		if size := x.DType.Size(); !bytes.Equal(x.Data[i*size:(i+1)*size], y.Data[i*size:(i+1)*size]) {
			return true
		}
	}
	return false
}
