package kernel

import (
	"fmt"
	"slices"
	"unsafe"
)

// hybridRight is the right operand of a product whose left one is floats that are quantized as they come: int8 weights of zero point 0, and a scale for each column.
type hybridRight struct {
	right s8Right
	sums  []int32 // of the weights of each column
	scale []float32
}

// newHybridRight packs n columns of k weights, which lie row and column apart in weights. There is one scale, or one for each column.
func newHybridRight(k, n int, weights []int8, row, column int, scale []float32) (hybridRight, error) {
	if err := checkLen("weights", len(weights), k*n); err != nil {
		return hybridRight{}, err
	}
	scale, _, err := hybridChannels(n, scale, nil)
	if err != nil {
		return hybridRight{}, err
	}
	h := packHybrid(k, n, s8Weights{weights, row, column})
	h.scale = scale
	return h, nil
}

// packHybrid packs n columns of k weights, without a scale.
func packHybrid(k, n int, w s8Weights) hybridRight {
	h := hybridRight{right: newS8Right(s8FormNow(), k, n, w, nil, 0, 0), sums: make([]int32, n)}
	for c := range h.sums {
		for i := range k {
			h.sums[c] += int32(w.data[i*w.row+c*w.column])
		}
	}
	return h
}

// hybridChannels returns copies of the scale, which may be one for all, and of the bias, which may be nil, of n channels.
func hybridChannels(n int, scale, bias []float32) (scales, biases []float32, err error) {
	if scales = slices.Clone(repeated(scale, n)); len(scales) != n {
		return nil, nil, fmt.Errorf("kernel: %d scales for %d channels", len(scale), n)
	}
	biases = make([]float32, n)
	if bias != nil && len(bias) != n {
		return nil, nil, checkLen("bias", len(bias), n)
	}
	copy(biases, bias)
	return scales, biases, nil
}

// scratch returns how many float32 multiply needs.
func (h *hybridRight) scratch() int { return bytesIn32(h.right.k) + h.right.stripScratch(s8Strip) }

// stripScratch returns how many float32 a strip of so many rows and its sums with a panel take.
func (r *s8Right) stripScratch(rows int) int {
	return bytesIn32(rows*r.leftRow()) + rows*r.form.wide + 1
}

// cutWork divides memory of stripScratch elements.
func (r *s8Right) cutWork(scratch []float32, rows int) (w s8Work) {
	w.strip, scratch = cut[byte](scratch, rows*r.leftRow())
	w.sums, scratch = cut[int32](scratch, rows*r.form.wide)
	w.terms, _ = cut[int32](scratch, 1)
	return w
}

// bytesIn32 returns how many float32 have the memory of n bytes.
func bytesIn32(n int) int { return (n + 3) / 4 }

// cut takes memory for n elements of another type from scratch, and returns the rest.
func cut[T int8 | byte | int16 | int32](scratch []float32, n int) ([]T, []float32) {
	var x T
	words := bytesIn32(n * int(unsafe.Sizeof(x)))
	if n == 0 {
		return nil, scratch
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(scratch[:words]))), n), scratch[words:]
}

// add adds to out the products of rows with n columns from one on, which their sums make: sum * (scale of the row * scale of the weights). A row of out is outRow behind the one
// before, one of sums sumsRow.
func (h *hybridRight) add(out []float32, outRow int, sums []int32, sumsRow, n, first int, rows []hybridAffine) {
	weights, scale := h.sums[first:][:n], h.scale[first:][:n]
	done := hybridAddRows(out, outRow, sums, sumsRow, n, weights, scale, rows)
	if done == n {
		return
	}
	for i := range rows {
		to, from, a := out[i*outRow:][:n], sums[i*sumsRow:][:n], &rows[i]
		for c := done; c < n; c++ {
			to[c] += float32(float32(from[c]-a.zero*weights[c]) * float32(a.scale*scale[c]))
		}
	}
}

// scaled stores sum * scale of the weights * scale of the row + bias for n columns, from the given one on, of rows; a row of out is outRow behind the one before, one of sums
// sumsRow.
func (h *hybridRight) scaled(out []float32, outRow int, sums []int32, sumsRow, rows, n int, bias []float32, first int, a *hybridAffine) {
	bias, weights, scale := bias[:n], h.sums[first:][:n], h.scale[first:][:n]
	done := hybridScaleRows(out, outRow, sums, sumsRow, rows, n, weights, scale, bias, a)
	if done == n {
		return
	}
	for i := range rows {
		to, from := out[i*outRow:][:n], sums[i*sumsRow:][:n]
		for c := done; c < n; c++ {
			x := float32(float32(from[c]-a.zero*weights[c]) * scale[c])
			to[c] = float32(x*a.scale) + bias[c]
		}
	}
}

// multiply adds the products of m rows of in, which follow each other, to out. Each row is quantized on its own.
func (h *hybridRight) multiply(out, in []float32, m int, asymmetric bool, scratch []float32) {
	r := &h.right
	k, n, step := r.k, r.n, r.leftRow()
	row, scratch := cut[int8](scratch, k)
	work := r.cutWork(scratch, s8Strip)
	var affine [s8Strip]hybridAffine
	for i := 0; i < m; i += s8Strip {
		count := min(s8Strip, m-i)
		for j := range count {
			x := in[(i+j)*k:][:k]
			affine[j] = newHybridAffine(x, asymmetric)
			affine[j].quantize(row, x)
			r.form.copy(work.strip[j*step:], step, row, k, k, 1)
		}
		for c := 0; c < n; {
			width := r.panel(&work, count, c)
			h.add(out[i*n+c:], n, work.sums, width, min(width, n-c), c, affine[:count])
			c += width
		}
	}
}
