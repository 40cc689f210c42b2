package quantize

import (
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// blocks are the scales of a constant that is quantized in blocks.
type blocks struct {
	size   int
	scales *tensor.Tensor // half precision
}

// blocking is how weights are divided into blocks.
type blocking struct {
	size    int
	byError bool // the scales by the least square error, not by the largest magnitude
}

const (
	minBlock = 1e-9  // what the largest magnitude of a block is taken for at least
	maxScale = 65280 // the largest scale in half precision and in bfloat16

	leastHalf = 1.0 / (1 << 24) // the least number in half precision; XNNPACK refuses a scale of 0
)

// block stores c, the weights that u reads, in 4 bits and in blocks, which the operator reads itself: as AI Edge Quantizer does it.
func (w *weights) block(c *operation, u use, b blocking) {
	if w.blocked[b] == nil {
		v := c.outputs[0]
		q := v.derived(nil)
		q.float, q.typ.DType = false, tensor.Int4
		content, scales := inBlocks(v.floats(), v.typ.Shape, b)
		q.blocks = &blocks{b.size, scales}
		w.blocked[b] = w.constant(c, q, content)
		w.stored++
	}
	u.by.setInput(u.i, w.blocked[b])
}

// inBlocks quantizes rows: a block's scale is a seventh of its largest magnitude, rounded to bfloat16, its integers are quotients by it, halves rounded to
// even. By the least square error a scale is another one that bfloat16 and half precision hold.
func inBlocks(data []float32, shape tensor.Shape, b blocking) (content, scales *tensor.Tensor) {
	size := b.size
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
	t := &quant.Type{Bits: 4, Lo: -8, Hi: 7, Rule: quant.QuotientEven}
	for i, s := range most {
		s = max(s, leastHalf)
		if b.byError {
			s = float32(t.ClosestScale(data[i*size:(i+1)*size], float64(s), blockScale))
		}
		most[i] = s
	}
	kernel.F32ToF16(tensor.View[uint16](scales), most)
	content = tensor.New(tensor.Int4, shape)
	content.Own = true
	for i, x := range data {
		n := min(max(math.RoundToEven(float64(x/most[i/size])), -8), 7)
		content.Data[i/2] |= byte(int8(n)) & 15 << (i % 2 * 4)
	}
	return content, scales
}

// blockScale rounds a scale to one that bfloat16 and half precision hold.
func blockScale(s float64) float64 {
	x, half := [1]float32{float32(s)}, [1]uint16{}
	kernel.F32ToBF16(half[:], x[:])
	kernel.BF16ToF32(x[:], half[:])
	kernel.F32ToF16(half[:], x[:])
	kernel.F16ToF32(x[:], half[:])
	return float64(x[0])
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
