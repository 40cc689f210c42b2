package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// cudnn is what a recurrent layer of n gates has for cuDNN, which always computes with tanh and the logistic function and biases. Its weights are in cuDNN's order: each gate's kernels are
// stored by units, and the biases of the input and of the state follow each other. They become those of LSTM, which has one bias, or of GRU.
func (c *Context) cudnn(n int) gates {
	units := c.Config.int("units", 0)
	if units < 1 {
		build.Damaged("%d units", units)
	}
	s, width := c.store, n*units
	if s.made["kernel"] == nil { // else the layer was called before
		kernel := s.Var("kernel", c.Last(c.In(0)), width)
		recurrent := s.Var("recurrent_kernel", units, width)
		bias := s.Var("bias", 2*width)
		s.replace("kernel", byUnits(kernel, n))
		s.replace("recurrent_kernel", byUnits(recurrent, n))
		s.replace("bias", joinedBias(bias, n))
	}
	return gates{c, units}
}

// byUnits turns each of the n parts of a matrix [in, n·units], which holds the numbers of [units, in], into [in, units].
func byUnits(m *ir.Value, n int) *tensor.Tensor {
	in, width := m.Type.Shape[0], m.Type.Shape[1]
	units := width / n
	out := tensor.New(tensor.Float32, tensor.Shape{in, width})
	from, to := tensor.View[float32](m.Const), tensor.View[float32](out)
	for g := range n {
		for p := range in * units { // place p of the part, row by row
			to[p%in*width+g*units+p/in] = from[p/units*width+g*units+p%units]
		}
	}
	return out
}

// joinedBias adds the two biases of an LSTM, and makes a matrix of those of a GRU.
func joinedBias(b *ir.Value, n int) *tensor.Tensor {
	half := b.Type.Shape[0] / 2
	from := tensor.View[float32](b.Const)
	if n == 3 {
		return tensor.F32(tensor.Shape{2, half}, from...)
	}
	sum := make([]float32, half)
	for i := range sum {
		sum[i] = from[i] + from[half+i]
	}
	return tensor.F32(tensor.Shape{half}, sum...)
}
