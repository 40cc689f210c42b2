// Package pass holds rewrites of graphs. A pass is one file; the lists here say which run, in which order, and why.
package pass

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
)

// Pass is a rewrite of a model.
type Pass struct {
	Name string
	Why  string // one line
	Run  func(m *ir.Model) error
}

// Float are the passes that bring a model into the form that is calibrated and quantized.
var Float = []Pass{
	{"fold_densify", "sparse weights become dense: neither the executor nor the quantizer reads sparse ones", foldDensify},
	{"fold_dequantize", "float16 or quantized weights behind DEQUANTIZE become float32 constants, which the quantizer quantizes anew", foldDequantize},
}

// Order lists pairs of passes of which the first must come before the second wherever both run.
var Order = [][2]string{
	{"fold_densify", "fold_dequantize"}, // weights may be sparse and float16 at once
}

// Run applies passes in order.
func Run(m *ir.Model, passes []Pass) error {
	for _, p := range passes {
		if err := p.Run(m); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}
