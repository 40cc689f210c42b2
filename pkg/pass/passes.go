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
	// Run rewrites the model and reports whether it changed anything.
	Run func(m *ir.Model) (changed bool, err error)
}

// Float are the passes that bring a model into the form that is calibrated and quantized.
var Float = []Pass{
	{"fold_densify", "sparse weights become dense: neither the executor nor the quantizer reads sparse ones", foldDensify},
	{"fold_dequantize", "float16 or quantized weights behind DEQUANTIZE become float32 constants, which the quantizer quantizes anew", foldDequantize},
}

// Import are the passes that bring what a front end made into TFLite's idiom: as few operators as TFLiteConverter needs, or fewer. Dimensions may
// be unknown (-1): a pass must take them for any size, one included.
var Import = []Pass{}

// Order lists pairs of passes of which the first must come before the second wherever both run.
var Order = [][2]string{
	{"fold_densify", "fold_dequantize"}, // weights may be sparse and float16 at once
}

// Run applies passes in order.
func Run(m *ir.Model, passes []Pass) error {
	_, err := round(m, passes)
	return err
}

// Settle applies passes in order, again and again until none changes anything: what one pass makes may be what another looks for.
func Settle(m *ir.Model, passes []Pass) error {
	for range maxRounds {
		changed, err := round(m, passes)
		if err != nil || !changed {
			return err
		}
	}
	return fmt.Errorf("the passes come to no end in %d rounds", maxRounds)
}

// maxRounds bounds Settle. Real models need two or three rounds, and one more that changes nothing.
const maxRounds = 50

func round(m *ir.Model, passes []Pass) (changed bool, err error) {
	for _, p := range passes {
		c, err := p.Run(m)
		if err != nil {
			return changed, fmt.Errorf("%s: %w", p.Name, err)
		}
		changed = changed || c
	}
	return changed, nil
}
