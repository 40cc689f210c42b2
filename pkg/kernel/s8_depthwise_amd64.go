//go:build amd64 && !purego

package kernel

import "unsafe"

// s8Set are instructions that depthwise convolutions of int8 have kernels for.
type s8Set uint8

const (
	s8Generic s8Set = iota
	s8AVX2
	s8VNNI
)

// s8MostWidth is the number of channels of the widest block.
const s8MostWidth = 64

// s8DepthwiseSet chooses the instructions for weights.
func s8DepthwiseSet([]int8) s8Set {
	switch {
	case s8VNNI.runs():
		return s8VNNI
	case s8AVX2.runs():
		return s8AVX2
	}
	return s8Generic
}

// runs reports whether the kernels may run.
func (s s8Set) runs() bool {
	return variants() && (s == s8AVX2 || s == s8VNNI && useAVX512 && useVNNI)
}

// taps is the number of taps in a group.
func (s s8Set) taps() int {
	if s == s8VNNI {
		return 4
	}
	return 2
}

// least is the least number of channels of an image.
func (s s8Set) least() int {
	if s == s8VNNI {
		return 1 // there are masks
	}
	return 16
}

// blocks divides channels into blocks. Without masks, the last one begins earlier than the one before ends.
func (s s8Set) blocks(channels int) (all []s8DepthwiseBlock) {
	if s == s8AVX2 {
		return s8Blocks(channels, 16)
	}
	for at := 0; at < channels; {
		b := s8DepthwiseBlock{first: at, width: 64}
		if channels-at <= 32 {
			b.width = 32
		}
		b.mask = int(^uint64(0) >> (64 - min(b.width, channels-at)))
		all = append(all, b)
		at += b.width
	}
	return all
}

// pack arranges a block of channels: where sums start, and the weights, for VNNI four taps of each channel side by side, in the order of a register's
// quarters, for AVX2 two taps as int16.
func (s s8Set) pack(d *S8Depthwise, first, width int) (start []int32, weights []int8) {
	oc, taps := d.spec.outputs(), d.spec.taps()
	start = make([]int32, width)
	groups := (taps + s.taps() - 1) / s.taps()
	per := s.taps() // bytes of a channel's weights in a group
	if s == s8AVX2 {
		per *= 2
	}
	weights = make([]int8, groups*per*width)
	for lane := range width {
		c, zero := first+lane, d.spec.InZero
		if s == s8VNNI {
			// Register v holds channels 4v … 4v+3 of each 16.
			quarters := width / 16
			v, i := lane/(4*quarters), lane%(4*quarters)
			c, zero = first+i/4*16+4*v+i%4, zero+128
		}
		if c >= oc {
			continue
		}
		sum := int32(0)
		for t := range taps {
			w := d.weights[t*oc+c]
			sum += int32(w)
			at := (t/s.taps()*width + lane) * per
			if s == s8VNNI {
				weights[at+t%4] = w
			} else {
				weights[at+t%2*2], weights[at+t%2*2+1] = w, w>>7
			}
		}
		start[lane] = d.bias[c] - zero*sum
	}
	return start, weights
}

// run calls the kernel for blocks of so many channels.
func (s s8Set) run(width int, c *s8DepthwiseCall) {
	call := (*byte)(unsafe.Pointer(c))
	switch {
	case s == s8AVX2:
		s8Depthwise16AVX2(call)
	case width == 64:
		s8Depthwise64VNNI(call)
	default:
		s8Depthwise32VNNI(call)
	}
}
