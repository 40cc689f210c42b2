package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchResize finds RESIZE_NEAREST_NEIGHBOR by whole factors, written as repetitions of rows and columns: RESHAPE and TILE, or GATHER with each index several
// times.
var matchResize = rules{"RESHAPE": {resizeNearest}, "TILE": {resizeNearest}, "GATHER": {resizeNearest}, "BROADCAST_TO": {resizeNearest}}

func resizeNearest(r *rewriter, n *ir.Node) bool {
	if n.Outputs[0].Type.DType != tensor.Float32 || len(n.Outputs[0].Type.Shape) != 4 {
		return false
	}
	chain := r.chainTo(n)
	for len(chain) > 1 {
		x, out := chain[0].Inputs[0], n.Outputs[0].Type.Shape
		if in := x.Type.Shape; len(in) == 4 && min(in[1], in[2], in[3]) > 0 && out[3] == in[3] && out[1]%in[1] == 0 && out[2]%in[2] == 0 {
			t, ok := follow(chain)
			ky, kx := out[1]/in[1], out[2]/in[2]
			if ok && t.upsamples(ky, kx) && nearestRepeats(in[1], ky) && nearestRepeats(in[2], kx) {
				r.become(n, "RESIZE_NEAREST_NEIGHBOR", &op.Resize{}, x, r.indices(n.Outputs[0].Name+"/size", out[1:3]))
				return true
			}
		}
		chain = chain[1:]
	}
	return false
}

// upsamples reports whether rows (dimension 1) are repeated ky times, columns (dimension 2) kx times, and nothing else changed, of which at least something is.
func (t *trace) upsamples(ky, kx int) bool {
	if len(t.dims) != 4 || ky*kx == 1 {
		return false
	}
	var parts []*run
	for i, dim := range t.dims {
		repeats := 1
		for _, part := range dim {
			if part.repeat {
				repeats *= part.size
			} else if parts = append(parts, part); repeats > 1 {
				return false // a repetition outside of elements
			}
		}
		if want := []int{1, ky, kx, 1}[i]; repeats != want {
			return false
		}
	}
	return slices.Equal(parts, t.source)
}
