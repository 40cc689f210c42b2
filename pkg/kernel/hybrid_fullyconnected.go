package kernel

import "fmt"

// HybridFullyConnectedSpec is the geometry of a fully connected layer of float rows and integer weights.
type HybridFullyConnectedSpec struct {
	K, N       int // inputs and outputs
	Asymmetric bool
	Scale      []float32 // of the weights: one, or one for each output
	Clamp      F32Clamp
}

// HybridFullyConnected is a product of float rows with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Each row is quantized to int8 by a scale that follows from its range, with a zero point if it is Asymmetric. out[m, n] = bias[n] + sum * (scale[m] * Scale[n]), all in
// float32, where the sum of (in[m, k] - zero[m]) * weights[n, k] is in int32, which wraps. The weights are [N, K].
type HybridFullyConnected struct {
	spec  HybridFullyConnectedSpec
	right hybridRight
	bias  []float32
}

// NewHybridFullyConnected prepares a layer. It keeps neither weights nor bias. A nil bias is zeros.
func NewHybridFullyConnected(s HybridFullyConnectedSpec, weights []int8, bias []float32) (*HybridFullyConnected, error) {
	if s.K < 1 || s.N < 1 || s.N > maxElements/s.K {
		return nil, fmt.Errorf("kernel: %d inputs and %d outputs", s.K, s.N)
	}
	f := &HybridFullyConnected{spec: s}
	var err error
	if _, f.bias, err = hybridChannels(s.N, s.Scale, bias); err != nil {
		return nil, err
	}
	f.right, err = newHybridRight(s.K, s.N, weights, 1, s.K, s.Scale)
	return f, err
}

// Scratch returns how many float32 Run needs.
func (f *HybridFullyConnected) Scratch() int { return f.right.scratch() }

// Run multiplies the rows of in, [M, K], into out, [M, N]. It panics if their lengths disagree. scratch has Scratch() elements.
func (f *HybridFullyConnected) Run(out, in, scratch []float32) {
	f.rows(out, in, false, scratch)
	if c := f.spec.Clamp; c.On {
		Clamp(out, out, c.Lo, c.Hi)
	}
}

// rows is Run without a limit; with resume, sums start from what out holds instead of the bias.
func (f *HybridFullyConnected) rows(out, in []float32, resume bool, scratch []float32) {
	m := batches(len(in), f.spec.K, len(out), f.spec.N)
	if !resume {
		for i := range m {
			copy(out[i*f.spec.N:], f.bias)
		}
	}
	f.right.multiply(out, in, m, f.spec.Asymmetric, scratch)
}
