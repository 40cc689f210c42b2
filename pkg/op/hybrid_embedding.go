package op

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// isHybridEmbedding reports whether an EMBEDDING_LOOKUP makes floats of a table of integers.
func isHybridEmbedding(n *ir.Node, in []*tensor.Tensor) bool {
	return len(in) == 2 && in[1] != nil && isInteger(in[1]) && len(n.Outputs) == 1 && n.Outputs[0].Type.DType == tensor.Float32
}

func inferHybridEmbedding(o *operands) ([]ir.Type, error) {
	index, x := o.ranked(0, 1, 1, tensor.Int32), o.stored(1, tensor.Int8, tensor.Int4)
	o.rank(1, x, 2, kernel.MaxRank)
	o.rowScales(1)
	if o.err != nil {
		return nil, o.err
	}
	return o.one(tensor.Float32, slices.Concat(index.Shape, x.Shape[1:]))
}

// rowScales returns the scales of operand i, a table of integers of zero point 0: one, or one for each row, or blocks of the rows.
func (o *operands) rowScales(i int) []float32 {
	if v := o.node.Input(i); v.Blocks != nil {
		return blockScales(v.Blocks)
	}
	return o.integerScale(i, o.in[i].Shape[0], 0)
}

func prepareHybridEmbedding(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o, x := read(n, in), in[1]
	scale := o.rowScales(1)
	if o.err != nil {
		return nil, o.err
	}
	rows, width := x.Shape[0], x.Shape[1:].Elements()
	if len(scale) == 1 {
		scale = slices.Repeat(scale, rows)
	}
	each := len(scale) / max(rows, 1) // scales of a row
	zero := make([]int64, each)
	return func(c *Call) error {
		out, table := f32(c.Out[0]), c.In[1]
		for i, r := range i32(c.In[0]) {
			if r < 0 || int(r) >= rows {
				return fmt.Errorf("index %d is outside a table of %d rows", r, rows)
			}
			var row []int8
			if table.DType == tensor.Int8 {
				row = i8(table)[int(r)*width:][:width]
			} else {
				row = scratch[int8](c, tensor.Int8, width)
				kernel.Int4ToInt8(row, table.Data, int(r)*width)
			}
			kernel.Dequantize(out[i*width:][:width], row, scale[int(r)*each:][:each], zero, width/max(each, 1))
		}
		return nil
	}, nil
}
