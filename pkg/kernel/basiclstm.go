package kernel

import "fmt"

// F32BasicLSTM is the LSTM of TFLite's BASIC kernel: one matrix for input and previous output, and no options. It is immutable, and goroutines may share it.
type F32BasicLSTM struct {
	inputs, cells int
	layer         *F32FullyConnected
}

// NewF32BasicLSTM prepares a layer from weights [4*cells, inputs+cells] and a bias [4*cells], their rows in the order of input, cell, forget and output gate. It
// keeps neither.
func NewF32BasicLSTM(inputs, cells int, weights, bias []float32) (*F32BasicLSTM, error) {
	f, err := NewF32FullyConnected(F32FullyConnectedSpec{K: inputs + cells, N: 4 * cells}, weights, bias)
	if err != nil {
		return nil, fmt.Errorf("weights of a basic LSTM: %w", err)
	}
	return &F32BasicLSTM{inputs, cells, f}, nil
}

// Run takes one step: in is [batch, inputs], and prev and cell, [batch, cells], are the previous output and cell. out and newCell, [batch, cells], are the new ones, and
// may be the previous ones. joined, [batch, inputs+cells], and sums, [batch, 4*cells], are results as well: the joined inputs and the gates' sums.
func (l *F32BasicLSTM) Run(out, newCell, joined, sums, in, prev, cell []float32) {
	n, width := l.cells, l.inputs+l.cells
	batch := len(out) / n
	for b := range batch {
		row := joined[b*width : (b+1)*width]
		copy(row[copy(row, in[b*l.inputs:(b+1)*l.inputs]):], prev[b*n:])
	}
	l.layer.Run(sums, joined)
	for b := range batch {
		gate := sums[b*4*n : (b+1)*4*n]
		const part = 64
		var input, fresh, forget, output [part]float32
		for at := 0; at < n; at += part {
			m := min(part, n-at)
			F32MapLogistic(input[:m], gate[at:])
			F32MapTanh(fresh[:m], gate[n+at:])
			F32MapLogistic(forget[:m], gate[2*n+at:])
			F32MapLogistic(output[:m], gate[3*n+at:])
			c := newCell[b*n+at:][:m]
			for i, old := range cell[b*n+at:][:m] {
				c[i] = float32(input[i]*fresh[i]) + float32(forget[i]*old)
			}
			F32MapTanh(fresh[:m], c)
			Mul(out[b*n+at:][:m], output[:m], fresh[:m])
		}
	}
}
