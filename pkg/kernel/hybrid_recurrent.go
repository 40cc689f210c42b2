package kernel

import "slices"

// S8Matrix is a matrix of int8 weights of zero point 0 with one scale; without Weights it is absent.
type S8Matrix struct {
	Weights []int8
	Scale   float32
}

// HybridLSTMWeights are the weights of an LSTM with matrices of integers.
type HybridLSTMWeights = LSTMWeights[S8Matrix]

// NewHybridLSTM prepares an LSTM that quantizes the rows which it multiplies with matrices, as HybridFullyConnected does: inputs, the previous outputs, and what is projected. It
// keeps the vectors of w, but not the matrices.
func NewHybridLSTM(s F32LSTMSpec, w *HybridLSTMWeights, asymmetric bool) (*F32LSTM, error) {
	return newLSTM(s, w, func(m S8Matrix) bool { return m.Weights != nil }, hybridRows(asymmetric))
}

// NewHybridRNN prepares a simple recurrent layer as NewHybridLSTM does an LSTM. It keeps none of the weights.
func NewHybridRNN(s F32RNNSpec, input, aux, recurrent S8Matrix, bias []float32, asymmetric bool) (*F32RNN, error) {
	return newRNN(s, input, aux, recurrent, bias, hybridRows(asymmetric))
}

// NewHybridSVDF prepares an SVDF layer that quantizes its input. It keeps the time weights and the bias.
func NewHybridSVDF(s F32SVDFSpec, feature S8Matrix, time, bias []float32, asymmetric bool) (*F32SVDF, error) {
	return newSVDF(s, feature, time, bias, hybridRows(asymmetric))
}

// hybridRows returns a maker of products with matrices side by side, as f32Rows is one.
func hybridRows(asymmetric bool) func(n, k int, matrices []S8Matrix, bias [][]float32) (rowProduct, error) {
	return func(n, k int, matrices []S8Matrix, bias [][]float32) (rowProduct, error) {
		var weights [][]int8
		var scale []float32
		for _, m := range matrices {
			weights = append(weights, m.Weights)
			scale = append(scale, slices.Repeat([]float32{m.Scale}, n)...)
		}
		all, offsets, err := sideBySide(n, k, weights, bias)
		if err != nil {
			return nil, err
		}
		return NewHybridFullyConnected(HybridFullyConnectedSpec{K: k, N: n * len(matrices), Asymmetric: asymmetric, Scale: scale}, all, offsets)
	}
}

func (f *HybridFullyConnected) rowScratch() int { return f.Scratch() }
