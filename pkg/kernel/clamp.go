package kernel

import "sync"

// Clamp stores src limited to [lo, hi] in dst, which may be src. A NaN stays; a zero of either sign stays where a limit is zero.
func Clamp[T Number](dst, src []T, lo, hi T) {
	if vectorUnary(clampUnary, dst, src, lo, hi) {
		return
	}
	each(dst, src, func(x T) T {
		if x < lo {
			x = lo
		}
		if x > hi {
			x = hi
		}
		return x
	})
}

// clampRun is the number of elements that are computed before they are limited or looked at, while they are in the cache.
const clampRun = 2048

// BinaryClamp is Binary with the result limited to [lo, hi] as by Clamp. dst must not overlap an operand unless both have its shape.
func BinaryClamp[T Number](dst []T, a []T, aShape []int, b []T, bShape []int, row Row[T, T], lo, hi T) {
	binaryParts(dst, a, aShape, b, bShape, row, func(part []T) { Clamp(part, part, lo, hi) })
}

// F32BinaryScan is Binary, or BinaryClamp, whose result scan sees.
func F32BinaryScan(dst []float32, a []float32, aShape []int, b []float32, bShape []int, row Row[float32, float32], c F32Clamp, scan *F32Scan) {
	binaryParts(dst, a, aShape, b, bShape, row, func(part []float32) {
		if c.On {
			Clamp(part, part, c.Lo, c.Hi)
		}
		scan.Include(part)
	})
}

// binaryParts is Binary that calls finish for each part of the result as soon as it is computed.
func binaryParts[T Number](dst []T, a []T, aShape []int, b []T, bShape []int, row Row[T, T], finish func(part []T)) {
	if len(dst) <= clampRun && isRow(dst, a, b) {
		row(dst, a, b)
		finish(dst)
		return
	}
	p := broadcast(aShape, bShape)
	if k := p.each(); k >= 0 {
		if dst, ok := any(dst).([]float32); ok {
			operands := [2][]float32{any(a).([]float32), any(b).([]float32)}
			f32Each(dst, operands, &p, k, any(row).(Row[float32, float32]), any(finish).(func([]float32)))
			return
		}
	}
	n, width := p.lines()
	size := clampRun
	if line := min(width[0], width[1]); line < n {
		size -= size % line // whole lines
	}
	var index dims
	var at [3]int
	from := 0 // what is computed and not finished yet
	for i := 0; i < len(dst); i += n {
		ra, rb := a[at[0]:at[0]+width[0]], b[at[1]:at[1]+width[1]]
		for j := 0; j < n; j += size {
			end := min(j+size, n)
			row(dst[i+j:i+end], part(ra, j, end, n), part(rb, j, end, n))
			if i+end-from >= size || i+end == len(dst) {
				finish(dst[from : i+end])
				from = i + end
			}
		}
		p.next(&index, &at)
	}
}

// spreads are memory in which each element is repeated for a line; stores may pass the last line by less than a vector.
var spreads = sync.Pool{New: func() any { return new([clampRun + channelBlock]float32) }}

// f32Each is binaryParts where operand k has one element for each line.
func f32Each(dst []float32, operands [2][]float32, p *walk, k int, row Row[float32, float32], finish func(part []float32)) {
	r := p.rank
	line, lines, step := p.size[r-1], p.size[r-2], p.step[k][r-2]
	whole := p.step[1-k][r-2] != 0
	p.rank--
	memory := spreads.Get().(*[clampRun + channelBlock]float32)
	defer spreads.Put(memory)
	most := clampRun / line // lines at a time
	var index dims
	var at [3]int
	from := 0 // what is computed and not finished yet
	for i := 0; i < len(dst); {
		for j := 0; j < lines; j += most {
			n := min(most, lines-j) * line
			spreadLines(memory[:], operands[k][at[k]+j*step:], step, line, n/line)
			x := operands[1-k][at[1-k]:]
			if whole {
				x = x[j*line:][:n]
			} else {
				x = x[:line]
			}
			if k == 0 {
				row(dst[i:i+n], memory[:n], x)
			} else {
				row(dst[i:i+n], x, memory[:n])
			}
			i += n
			if i-from >= clampRun/2 || i == len(dst) {
				finish(dst[from:i])
				from = i
			}
		}
		p.next(&index, &at)
	}
}

// spreadLinesGeneric repeats each of some elements, step apart, for a line.
func spreadLinesGeneric(dst, src []float32, step, line, lines int) {
	for i := range lines {
		x := src[i*step]
		for j := range dst[i*line:][:line] {
			dst[i*line+j] = x
		}
	}
}

// part returns elements of a run of n, or all of an operand that is repeated.
func part[T any](x []T, from, to, n int) []T {
	if len(x) < n {
		return x
	}
	return x[from:to]
}
