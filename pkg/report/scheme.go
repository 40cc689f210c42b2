package report

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Scheme is how an operator computes, as its operands' types tell.
type Scheme string

// The schemes, in the order in which reports list them.
const (
	Int8       Scheme = "int8"        // on int8 or uint8 activations
	Int16x8    Scheme = "int16x8"     // on int16 activations
	Dynamic    Scheme = "dynamic"     // on float activations and integer weights, which its kernel reads
	WeightOnly Scheme = "weight-only" // on floats, of which some are dequantized from integer weights
	Float16    Scheme = "float16"     // on floats, of which some are stored in half precision
	Float      Scheme = "float"       // on floats alone
	Border     Scheme = "border"      // QUANTIZE and DEQUANTIZE
	Other      Scheme = "other"       // on integers that stand for no real numbers, on booleans, or on nothing
)

// Schemes lists them all.
func Schemes() []Scheme {
	return []Scheme{Int8, Int16x8, Dynamic, WeightOnly, Float16, Float, Border, Other}
}

// schemeOf returns how a node computes. stored holds the constants behind each value that DEQUANTIZE makes of one.
func schemeOf(n *ir.Node, stored map[*ir.Value]*ir.Value) Scheme {
	if n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" {
		return Border
	}
	var float, int8s, int16s, hybrid, half, integers bool
	for _, v := range slices.Concat(n.Inputs, n.Outputs) {
		if v == nil {
			continue
		}
		d := v.Type.DType
		switch from := stored[v]; {
		case from != nil:
			half = half || from.Type.DType == tensor.Float16
			integers = integers || from.Type.DType != tensor.Float16
			float = true
		case d.Float():
			float = true
		case v.Const != nil && (v.Quant != nil || v.Blocks != nil):
			hybrid = true
		case v.Quant == nil || len(v.Quant.Scale) == 0:
		case d == tensor.Int16:
			int16s = true
		case d == tensor.Int8 || d == tensor.UInt8:
			int8s = true
		}
	}
	switch {
	case int16s:
		return Int16x8
	case int8s:
		return Int8
	case float && hybrid:
		return Dynamic
	case float && integers:
		return WeightOnly
	case float && half:
		return Float16
	case float:
		return Float
	}
	return Other
}

// storedConstants returns the constants that DEQUANTIZE reads, by its results.
func storedConstants(g *ir.Graph) map[*ir.Value]*ir.Value {
	m := map[*ir.Value]*ir.Value{}
	for _, n := range g.Nodes {
		if n.Op == "DEQUANTIZE" && n.Inputs[0].Const != nil {
			m[n.Outputs[0]] = n.Inputs[0]
		}
	}
	return m
}
