package build

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// What folding may take in all before it stops, so that a few nodes that double a constant again and again, or convolve large ones, can't exhaust memory or
// run for minutes. Models fold little but their weights: the allowances grow with them.
const (
	baseMemory   = 1 << 28 // bytes of results
	baseWork     = 1 << 32 // elements that are read, written, or multiplied
	memoryFactor = 16      // bytes of results for each byte of constants
	workFactor   = 64
)

// budget counts what folding took, and the bytes of constants that the model has.
type budget struct {
	memory, work, given int
	seen                map[*byte]bool // constants, by where their content begins
}

// grant counts a constant, once.
func (s *budget) grant(t *tensor.Tensor) {
	if len(t.Data) == 0 || s.seen[&t.Data[0]] {
		return
	}
	if s.seen == nil {
		s.seen = map[*byte]bool{}
	}
	s.seen[&t.Data[0]] = true
	s.given += len(t.Data)
}

// pay counts what folding a node takes, and reports false, and counts nothing, if that is too much.
func (s *budget) pay(n *ir.Node, in, out []*tensor.Tensor) bool {
	memory, w := 0, work(n, in, out)
	for _, t := range out {
		memory += t.DType.Bytes(t.Elements())
	}
	if s.memory+memory > baseMemory+memoryFactor*s.given || w > float64(baseWork+workFactor*s.given-s.work) {
		return false
	}
	s.memory += memory
	s.work += int(w)
	return true
}

// work estimates the work of a node: that of most is what they read and write.
func work(n *ir.Node, in, out []*tensor.Tensor) float64 {
	size := func(t *tensor.Tensor) float64 {
		if t == nil {
			return 0
		}
		return float64(t.Elements())
	}
	total, largest, last := 0.0, 0.0, 1.0
	for _, t := range in {
		total += size(t)
		largest = max(largest, size(t))
	}
	for _, t := range out {
		total += size(t)
		largest = max(largest, size(t))
		if len(t.Shape) > 0 {
			last = float64(max(t.Shape[len(t.Shape)-1], 1))
		}
	}
	switch n.Op {
	case "FULLY_CONNECTED", "BATCH_MATMUL": // [m,k]·[k,n] takes m·k·n products
		return total + float64(math.Sqrt(size(in[0]))*math.Sqrt(size(in[1]))*math.Sqrt(size(out[0])))
	case "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D", "TRANSPOSE_CONV": // each element of the filter meets at most each place of the image
		return total + float64(largest/last*size(in[1]))
	case "MAX_POOL_2D", "AVERAGE_POOL_2D", "L2_POOL_2D":
		return total + float64(size(out[0])/last*size(in[0]))
	case "LOCAL_RESPONSE_NORMALIZATION":
		return total + float64(size(out[0])*last)
	case "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_LSTM",
		"BIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "RNN", "SVDF":
		return total * total
	}
	return total
}
