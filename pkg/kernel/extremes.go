package kernel

// f32ReduceLines is F32Reduce, but for products, of n elements that follow each other.
func f32ReduceLines(dst, src []float32, n int, fold Fold) {
	if fold <= MeanOf {
		f32SumLines(dst, src, n, fold)
		return
	}
	extremes(dst, src, n, fold)
	for i, x := range dst {
		if x == 0 {
			dst[i] = lastZero(src[i*n:][:n], 1)
		}
	}
}

// f32ReduceRows is F32Reduce, but for products, of groups of rows of n elements.
func f32ReduceRows(dst, src []float32, rows, n int, fold Fold) {
	if fold <= MeanOf {
		f32SumRows(dst, src, rows, n, fold)
		return
	}
	for ; len(dst) > 0; dst, src = dst[n:], src[rows*n:] {
		if shortRowExtremes(dst[:n], src[:rows*n], rows, fold) {
			continue
		}
		for at := 0; at < n; at += clampRun {
			block := dst[at:min(at+clampRun, n)]
			copy(block, src[at:])
			for k := 1; k < rows; k++ {
				joinExtremes(block, src[k*n+at:][:len(block)], fold)
			}
		}
	}
}

// joinExtremes stores the greater, or the lesser, one of dst[i] and x[i] in dst[i]: x[i] of equals.
func joinExtremes(dst, x []float32, fold Fold) {
	if fold == MaxOf {
		Maximum(dst, dst, x)
	} else {
		Minimum(dst, dst, x)
	}
}

// shortRowExtremes joins rows of len(dst) elements, several at a time, if they are so short and so many that this is faster, and reports that.
func shortRowExtremes(dst, src []float32, rows int, fold Fold) bool {
	var joined [256]float32
	n := len(dst)
	line := n
	for 2*line <= min(len(joined), len(src)/2) {
		line *= 2
	}
	if line == n {
		return false
	}
	copy(joined[:line], src)
	for rest := src[line:]; len(rest) > 0; {
		part := rest[:min(line, len(rest))]
		joinExtremes(joined[:len(part)], part, fold)
		rest = rest[len(part):]
	}
	for ; line > n; line /= 2 {
		joinExtremes(joined[:line/2], joined[line/2:line], fold)
	}
	for i := range copy(dst, joined[:n]) {
		if dst[i] == 0 {
			dst[i] = lastZero(src[i:(rows-1)*n+i+1], n)
		}
	}
	return true
}

// extremesGeneric defines what extremes does.
func extremesGeneric(dst, x []float32, n int, fold Fold) {
	for i := range dst {
		line := x[i*n:][:n]
		dst[i] = float32(foldRun(float64(line[0]), line[1:], fold))
	}
}

// lastZero returns the last zero of x, of which every step-th element counts, the last one among them. It is what an extremum is that is zero.
func lastZero(x []float32, step int) float32 {
	for i := len(x) - 1; i >= 0; i -= step {
		if x[i] == 0 {
			return x[i]
		}
	}
	return 0
}
