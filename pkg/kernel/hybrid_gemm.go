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
	h := hybridRight{sums: make([]int32, n)}
	var err error
	if h.scale, _, err = hybridChannels(n, scale, nil); err != nil {
		return h, err
	}
	h.right = newS8Right(&s8Words, k, n, s8Weights{weights, row, column}, nil, 0, 0)
	for c := range h.sums {
		for i := range k {
			h.sums[c] += int32(weights[i*row+c*column])
		}
	}
	return h, nil
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

// tileScratch returns how many float32 a tile of rows takes: its integers and sums.
func (h *hybridRight) tileScratch() int { return bytesIn32(s8Tile*h.right.k) + s8Tile*h.right.n }

// s8Tile is the number of rows that are quantized before they are multiplied, so that weights are read from memory once for all of them.
const s8Tile = 16

// bytesIn32 returns how many float32 have the memory of n bytes.
func bytesIn32(n int) int { return (n + 3) / 4 }

// cut takes memory for n elements of another type from scratch, and returns the rest.
func cut[T int8 | int32](scratch []float32, n int) ([]T, []float32) {
	var x T
	words := bytesIn32(n * int(unsafe.Sizeof(x)))
	if n == 0 {
		return nil, scratch
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(scratch[:words]))), n), scratch[words:]
}

// add stores the products of a row with all columns, from their sums, plus what is in out: sum * (scale of the row * scale of the weights).
func (h *hybridRight) add(out []float32, sums []int32, a hybridAffine) {
	sums, weights, scale := sums[:len(out)], h.sums[:len(out)], h.scale[:len(out)]
	for c := range out {
		out[c] += float32(float32(sums[c]-a.zero*weights[c]) * float32(a.scale*scale[c]))
	}
}

// multiply adds the products of m rows of in, which follow each other, to out. Each row is quantized on its own.
func (h *hybridRight) multiply(out, in []float32, m int, asymmetric bool, scratch []float32) {
	k, n := h.right.k, h.right.n
	rows, scratch := cut[int8](scratch, s8Tile*k)
	sums, _ := cut[int32](scratch, s8Tile*n)
	var affine [s8Tile]hybridAffine
	for i := 0; i < m; i += s8Tile {
		count := min(s8Tile, m-i)
		for r := range count {
			row := in[(i+r)*k:][:k]
			affine[r] = newHybridAffine(row, asymmetric)
			affine[r].quantize(rows[r*k:][:k], row)
		}
		h.right.runSums(sums, rows, count, k, n)
		for r := range count {
			h.add(out[(i+r)*n:][:n], sums[r*n:][:n], affine[r])
		}
	}
}
