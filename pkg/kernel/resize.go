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
	to := 0
	for b := range n {
		for y := range outH {
			row := (b*h + r.nearest(y, h, scaleY)) * w
			for x := range outW {
				from := (row + r.nearest(x, w, scaleX)) * c
				to += copy(dst[to:to+c], src[from:from+c])
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

// F32ResizeBilinear scales NHWC images of the given shape to outH x outW pixels, each the weighted sum of the four around its place: upper left, lower
// left, upper right and lower right, added in this order, each times the product of its row's and its column's weight. All is computed in float32.
func F32ResizeBilinear(dst, src []float32, shape []int, outH, outW int, r Resize) {
	n, h, w, c := shape[0], shape[1], shape[2], shape[3]
	scaleY, scaleX := r.scale(h, outH), r.scale(w, outW)
	for b := range n {
		image := src[b*h*w*c : (b+1)*h*w*c]
		for y := range outH {
			y0, y1, wy0, wy1 := r.bracket(y, h, scaleY)
			for x := range outW {
				x0, x1, wx0, wx1 := r.bracket(x, w, scaleX)
				ul, ll := image[(y0*w+x0)*c:][:c], image[(y1*w+x0)*c:][:c]
				ur, lr := image[(y0*w+x1)*c:][:c], image[(y1*w+x1)*c:][:c]
				w00, w10, w01, w11 := float32(wy0*wx0), float32(wy1*wx0), float32(wy0*wx1), float32(wy1*wx1)
				out := dst[:c]
				for i := range out {
					out[i] = float32(ul[i]*w00) + float32(ll[i]*w10) + float32(ur[i]*w01) + float32(lr[i]*w11)
				}
				dst = dst[c:]
			}
		}
	}
}
