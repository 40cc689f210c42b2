package kernel

import "fmt"

// HybridBlocksSpec is the geometry of a fully connected layer whose weights have a scale for each run of Size elements of a row.
type HybridBlocksSpec struct {
	K, N, Size int       // inputs, outputs, and weights in a block
	Scale      []float32 // [N, K/Size]
	Clamp      F32Clamp
}

// HybridBlocks is a product of float rows with integer weights in blocks. It is immutable, and goroutines may share it.
//
// Each row is quantized to int8 with a zero point. Of each block's sum of products and sum of weights, both in int32, multiples are added up from the first block to the last:
//
//	out[m, n] = (Σ sum * Scale - zero[m] * Σ Scale * weights) * scale[m] + bias[n]
//
// all in float32. The weights are [N, K].
type HybridBlocks struct {
	spec    HybridBlocksSpec
	blocks  []s8Right
	weights []float32 // by output: Σ Scale * the sum of a block's weights
	bias    []float32
}

// NewHybridBlocks prepares a layer. It keeps the scales, but neither weights nor bias. A nil bias is zeros.
func NewHybridBlocks(s HybridBlocksSpec, weights []int8, bias []float32) (*HybridBlocks, error) {
	if s.K < 1 || s.N < 1 || s.Size < 1 || s.K%s.Size != 0 || s.N > maxElements/s.K {
		return nil, fmt.Errorf("kernel: %d inputs in blocks of %d, and %d outputs", s.K, s.Size, s.N)
	}
	count := s.K / s.Size
	if err := checkLen("weights", len(weights), s.N*s.K); err != nil {
		return nil, err
	}
	if err := checkLen("scales", len(s.Scale), s.N*count); err != nil {
		return nil, err
	}
	h := &HybridBlocks{spec: s, blocks: make([]s8Right, count), weights: make([]float32, s.N), bias: make([]float32, s.N)}
	if bias != nil {
		if err := checkLen("bias", len(bias), s.N); err != nil {
			return nil, err
		}
		copy(h.bias, bias)
	}
	for b := range h.blocks {
		h.blocks[b] = newS8Right(&s8Words, s.Size, s.N, s8Weights{weights[b*s.Size:], 1, s.K}, nil, 0, 0)
	}
	for n := range h.weights {
		for b := range h.blocks {
			sum := int32(0)
			for _, w := range weights[n*s.K+b*s.Size:][:s.Size] {
				sum += int32(w)
			}
			h.weights[n] += float32(s.Scale[n*count+b] * float32(sum))
		}
	}
	return h, nil
}

// Scratch returns how many float32 Run needs.
func (h *HybridBlocks) Scratch() int { return bytesIn32(s8Tile*h.spec.K) + s8Tile*h.spec.N }

// Run multiplies the rows of in, [M, K], into out, [M, N]. It panics if their lengths disagree. scratch has Scratch() elements.
func (h *HybridBlocks) Run(out, in, scratch []float32) {
	s := &h.spec
	m := batches(len(in), s.K, len(out), s.N)
	rows, scratch := cut[int8](scratch, s8Tile*s.K)
	sums, _ := cut[int32](scratch, s8Tile*s.N)
	var affine [s8Tile]hybridAffine
	for i := 0; i < m; i += s8Tile {
		count := min(s8Tile, m-i)
		to := out[i*s.N:][:count*s.N]
		for r := range count {
			row := in[(i+r)*s.K:][:s.K]
			affine[r] = newHybridAffine(row, true)
			affine[r].quantize(rows[r*s.K:][:s.K], row)
		}
		clear(to)
		for b := range h.blocks {
			h.blocks[b].runSums(sums, rows[b*s.Size:], count, s.K, s.N)
			for j := range to {
				to[j] += float32(float32(sums[j]) * s.Scale[j%s.N*len(h.blocks)+b])
			}
		}
		for j, x := range to {
			a := &affine[j/s.N]
			x -= float32(float32(a.zero) * h.weights[j%s.N])
			to[j] = float32(x*a.scale) + h.bias[j%s.N]
		}
	}
	if s.Clamp.On {
		Clamp(out, out, s.Clamp.Lo, s.Clamp.Hi)
	}
}
