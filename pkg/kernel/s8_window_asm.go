//go:build (amd64 || arm64) && !purego

package kernel

// s8Block is the number of channels that variants join side by side.
const s8Block = 16

// s8Limits are least and greatest results.
type s8Limits [2 * s8Block]int8

func newS8Limits(lo, hi int32) (l s8Limits) {
	fillZero(l[:s8Block], lo)
	fillZero(l[s8Block:], hi)
	return l
}

// s8PoolPixel joins a window of a part of an image by a variant, and reports whether there is one. in and out begin with the first of the channels, and go on with what is behind them:
// results of pixels to come may be written, and of these anything.
func s8PoolPixel(mode poolMode, out, in []int8, channels int, w *poolWindow, l *s8Limits) bool {
	const most = 255 // elements whose sum is one of 16 bits
	reach := max(channels, s8Block)
	if !variants() || len(out) < reach || mode == poolSum && w.rows*w.cols > most {
		return false
	}
	last := (w.rows-1)*w.rowStep + (w.cols-1)*w.colStep
	if last+reach > len(in) {
		return false
	}
	count, half := float32(w.rows*w.cols), float32(w.rows*w.cols/2)
	for at := 0; at < channels; {
		n := max(1, (channels-at)/s8Block)
		at = max(0, min(at, channels-s8Block)) // what the last block shares with the one before comes out the same
		if mode == poolMax {
			s8PoolMaxAsm(n, &in[at], w.rows, w.cols, w.rowStep, w.colStep, &out[at], &l[0], count, half)
		} else {
			s8PoolMeanAsm(n, &in[at], w.rows, w.cols, w.rowStep, w.colStep, &out[at], &l[0], count, half)
		}
		at += n * s8Block
	}
	return true
}

// s8SumLines adds as many of the first elements of lines as are whole blocks to sums, and returns their number.
func s8SumLines(acc []int32, src []int8, step, lines int) int {
	blocks := len(acc) / s8Block
	if !variants() || blocks == 0 || lines == 0 {
		return 0
	}
	_ = src[(lines-1)*step+blocks*s8Block-1]
	s8SumLinesAsm(&acc[0], blocks, &src[0], step, lines)
	return blocks * s8Block
}

// s8BilinearPixel stores the sum of four pixels by weights, by a variant, and reports whether there is one.
func s8BilinearPixel(out []int8, pixels *[4][]int8, weights *[4]int32) bool {
	const block = 8
	if !variants() || len(out) < block {
		return false
	}
	for _, p := range pixels {
		_ = p[len(out)-1]
	}
	for at := 0; at < len(out); {
		n := max(1, (len(out)-at)/block)
		at = min(at, len(out)-block)
		s8BilinearAsm(&out[at], &pixels[0][at], &pixels[1][at], &pixels[2][at], &pixels[3][at], n, &weights[0])
		at += n * block
	}
	return true
}
