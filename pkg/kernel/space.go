package kernel

// SpaceToDepth moves blocks of block x block pixels of an NHWC tensor into its channels, a block's rows first. The shape is src's; block
// divides its height and width.
func SpaceToDepth(dst, src []byte, size int, shape []int, block int) {
	n, h, w, c := shape[0], shape[1]/block, shape[2]/block, shape[3]
	var s strided
	out := strides([]int{n, h, w, block, block, c})
	s.axis(n, out[0], h*block*w*block*c)
	s.axis(h, out[1], block*w*block*c)
	s.axis(w, out[2], block*c)
	s.axis(block, out[3], w*block*c)
	s.axis(block*c, out[5], 1)
	s.copy(dst, src, size, 0, 0)
}

// DepthToSpace is the inverse of SpaceToDepth. The shape is src's; block² divides its channels.
func DepthToSpace(dst, src []byte, size int, shape []int, block int) {
	n, h, w, c := shape[0], shape[1], shape[2], shape[3]/(block*block)
	var s strided
	in := strides([]int{n, h, w, block, block, c})
	s.axis(n, h*block*w*block*c, in[0])
	s.axis(h, block*w*block*c, in[1])
	s.axis(w, block*c, in[2])
	s.axis(block, w*block*c, in[3])
	s.axis(block*c, 1, in[5])
	s.copy(dst, src, size, 0, 0)
}

// inBlock returns the offset along each axis of the position inside a block with the given row-major index.
func inBlock(block []int, index int) (at dims) {
	for i := len(block) - 1; i >= 0; i-- {
		at[i] = index % block[i]
		index /= block[i]
	}
	return at
}

// within returns the first k >= 0 and the number of k below n for which base + k*step lies in [0, limit).
func within(base, step, n, limit int) (first, count int) {
	if base < 0 {
		first = (-base + step - 1) / step
	}
	end := 0
	if limit > base {
		end = (limit - base + step - 1) / step
	}
	return first, max(0, min(end, n)-first)
}

// SpaceToBatchND moves the pixels of every block along the axes 1 to len(block) into the batch, after padding src with before[i] and after[i] elements of
// value there. The shape is src's. Batch b of phase p is batch p*shape[0]+b of the result.
func SpaceToBatchND(dst, src []byte, size int, shape, block, before, after []int, value []byte) {
	Fill(dst, value)
	in := strides(shape)
	var outShape dims
	copy(outShape[:], shape)
	for i, b := range block {
		outShape[1+i] = (before[i] + shape[1+i] + after[i]) / b
	}
	out := strides(outShape[:len(shape)])
	batch := shape[0] * out[0]
	for p := range elements(block) {
		at := inBlock(block, p)
		var s strided
		to, from := p*batch, 0
		s.axis(shape[0], out[0], in[0])
		for i, b := range block {
			base := at[i] - before[i]
			first, n := within(base, b, outShape[1+i], shape[1+i])
			to += first * out[1+i]
			from += (base + first*b) * in[1+i]
			s.axis(n, out[1+i], b*in[1+i])
		}
		s.axis(in[len(block)], 1, 1)
		s.copy(dst, src, size, to, from)
	}
}

// BatchToSpaceND is the inverse of SpaceToBatchND: it spreads the batch over blocks along the axes 1 to len(block), then removes before[i] and after[i]
// elements there. The shape is src's.
func BatchToSpaceND(dst, src []byte, size int, shape, block, before, after []int) {
	in := strides(shape)
	batch := shape[0] / elements(block)
	var outShape dims
	copy(outShape[:], shape)
	outShape[0] = batch
	for i, b := range block {
		outShape[1+i] = shape[1+i]*b - before[i] - after[i]
	}
	out := strides(outShape[:len(shape)])
	for p := range elements(block) {
		at := inBlock(block, p)
		var s strided
		to, from := 0, p*batch*in[0]
		s.axis(batch, out[0], in[0])
		for i, b := range block {
			base := at[i] - before[i]
			first, n := within(base, b, shape[1+i], outShape[1+i])
			to += (base + first*b) * out[1+i]
			from += first * in[1+i]
			s.axis(n, b*out[1+i], in[1+i])
		}
		s.axis(in[len(block)], 1, 1)
		s.copy(dst, src, size, to, from)
	}
}
