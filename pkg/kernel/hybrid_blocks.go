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
	blocks  []hybridRight
	weights []float32 // by output: Σ Scale * the sum of a block's weights
	bias    []float32
}

// NewHybridBlocks prepares a layer. It keeps neither scales, weights nor bias. A nil bias is zeros.
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
	h := &HybridBlocks{spec: s, blocks: make([]hybridRight, count), weights: make([]float32, s.N), bias: make([]float32, s.N)}
	if bias != nil {
		if err := checkLen("bias", len(bias), s.N); err != nil {
			return nil, err
		}
		copy(h.bias, bias)
	}
	h.spec.Scale = nil
	for b := range h.blocks {
		block := packHybrid(s.Size, s.N, s8Weights{weights[b*s.Size:], 1, s.K})
		block.scale = make([]float32, s.N)
		for n, sum := range block.sums {
			block.scale[n] = s.Scale[n*count+b]
			h.weights[n] += float32(block.scale[n] * float32(sum))
		}
		h.blocks[b] = block
	}
	return h, nil
}

// Scratch returns how many float32 Run needs.
func (h *HybridBlocks) Scratch() int {
	return bytesIn32(s8Strip*h.spec.K) + h.blocks[0].right.stripScratch(s8Strip)
}

// Run multiplies the rows of in, [M, K], into out, [M, N]. It panics if their lengths disagree. scratch has Scratch() elements.
func (h *HybridBlocks) Run(out, in, scratch []float32) {
	s := &h.spec
	m := batches(len(in), s.K, len(out), s.N)
	rows, scratch := cut[int8](scratch, s8Strip*s.K)
	work := h.blocks[0].right.cutWork(scratch, s8Strip)
	var affine [s8Strip]hybridAffine
	clear(out)
	for i := 0; i < m; i += s8Strip {
		count := min(s8Strip, m-i)
		to := out[i*s.N:][:count*s.N]
		for r := range count {
			row := in[(i+r)*s.K:][:s.K]
			affine[r] = newHybridAffine(row, true)
			affine[r].quantize(rows[r*s.K:][:s.K], row)
		}
		for b := range h.blocks {
			h.block(to, rows, b, count, &work)
		}
		for r := range count {
			a, line := &affine[r], to[r*s.N:][:s.N]
			for n, x := range line {
				x -= float32(float32(a.zero) * h.weights[n])
				line[n] = float32(x*a.scale) + h.bias[n]
			}
		}
	}
	if s.Clamp.On {
		Clamp(out, out, s.Clamp.Lo, s.Clamp.Hi)
	}
}

// block adds the multiples of the sums of one block of m rows to out.
func (h *HybridBlocks) block(out []float32, rows []int8, b, m int, work *s8Work) {
	s, block := &h.spec, &h.blocks[b]
	var plain [s8Strip]hybridAffine
	for j := range m {
		plain[j].scale = 1
	}
	r := &block.right
	r.form.copy(work.strip, r.leftRow(), rows[b*s.Size:], s.K, s.Size, m)
	for c := 0; c < s.N; {
		width := r.panel(work, m, c)
		block.add(out[c:], s.N, work.sums, width, min(width, s.N-c), c, plain[:m])
		c += width
	}
}
