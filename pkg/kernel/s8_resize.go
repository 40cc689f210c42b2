package kernel

// resizeUnit is 1 in the integers that ResizeBilinear computes with.
const resizeUnit = 1 << 10

// unit returns the original's pixels for each of the result's, in 1/resizeUnit, rounded.
func (r Resize) unit(in, out int) int {
	if r.AlignCorners && out > 1 {
		in, out = in-1, out-1
	}
	return (resizeUnit*in + out/2) / out
}

// bracketUnits returns the two original pixels around pixel i of the result, and the weight of the second in 1/resizeUnit.
func (r Resize) bracketUnits(i, in, scale int) (lower, upper, weight int) {
	at := i * scale
	if r.HalfPixelCenters {
		at += scale/2 - resizeUnit/2
	}
	at = min(at, (in-1)*resizeUnit)
	lower = max(at/resizeUnit, 0)
	upper = min((at+resizeUnit-1)/resizeUnit, in-1)
	return lower, upper, at - lower*resizeUnit
}

// ResizeBilinear scales int8 or int16 NHWC images of the given shape to outH x outW pixels, each the weighted sum of the four around its place, in integers, rounded to
// the nearest, halves away from zero.
func ResizeBilinear[T int8 | int16](dst, src []T, shape []int, outH, outW int, r Resize) {
	n, h, w, c := shape[0], shape[1], shape[2], shape[3]
	scaleY, scaleX := r.unit(h, outH), r.unit(w, outW)
	bytes, isInt8 := any(src).([]int8)
	results, _ := any(dst).([]int8)
	for b := range n {
		image := src[b*h*w*c : (b+1)*h*w*c]
		for y := range outH {
			y0, y1, wy := r.bracketUnits(y, h, scaleY)
			for x := range outW {
				x0, x1, wx := r.bracketUnits(x, w, scaleX)
				ul, ll := image[(y0*w+x0)*c:][:c], image[(y1*w+x0)*c:][:c]
				ur, lr := image[(y0*w+x1)*c:][:c], image[(y1*w+x1)*c:][:c]
				w00, w10, w01, w11 := (resizeUnit-wy)*(resizeUnit-wx), wy*(resizeUnit-wx), (resizeUnit-wy)*wx, wy*wx
				out := dst[:c]
				dst = dst[c:]
				if isInt8 {
					place := bytes[b*h*w*c:]
					pixels := [4][]int8{place[(y0*w+x0)*c:][:c], place[(y1*w+x0)*c:][:c], place[(y0*w+x1)*c:][:c], place[(y1*w+x1)*c:][:c]}
					if s8BilinearPixel(results[((b*outH+y)*outW+x)*c:][:c], &pixels, &[4]int32{int32(w00), int32(w10), int32(w01), int32(w11)}) {
						continue
					}
				}
				for i := range out {
					sum := int(ul[i])*w00 + int(ll[i])*w10 + int(ur[i])*w01 + int(lr[i])*w11
					half := resizeUnit * resizeUnit / 2
					if sum <= 0 {
						half = -half
					}
					out[i] = T((sum + half) / (resizeUnit * resizeUnit))
				}
			}
		}
	}
}
