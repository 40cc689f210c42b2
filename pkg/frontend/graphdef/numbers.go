package graphdef

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// scalar returns a scalar of an element type; integers of more than 53 bits don't fit.
func scalar(d tensor.DType, x float64) *tensor.Tensor {
	t := tensor.New(d, nil)
	switch d {
	case tensor.Float32:
		tensor.View[float32](t)[0] = float32(x)
	case tensor.Float64:
		tensor.View[float64](t)[0] = x
	case tensor.Float16:
		kernel.F32ToF16(tensor.View[uint16](t), []float32{float32(x)})
	case tensor.BFloat16:
		kernel.F32ToBF16(tensor.View[uint16](t), []float32{float32(x)})
	case tensor.Bool:
		tensor.View[bool](t)[0] = x != 0
	case tensor.Int8:
		tensor.View[int8](t)[0] = int8(x)
	case tensor.UInt8:
		tensor.View[uint8](t)[0] = uint8(x)
	case tensor.Int16:
		tensor.View[int16](t)[0] = int16(x)
	case tensor.UInt16:
		tensor.View[uint16](t)[0] = uint16(x)
	case tensor.Int32:
		tensor.View[int32](t)[0] = int32(x)
	case tensor.UInt32:
		tensor.View[uint32](t)[0] = uint32(x)
	case tensor.Int64:
		tensor.View[int64](t)[0] = int64(x)
	case tensor.UInt64:
		tensor.View[uint64](t)[0] = uint64(x)
	default:
		build.Refuse("a number of type %v", d)
	}
	return t
}

// fit32 reports whether all elements of all values surely fit into 32 bits: because they are constants, follow from shapes, or come from a narrower type
// or from a place in a tensor.
func (c *Context) fit32(values []*ir.Value) bool {
	for _, v := range values {
		if !c.fits32(v, 8) {
			return false
		}
	}
	return true
}

func (c *Context) fits32(v *ir.Value, depth int) bool {
	if known, ok := c.Known(v); ok {
		for _, x := range known {
			if x != build.Unknown && (x < math.MinInt32 || x > math.MaxInt32) {
				return false
			}
		}
		return true
	}
	n := c.producer(v)
	if n == nil || depth == 0 {
		return false
	}
	switch n.Op {
	case "CAST":
		switch n.Inputs[0].Type.DType {
		case tensor.Bool, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.UInt16, tensor.Int32:
			return true
		}
	case "ARG_MAX", "ARG_MIN", "WHERE", "SHAPE", "UNIQUE":
		return v != n.Outputs[0] || n.Op != "UNIQUE"
	case "RESHAPE", "SLICE", "STRIDED_SLICE", "GATHER", "GATHER_ND", "TRANSPOSE", "EXPAND_DIMS", "SQUEEZE", "BROADCAST_TO", "TILE", "REDUCE_MAX", "REDUCE_MIN", "REVERSE_V2":
		return c.fits32(n.Inputs[0], depth-1)
	case "MINIMUM", "MAXIMUM", "PACK", "CONCATENATION":
		for _, x := range n.Inputs {
			if !c.fits32(x, depth-1) {
				return false
			}
		}
		return true
	case "SELECT", "SELECT_V2":
		return c.fits32(n.Inputs[1], depth-1) && c.fits32(n.Inputs[2], depth-1)
	case "FLOOR_MOD":
		return c.fits32(n.Inputs[1], depth-1)
	}
	return false
}

// horizon is how many nodes producer looks back, so that a graph of many nodes is not searched again and again.
const horizon = 1 << 10

// producer returns the node that makes v, nil if there is none, or it lies too far back.
func (c *Context) producer(v *ir.Value) *ir.Node {
	for i := len(c.Graph.Nodes) - 1; i >= max(0, len(c.Graph.Nodes)-horizon) && v.Const == nil; i-- {
		if n := c.Graph.Nodes[i]; slices.Contains(n.Outputs, v) {
			return n
		}
	}
	return nil
}

// charge counts the elements of a constant that a rule computes itself: 1024 as much as a node.
func (c *Context) charge(elements int) {
	if err := c.scope.charge(1 + elements>>10); err != nil {
		build.Refuse("%w", err)
	}
}
