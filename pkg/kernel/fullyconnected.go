package kernel

import "fmt"

// F32FullyConnectedSpec is the geometry of a fully connected layer.
type F32FullyConnectedSpec struct {
	K, N  int // inputs and outputs
	Clamp F32Clamp
}

// F32FullyConnected is a product with a matrix of weights. It is immutable, and goroutines may share it.
//
// out[m, n] = bias[n] + Σ weights[n, k] · in[m, k], k ascending. The weights are [N, K].
type F32FullyConnected struct {
	spec  F32FullyConnectedSpec
	right panels
}

// NewF32FullyConnected prepares a layer. It keeps neither weights nor bias. A nil bias is zeros; nil weights are given to RunWith.
func NewF32FullyConnected(s F32FullyConnectedSpec, weights, bias []float32) (*F32FullyConnected, error) {
	if s.K < 1 || s.N < 1 || s.N > maxElements/s.K {
		return nil, fmt.Errorf("kernel: %d inputs and %d outputs", s.K, s.N)
	}
	f := &F32FullyConnected{spec: s}
	if weights == nil {
		return f, nil
	}
	if err := checkWeights(weights, s.N*s.K, bias, s.N); err != nil {
		return nil, err
	}
	f.right = newPanels(make([]float32, f.Scratch()), s.K, s.N, weights, 1, s.K, bias)
	return f, nil
}

// Scratch returns how many float32 RunWith needs.
func (f *F32FullyConnected) Scratch() int { return panelsLen(f.spec.K, f.spec.N) }

// Run multiplies the rows of in, [M, K], into out, [M, N]. It panics if their lengths disagree.
func (f *F32FullyConnected) Run(out, in []float32) { f.run(out, in, f.right, false, nil) }

// RunScan is Run; scan sees the result.
func (f *F32FullyConnected) RunScan(out, in []float32, scan *F32Scan) {
	f.run(out, in, f.right, false, scan)
}

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (f *F32FullyConnected) RunWith(out, in, weights, bias, scratch []float32) {
	if err := checkWeights(weights, f.spec.N*f.spec.K, bias, f.spec.N); err != nil {
		panic(err)
	}
	right := newPanels(scratch, f.spec.K, f.spec.N, weights, 1, f.spec.K, bias)
	f.run(out, in, right, false, nil)
}

func (f *F32FullyConnected) run(out, in []float32, right panels, resume bool, scan *F32Scan) {
	s := &f.spec
	g := f.product(out, in, right, scan)
	g.resume = resume
	g.run(batches(len(in), s.K, len(out), s.N))
}

func (f *F32FullyConnected) product(out, in []float32, right panels, scan *F32Scan) gemm {
	return gemm{in: in, row: f.spec.K, right: right, out: out, outRow: f.spec.N, bounds: f.spec.Clamp.bounds(), scan: scan}
}
