package kernel

// Fill repeats value over dst, whose length is a multiple of value's.
func Fill(dst, value []byte) {
	if len(dst) == 0 {
		return
	}
	if isZero(value) {
		clear(dst)
		return
	}
	repeatRun(dst, value)
}

func isZero(x []byte) bool {
	for _, b := range x {
		if b != 0 {
			return false
		}
	}
	return true
}

// shortLine is the number of bytes from which on lines are padded one by one.
const shortLine = 512

// Pad surrounds src with before[i] and after[i] elements of the given value along every axis i.
func Pad(dst, src []byte, size int, shape, before, after []int, value []byte) {
	// The lines of the innermost axis that is padded.
	axis := len(shape) - 1
	for axis > 0 && before[axis]+after[axis] == 0 {
		axis--
	}
	if len(shape) > 0 {
		unit := size * elements(shape[axis+1:])
		if lead, n, trail := before[axis]*unit, shape[axis]*unit, after[axis]*unit; lead+n+trail >= shortLine {
			padLines(dst, src, lead, n, trail, shape[:axis], before, after, value)
			return
		}
	}
	Fill(dst, value)
	in := strides(shape)
	var s strided
	var out dims
	to, n := 0, 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = n
		to += before[i] * n
		n *= before[i] + shape[i] + after[i]
	}
	for i, n := range shape {
		s.axis(n, out[i], in[i])
	}
	s.copy(dst, src, size, to, 0)
}

// padLines is Pad for lines of n bytes that get lead and trail bytes, along axes of the given shape.
func padLines(dst, src []byte, lead, n, trail int, shape, before, after []int, value []byte) {
	var index dims
	for line := lead + n + trail; len(dst) > 0; dst = dst[line:] {
		inside := true
		for i, size := range shape {
			inside = inside && index[i] >= before[i] && index[i] < before[i]+size
		}
		if inside {
			Fill(dst[:lead], value)
			copy(dst[lead:lead+n], src)
			Fill(dst[lead+n:line], value)
			src = src[n:]
		} else {
			Fill(dst[:line], value)
		}
		for i := len(shape) - 1; i >= 0; i-- {
			if index[i]++; index[i] < before[i]+shape[i]+after[i] {
				break
			}
			index[i] = 0
		}
	}
}

// MirrorPad surrounds src with before[i] and after[i] elements that mirror it along every axis i. The border element itself is repeated where symmetric,
// and not otherwise (REFLECT). A padding must not be longer than what can be mirrored.
func MirrorPad(dst, src []byte, size int, shape, before, after []int, symmetric bool) {
	if len(dst) == 0 {
		return
	}
	skip := 1
	if symmetric {
		skip = 0
	}
	in := strides(shape)
	var out, index dims
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = n
		n *= before[i] + shape[i] + after[i]
	}
	// Every axis falls into three parts: what is mirrored before, what is there, what is mirrored after.
	for {
		var s strided
		to, from := 0, 0
		for i, n := range shape {
			switch index[i] {
			case 0:
				from += (before[i] - 1 + skip) * in[i]
				s.axis(before[i], out[i], -in[i])
			case 1:
				to += before[i] * out[i]
				s.axis(n, out[i], in[i])
			default:
				to += (before[i] + n) * out[i]
				from += (n - 1 - skip) * in[i]
				s.axis(after[i], out[i], -in[i])
			}
		}
		s.copy(dst, src, size, to, from)
		axis := len(shape) - 1
		for ; axis >= 0; axis-- {
			if index[axis]++; index[axis] < 3 {
				break
			}
			index[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}
