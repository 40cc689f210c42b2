package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Wide is an operator's row of rules for int16 activations and int8 weights. The zero Wide leaves it float.
type Wide struct {
	Kind Kind
	// Operands that are activations or constants beside them, in the order in which they are looked at; All takes every float one. SameScale
	// operators of All give the result's parameters to all their operands, others those of the first of Operands to all their results.
	Operands []int
	All      bool
	Weight   *Operand
	Bias     int  // 0 if there is none
	Wide     bool // constants are int16 like activations, not int8 like weights
	Ints     bool // results are no activations
	TFLite   bool // TFLiteConverter alone: LiteRT's kernel, or what TFLiteConverter makes of its operands, is not right
	Steep    bool // LiteRT's kernel is a table with straight lines between its entries, which are too coarse next to 0
}

// The rows that many operators share.
var (
	wideFree  = Wide{Kind: Free, Operands: []int{0}}
	wideBoth  = Wide{Kind: Free, Operands: []int{0, 1}, Wide: true}
	wideShare = Wide{Kind: SameScale, Operands: []int{0}}
	wideAll   = Wide{Kind: SameScale, All: true}
	wideFixed = Wide{Kind: Fixed, Operands: []int{0}}
	wideSteep = Wide{Kind: Free, Operands: []int{0}, Steep: true}
)

// wides holds a row for each operator that TFLiteConverter quantizes to int16 activations. What is fixed is 1/32768, 0.
var wides = map[string]Wide{
	"ABS":                     wideFree,
	"ADD":                     wideBoth,
	"AVERAGE_POOL_2D":         wideShare,
	"BATCH_MATMUL":            wideBoth,
	"BATCH_TO_SPACE_ND":       wideShare,
	"BROADCAST_TO":            wideShare,
	"CONCATENATION":           wideAll,
	"CONV_2D":                 {Kind: Free, Operands: []int{0, 1}, Weight: &Operand{1, 0}, Bias: 2},
	"DEPTHWISE_CONV_2D":       {Kind: Free, Operands: []int{0, 1}, Weight: &Operand{1, 3}, Bias: 2},
	"EXP":                     wideFree,
	"EXPAND_DIMS":             wideShare,
	"FILL":                    {Kind: SameScale, Operands: []int{1}},
	"FULLY_CONNECTED":         {Kind: Free, Operands: []int{0, 1}, Weight: &Operand{1, 0}, Bias: 2},
	"GATHER":                  {Kind: SameScale, Operands: []int{0}, Wide: true},
	"GATHER_ND":               wideShare,
	"GELU":                    wideFree,
	"LEAKY_RELU":              wideFree,
	"LOG":                     wideSteep,
	"LOGISTIC":                wideFixed,
	"MAXIMUM":                 {Kind: SameScale, All: true, Wide: true},
	"MAX_POOL_2D":             wideShare,
	"MEAN":                    wideFree,
	"MINIMUM":                 {Kind: SameScale, All: true, Wide: true},
	"MIRROR_PAD":              wideShare,
	"MUL":                     wideBoth,
	"PACK":                    wideAll,
	"PAD":                     wideShare,
	"PADV2":                   {Kind: SameScale, Operands: []int{0}, TFLite: true},
	"REDUCE_MAX":              wideShare,
	"REDUCE_MIN":              wideShare,
	"REDUCE_PROD":             wideFree,
	"RELU":                    wideFree,
	"RELU6":                   wideFree,
	"RESHAPE":                 wideShare,
	"RESIZE_BILINEAR":         wideShare,
	"RESIZE_NEAREST_NEIGHBOR": wideShare,
	"REVERSE_V2":              wideShare,
	"RSQRT":                   wideSteep,
	"SCATTER_ND":              {Kind: SameScale, Operands: []int{1}, TFLite: true},
	"SELECT":                  {Kind: SameScale, Operands: []int{1, 2}, TFLite: true},
	"SHAPE":                   {Kind: Free, Operands: []int{0}, Ints: true},
	"SLICE":                   wideShare,
	"SOFTMAX":                 wideFixed,
	"SPACE_TO_BATCH_ND":       wideShare,
	"SPLIT":                   {Kind: SameScale, Operands: []int{1}},
	"SPLIT_V":                 wideShare,
	"SQUARED_DIFFERENCE":      {Kind: Free, Operands: []int{0, 1}, Wide: true, TFLite: true},
	"SQUEEZE":                 wideShare,
	"STRIDED_SLICE":           wideShare,
	"SUB":                     wideBoth,
	"SUM":                     {Kind: SameScale, Operands: []int{0}, TFLite: true},
	"TANH":                    wideFixed,
	"TILE":                    wideShare,
	"TRANSPOSE":               wideShare,
	"TRANSPOSE_CONV":          {Kind: Free, Operands: []int{2, 1}, Weight: &Operand{1, 0}, Bias: 3},
	"UNPACK":                  wideShare,
	"WHERE":                   {Kind: Free, Operands: []int{0}, Ints: true, TFLite: true},
}

// WideOf returns the row of the operator with the given name.
func WideOf(name string) Wide { return wides[name] }

// WideAttr returns attributes for an operator with int16 activations: products add up to int64 biases, and ADD and SUB take any scales.
func WideAttr(a ir.Attr) ir.Attr {
	switch a := a.(type) {
	case *Conv2D:
		b := *a
		b.QuantizedBiasType = tensor.Int64
		return &b
	case *FullyConnected:
		b := *a
		b.QuantizedBiasType = tensor.Int64
		return &b
	case *TransposeConv:
		b := *a
		b.QuantizedBiasType = tensor.Int64
		return &b
	case *Arith:
		b := *a
		b.PotScaleInt16 = false
		return &b
	}
	return a
}
