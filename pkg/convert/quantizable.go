package convert

import (
	"errors"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// What Quantizable finds.
var (
	ErrQuantized = errors.New("the model is quantized already")
	ErrHybrid    = errors.New("its weights are quantized already, for float inputs (dynamic range quantization)")
	ErrNoFloat   = errors.New("the model has no float32 operators: there is nothing to quantize")
)

// hintFloat is the way out of a quantized source.
const hintFloat = "give the float model that it was made from"

// Quantizable checks that a model's operators are float ones, which quantization can work on, before samples are read for it.
func Quantizable(f *Float) error {
	refuse := func(err error, hint string) error {
		return &Error{Kind: Refused, Source: f.Source, Err: err, Hint: hint}
	}
	float, quantized := false, false
	for _, g := range f.Model.Graphs {
		for _, n := range g.Nodes {
			quantized = quantized || isQuantized(n.Outputs)
			if n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" {
				continue
			}
			float = float || hasFloat(n.Outputs)
			if hybrid(n) {
				return &Error{Kind: Refused, Source: f.Source, Op: n.Op, Node: nameOf(n), Err: ErrHybrid, Hint: hintFloat}
			}
		}
	}
	switch {
	case float:
		return nil
	case quantized:
		return refuse(ErrQuantized, hintFloat)
	}
	return refuse(ErrNoFloat, "--quantize none copies it")
}

// hybrid reports whether a node multiplies float activations by quantized weights.
func hybrid(n *ir.Node) bool {
	var activations, weights bool
	for _, v := range n.Inputs {
		if v == nil {
			continue
		}
		activations = activations || v.Const == nil && v.Type.DType == tensor.Float32
		weights = weights || v.Const != nil && isQuantized([]*ir.Value{v})
	}
	return activations && weights
}

func isQuantized(values []*ir.Value) bool {
	for _, v := range values {
		switch {
		case v.Blocks != nil:
			return true
		case v.Quant == nil || v.Type.DType.Float():
		case v.Type.DType == tensor.Int32: // a bias, or indices
		default:
			return true
		}
	}
	return false
}

func hasFloat(values []*ir.Value) bool {
	for _, v := range values {
		if v.Type.DType == tensor.Float32 {
			return true
		}
	}
	return false
}

func nameOf(n *ir.Node) string {
	if len(n.Outputs) > 0 && n.Outputs[0] != nil {
		return n.Outputs[0].Name
	}
	return ""
}
