package kernel

import "fmt"

// F32SVDFSpec is the geometry of an SVDF layer: a fully connected layer whose weights are of low rank, over a window of time.
type F32SVDFSpec struct {
	Inputs, Units, Rank, Memory int
	Activation                  func(x []float32) // in place; nil is none
}

// F32SVDF is an SVDF layer. It is immutable, and goroutines may share it.
//
// Each of Units*Rank filters reduces an input to one number, Σ weights · input, and remembers the last Memory of them. out[u] = activation(Σ over
// the rank of (Σ time weights · memory) + bias[u]), the sums over weights each by one accumulator from 0 with fused multiply-adds, oldest number first.
type F32SVDF struct {
	spec       F32SVDFSpec
	feature    rowProduct
	time, bias []float32
}

// NewF32SVDF prepares a layer from weights [Units*Rank, Inputs], time weights [Units*Rank, Memory] and a bias [Units] or nil. It keeps the time weights and the bias.
func NewF32SVDF(s F32SVDFSpec, feature, time, bias []float32) (*F32SVDF, error) {
	return newSVDF(s, feature, time, bias, f32Rows)
}

// newSVDF prepares a layer whose product with the feature weights join makes.
func newSVDF[M any](s F32SVDFSpec, feature M, time, bias []float32, join func(n, k int, weights []M, bias [][]float32) (rowProduct, error)) (*F32SVDF, error) {
	n := s.Units * s.Rank
	if s.Memory < 1 || len(time) != n*s.Memory || bias != nil && len(bias) != s.Units {
		return nil, fmt.Errorf("kernel: an SVDF of %d units, rank %d and %d steps of memory has %d time weights and a bias of %d", s.Units, s.Rank, s.Memory, len(time), len(bias))
	}
	f, err := join(n, s.Inputs, []M{feature}, nil)
	if err != nil {
		return nil, fmt.Errorf("feature weights: %w", err)
	}
	return &F32SVDF{s, f, time, bias}, nil
}

// Scratch returns how many float32 Run needs.
func (v *F32SVDF) Scratch(batch int) int {
	return batch*v.spec.Units*v.spec.Rank + rowScratch(v.feature)
}

// Run takes one step: in is [batch, Inputs], out [batch, Units]. state, [batch, Units*Rank, Memory], is what the layer remembers, before and after, the newest last.
func (v *F32SVDF) Run(out, in, state, scratch []float32) {
	s := &v.spec
	n := s.Units * s.Rank
	batch := len(out) / s.Units
	sums := scratch[:batch*n]
	v.feature.rows(sums, in, false, scratch[batch*n:])
	for i, x := range sums {
		memory := state[i*s.Memory : (i+1)*s.Memory]
		copy(memory, memory[1:])
		memory[s.Memory-1] = x
		weights := v.time[i%n*s.Memory:][:s.Memory]
		var acc float32
		for k, m := range memory {
			acc = fma32(weights[k], m, acc)
		}
		sums[i] = acc
	}
	for i := range out {
		var x float32
		for _, y := range sums[i*s.Rank : (i+1)*s.Rank] {
			x += y
		}
		if v.bias != nil {
			x += v.bias[i%s.Units]
		}
		out[i] = x
	}
	if s.Activation != nil {
		s.Activation(out)
	}
}
