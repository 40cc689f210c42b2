package quantize

import (
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// blocks are the scales of a constant that is quantized in blocks.
type blocks struct {
	size   int
	scales *tensor.Tensor // half precision
}

const (
	minBlock = 1e-9  // what the largest magnitude of a block is taken for at least
	maxScale = 65280 // the largest scale in half precision and in bfloat16
)

// block stores c, the weights that u reads, in 4 bits and in blocks, which the operator reads itself: as AI Edge Quantizer does it.
func (w *weights) block(c *operation, u use, size int) {
	if w.blocked[size] == nil {
		v := c.outputs[0]
		q := v.derived(nil)
		q.float, q.typ.DType = false, tensor.Int4
		content, scales := inBlocks(v.floats(), v.typ.Shape, size)
		q.blocks = &blocks{size, scales}
		w.blocked[size] = w.constant(c, q, content)
		w.stored++
	}
	u.by.setInput(u.i, w.blocked[size])
}

// inBlocks quantizes rows: a block's scale is a seventh of its largest magnitude, rounded to bfloat16, its integers are quotients by it, halves rounded to
// even.
func inBlocks(data []float32, shape tensor.Shape, size int) (content, scales *tensor.Tensor) {
	most := make([]float32, len(data)/size)
	for i := range most {
		m := float32(minBlock)
		for _, x := range data[i*size : (i+1)*size] {
			m = max(m, x, -x)
		}
		most[i] = m / 7
	}
	rounded := make([]uint16, len(most))
	kernel.F32ToBF16(rounded, most)
	kernel.BF16ToF32(most, rounded)
	scales = tensor.New(tensor.Float16, tensor.Shape{shape[0], shape[1] / size})
	kernel.F32ToF16(tensor.View[uint16](scales), most)
	kernel.F16ToF32(most, tensor.View[uint16](scales))
	content = tensor.New(tensor.Int4, shape)
	content.Own = true
	for i, x := range data {
		n := 0.0
		if s := most[i/size]; s > 0 {
			n = min(max(math.RoundToEven(float64(x/s)), -8), 7)
		}
		content.Data[i/2] |= byte(int8(n)) & 15 << (i % 2 * 4)
	}
	return content, scales
}

// unblockable says why weights can't be stored in blocks.
func unblockable(u use, row op.Hybrid, size int) string {
	v := u.by.inputs[u.i]
	dims := v.typ.Shape
	switch {
	case !row.Blocks:
		return "LiteRT has no kernel for it that reads weights in blocks"
	case len(dims) != 2 || dims[1]%size != 0:
		return fmt.Sprintf("the rows of its weights %q, %v, do not divide into blocks of %d", v.name, dims, size)
	case dims[0] < row.BlockRows:
		return fmt.Sprintf("LiteRT's kernel gives wrong results of less than %d rows of weights in blocks", row.BlockRows)
	}
	for _, x := range v.floats() {
		if math.Abs(float64(x)) > 7*maxScale {
			return fmt.Sprintf("its weights %q are too large for scales in half precision", v.name)
		}
	}
	return ""
}
