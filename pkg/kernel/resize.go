package kernel

import "math"

// Resize is how a resized image's pixels find their places in the original: at most one of the two is set, but for ResizeNearest, which takes both.
type Resize struct {
	AlignCorners     bool // the corners' centers lie on each other
	HalfPixelCenters bool // pixels are squares whose centers lie half a pixel from their corner
}

// scale returns the original's pixels for each of the result's.
func (r Resize) scale(in, out int) float32 {
	if r.AlignCorners && out > 1 {
		return float32(in-1) / float32(out-1)
	}
	return float32(in) / float32(out)
}

// nearest returns the original pixel of pixel i of the result.
func (r Resize) nearest(i, in int, scale float32) int {
	x := float32(i)
	if r.HalfPixelCenters {
		x += 0.5
	}
	at := float64(x * scale)
	if r.AlignCorners {
		at = math.Round(at)
	}
	return max(0, min(int(math.Floor(at)), in-1))
}

// ResizeNearest scales NHWC images of the given shape to outH x outW pixels, each the nearest of the original.
func ResizeNearest(dst, src []byte, size int, shape []int, outH, outW int, r Resize) {
	n, h, w, c := shape[0], shape[1], shape[2], size*shape[3]
	scaleY, scaleX := r.scale(h, outH), r.scale(w, outW)
	for b := range n {
		last := -1 // the row of the original that the row before shows
		for y := range outH {
			row, out := b*h+r.nearest(y, h, scaleY), dst[(b*outH+y)*outW*c:][:outW*c]
			if row == last {
				copy(out, dst[(b*outH+y-1)*outW*c:])
				continue
			}
			last = row
			for x := range outW {
				from := (row*w + r.nearest(x, w, scaleX)) * c
				copy(out[x*c:(x+1)*c], src[from:])
			}
		}
	}
}

// bracket returns the two original pixels around pixel i of the result, and the weights of both.
func (r Resize) bracket(i, in int, scale float32) (lower, upper int, wl, wu float32) {
	x := float32(i) * scale
	if r.HalfPixelCenters {
		x = float32((float32(i)+0.5)*scale) - 0.5
	}
	lower = max(0, min(int(math.Floor(float64(x))), in-1))
	upper = max(0, min(int(math.Ceil(float64(x))), in-1))
	wu = x - float32(lower)
	return lower, upper, 1 - wu, wu
}
