package op

import (
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// sliding is one dimension along which a window slides.
type sliding struct{ size, window, stride, dilation int }

// cover lays the window over its dimension: it returns the number of its positions, and how much is padded before the first.
func (o *operands) cover(p Padding, d sliding) (positions, before int) {
	if d.stride < 1 || d.dilation < 1 || d.window < 1 || d.size < 1 {
		o.fail("a window of %d with stride %d and dilation %d can't slide over %d", d.window, d.stride, d.dilation, d.size)
		return 1, 0
	}
	span := (d.window-1)*d.dilation + 1
	switch p {
	case Same:
		positions = (d.size + d.stride - 1) / d.stride
	case Valid:
		positions = (d.size - span + d.stride) / d.stride
	default:
		o.fail("padding %v is not known", p)
	}
	if positions < 1 || d.size < span && p == Valid {
		o.fail("a window of %d is larger than %d", span, d.size)
		return 1, 0
	}
	return positions, max(0, (positions-1)*d.stride+span-d.size) / 2
}

// window2D lays a window over the rows and columns of a shape [N, H, W, C].
func (o *operands) window2D(p Padding, shape tensor.Shape, rows, cols sliding) kernel.Window {
	w := kernel.Window{
		H: shape[1], W: shape[2], KH: rows.window, KW: cols.window,
		StrideH: rows.stride, StrideW: cols.stride, DilationH: rows.dilation, DilationW: cols.dilation,
	}
	rows.size, cols.size = w.H, w.W
	w.OH, w.Top = o.cover(p, rows)
	w.OW, w.Left = o.cover(p, cols)
	return w
}
