package kernel

// IntPoolSpec is the geometry of a pool over int8 or int16 NHWC images. Positions outside the image take no part; every window must hold one inside.
// Results are limited to [Lo, Hi].
type IntPoolSpec struct {
	Window
	C      int
	Lo, Hi int32
}

// IntAvgPool stores the mean of every window of in, [N, H, W, C], in out, [N, OH, OW, C], rounded to the nearest, halves away from zero.
func IntAvgPool[T int8 | int16](out, in []T, s IntPoolSpec) error {
	return intPool(out, in, &s, poolSum)
}

// IntMaxPool stores the greatest element of every window of in, [N, H, W, C], in out, [N, OH, OW, C].
func IntMaxPool[T int8 | int16](out, in []T, s IntPoolSpec) error {
	return intPool(out, in, &s, poolMax)
}

func intPool[T int8 | int16](out, in []T, s *IntPoolSpec, mode poolMode) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := checkImages(s.Window, s.C, s.C); err != nil {
		return err
	}
	if err := s.checkInside(); err != nil {
		return err
	}
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.C
	bytes, isInt8 := any(in).([]int8)
	results, _ := any(out).([]int8)
	bounds := newS8Limits(s.Lo, s.Hi)
	for i := range batches(len(in), inSize, len(out), outSize) {
		for pixel := range s.OH * s.OW {
			if isInt8 {
				w := s.seen(pixel/s.OW, pixel%s.OW, s.C)
				if s8PoolPixel(mode, results[i*outSize+pixel*s.C:], bytes[i*inSize+w.at:], s.C, &w, &bounds) {
					continue
				}
			}
			for c := 0; c < s.C; c += s8Channels {
				var memory [s8Channels]int32
				acc := memory[:min(s8Channels, s.C-c)]
				poolOf(s, acc, in[c:inSize], pixel/s.OW, pixel%s.OW, mode)
				to := out[pixel*s.C+c:][:len(acc)]
				for i, v := range acc {
					to[i] = T(min(max(v, s.Lo), s.Hi))
				}
			}
		}
		in, out = in[inSize:], out[outSize:]
	}
	return nil
}

// poolOf stores in acc what the window of output (y, x) makes of as many channels, the first of which in starts with.
func poolOf[T int8 | int16](s *IntPoolSpec, acc []int32, in []T, y, x int, mode poolMode) {
	if mode == poolMax {
		least, _ := limits[T]()
		for i := range acc {
			acc[i] = int32(least)
		}
	}
	n := int32(0)
	for t := range s.taps() {
		off := s.offset(y, x, t, s.C)
		if off < 0 {
			continue
		}
		n++
		pixel := in[off:][:len(acc)]
		if mode == poolMax {
			for i, v := range pixel {
				acc[i] = max(acc[i], int32(v))
			}
			continue
		}
		for i, v := range pixel {
			acc[i] += int32(v)
		}
	}
	if mode == poolMax {
		return
	}
	for i, v := range acc {
		half := n / 2
		if v <= 0 {
			half = -half
		}
		acc[i] = (v + half) / n
	}
}
