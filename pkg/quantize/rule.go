package quantize

import (
	"fmt"
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
)

// rule returns the operator's row, and the kind in it that counts.
func (g *graph) rule(o *operation) (op.Rule, op.Kind) {
	r := op.RuleOf(o.name)
	if o.kept != "" {
		return op.Rule{}, op.Float
	}
	if g.compat == TFLite {
		return r, r.Kind
	}
	return r, r.LiteRT
}

// shares reports whether o's operands and results have one set of parameters.
func (g *graph) shares(o *operation) bool {
	_, kind := g.rule(o)
	return kind == op.SameScale
}

// fixed returns the type of the results of an operator that has it fixed, else nil.
func (g *graph) fixed(o *operation) *quant.Type {
	r, kind := g.rule(o)
	if kind != op.Fixed {
		return nil
	}
	return quant.Int8(float64(r.Scale), r.Zero)
}

// integer reports whether o may become an integer operator.
func (g *graph) integer(o *operation) bool {
	r, kind := g.rule(o)
	switch {
	case r.Cell && g.unfitCell(o) != "":
		return false
	case g.compat == TFLite:
		return r.TFLite
	}
	return kind != op.Float && g.unfit[o] == ""
}

// findUnfit looks for operands that an integer kernel can't take, which TFLiteConverter does not mind.
func (g *graph) findUnfit() {
	g.unfit = map[*operation]string{}
	for o := g.first; o != nil; o = o.next {
		if r, kind := g.rule(o); kind != op.Float {
			why := ""
			if r.Cell {
				why = g.unfitCell(o)
			} else {
				why = unfit(o, r)
			}
			if why != "" {
				g.unfit[o] = why
			}
		}
	}
}

func unfit(o *operation, r op.Rule) string {
	if a, ok := o.attr.(*op.FullyConnected); ok && a.WeightsFormat != op.DefaultWeights {
		return "its weights are shuffled"
	}
	if o.is("DIV") && vanishes(o.inputs[1]) {
		return fmt.Sprintf("its divisor %q may be stored as 0, by which LiteRT does not divide", o.inputs[1].name)
	}
	for i, v := range o.inputs {
		switch {
		case v == nil || !v.float:
		case !v.madeBy(constant):
			if o.is("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV") && r.Weight.Input == i {
				return fmt.Sprintf("its weights %q are computed, not constant", v.name)
			}
			if r.Bias != nil && r.Bias.Input == i {
				return fmt.Sprintf("its bias %q is computed, not constant", v.name)
			}
		case len(v.floats()) == 0:
			return fmt.Sprintf("the constant %q is empty, a variable, or not stored as plain numbers", v.name)
		case !quant.Finite(v.floats()):
			return fmt.Sprintf("the constant %q holds NaN or infinity", v.name)
		}
	}
	return ""
}

// vanishes reports whether int8 may store an element of v as 0: one smaller than half a step if v is a constant, and smaller than a step if it is known
// by its range only. Of a value without a range nothing is known.
func vanishes(v *value) bool {
	if data := v.floats(); len(data) > 0 {
		half := quant.Constant(data).Scale[0] / 2
		return slices.ContainsFunc(data, func(x float32) bool { return math.Abs(float64(x)) < half })
	}
	t := observed(v)
	return t != nil && max(float64(v.stat.lo), -float64(v.stat.hi)) < t.Scale[0]
}
