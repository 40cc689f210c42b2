package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/ir"
)

// notes says what of a model a calibration leaves out: sizes that its callers may choose, and signatures beside the one that runs.
func notes(f *convert.Float, signature string) []string {
	var list, others []string
	found := false
	for _, s := range f.Model.Signatures {
		if found || signature != "" && s.Key != signature {
			others = append(others, fmt.Sprintf("%q", s.Key))
			continue
		}
		found, signature = true, s.Key
		for _, p := range s.Inputs {
			if open := p.Value.Advertised; len(open) > 1 && slices.Contains(open[1:], -1) {
				list = append(list, fmt.Sprintf("input %q may have any size %s, and was calibrated at %v: fix its size when you export the model, if that is not the one you need",
					p.Name, openShape(p.Value), p.Value.Type.Shape))
			}
		}
	}
	if len(others) > 0 {
		list = append(list, fmt.Sprintf("only signature %q was calibrated, not %s: --signature picks another", signature, strings.Join(others, ", ")))
	}
	return list
}

// openShape writes a shape with ? for what callers may choose.
func openShape(v *ir.Value) string {
	shape := v.Type.Shape
	if len(v.Advertised) == len(shape) {
		shape = v.Advertised
	}
	return strings.ReplaceAll(shape.String(), "-1", "?")
}
