package kernel

import "math"

// F32PoolSpec is the geometry of a pool over NHWC images. Positions outside the image take no part; every window must hold one inside.
type F32PoolSpec struct {
	Window
	C     int
	Clamp F32Clamp
}

// poolMode is what a pool does with the values of a window.
type poolMode uint8

const (
	poolSum     poolMode = iota // sum in the order of the window's rows, each row from the left
	poolSquares                 // likewise the squares, by fused multiply-adds
	poolMax                     // the first greatest; a NaN is the greatest
)

// F32AvgPool stores the mean of every window of in, [N, H, W, C], in out, [N, OH, OW, C]: the sum divided by the number of
// positions inside the image.
func F32AvgPool(out, in []float32, s F32PoolSpec) error { return f32Pool(out, in, &s, poolSum) }

// F32L2Pool stores the root of the mean square of every window of in, [N, H, W, C], in out, [N, OH, OW, C].
func F32L2Pool(out, in []float32, s F32PoolSpec) error { return f32Pool(out, in, &s, poolSquares) }

// F32MaxPool stores the maximum of every window of in, [N, H, W, C], in out, [N, OH, OW, C]. It is NaN where the window holds one.
func F32MaxPool(out, in []float32, s F32PoolSpec) error { return f32Pool(out, in, &s, poolMax) }

func f32Pool(out, in []float32, s *F32PoolSpec, mode poolMode) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := checkImages(s.Window, s.C, s.C); err != nil {
		return err
	}
	if err := s.checkInside(); err != nil {
		return err
	}
	bounds := s.Clamp.bounds()
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.C
	for range batches(len(in), inSize, len(out), outSize) {
		for y := range s.OH {
			for x := range s.OW {
				acc := out[(y*s.OW+x)*s.C:][:s.C]
				n := s.pool(acc, in[:inSize], y, x, mode)
				finish(acc, float32(n), mode)
				if s.Clamp.On {
					for i, v := range acc {
						acc[i] = limit(v, &bounds)
					}
				}
			}
		}
		in, out = in[inSize:], out[outSize:]
	}
	return nil
}

// finish makes results of folded windows of n positions.
func finish(acc []float32, n float32, mode poolMode) {
	switch mode {
	case poolSum:
		for i, v := range acc {
			acc[i] = v / n
		}
	case poolSquares:
		for i, v := range acc {
			acc[i] = F32Sqrt(v / n)
		}
	case poolMax:
	}
}

// pool folds the window of output (y, x) into acc and returns the number of positions inside the image.
func (s *F32PoolSpec) pool(acc, in []float32, y, x int, mode poolMode) (n int) {
	first := float32(0)
	if mode == poolMax {
		first = float32(math.Inf(-1))
	}
	for i := range acc {
		acc[i] = first
	}
	top, left := y*s.StrideH-s.Top, x*s.StrideW-s.Left
	ky, rows := within(top, s.DilationH, s.KH, s.H)
	kx, cols := within(left, s.DilationW, s.KW, s.W)
	for iy := top + ky*s.DilationH; n < rows*cols; iy += s.DilationH {
		for i := range cols {
			ix := left + (kx+i)*s.DilationW
			fold(acc, in[(iy*s.W+ix)*s.C:][:s.C], mode)
		}
		n += cols
	}
	return n
}

// foldGeneric takes x into acc. It defines what all variants compute.
func foldGeneric(acc, x []float32, mode poolMode) {
	x = x[:len(acc)]
	switch mode {
	case poolSum:
		for i, v := range x {
			acc[i] += v
		}
	case poolSquares:
		fmaProducts(acc, x, x)
	case poolMax:
		for i, v := range x {
			if v > acc[i] || v != v {
				acc[i] = v
			}
		}
	}
}
