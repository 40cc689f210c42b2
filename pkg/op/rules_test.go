package op

import "testing"

// TestRules checks each row for what no row may be.
func TestRules(t *testing.T) {
	for name, r := range rules {
		o := Set.Lookup(name)
		if o == nil {
			t.Errorf("%s is no operator of the set", name)
			continue
		}
		if r.TFLite && r.Kind == Float {
			t.Errorf("%s: an integer operator that stays float", name)
		}
		if r.Kind == Float && r.LiteRT == Float {
			t.Errorf("%s: a row that says nothing", name)
		}
		if fixed := r.Kind == Fixed || r.LiteRT == Fixed; fixed != (r.Scale != 0) || r.Zero < -128 || r.Zero > 127 {
			t.Errorf("%s: fixed parameters %v, %d", name, r.Scale, r.Zero)
		}
		if w := r.Weight; w != nil && (!o.In.holds(w.Input+1) && o.In.Max <= w.Input || w.Axis < -1 || w.Axis > 3) {
			t.Errorf("%s: weight %+v, takes %v operands", name, *w, o.In)
		}
		if b := r.Bias; b != nil && (r.Weight == nil || b.Weight != r.Weight.Input || b.Data == b.Weight || b.Input >= o.In.Max) {
			t.Errorf("%s: bias %+v, weight %+v, takes %v operands", name, *b, r.Weight, o.In)
		}
		if RuleOf(name) != r {
			t.Errorf("RuleOf(%s) is another row", name)
		}
	}
	if (RuleOf("no such operator") != Rule{}) {
		t.Error("an unknown operator has a rule")
	}
}

// TestHybrids checks that the rows of weights beside float activations name operands that there are.
func TestHybrids(t *testing.T) {
	for name, r := range hybrids {
		o := Set.Lookup(name)
		if o == nil {
			t.Errorf("%s is no operator of the set", name)
			continue
		}
		for _, i := range append(r.Weights, r.Beside...) {
			if !o.In.holds(i+1) && o.In.Max <= i {
				t.Errorf("%s: weights in operand %d, takes %v", name, i, o.In)
			}
		}
		if len(r.Weights) == 0 || r.Axis < -1 || r.Axis > 3 {
			t.Errorf("%s: weights %v along %d", name, r.Weights, r.Axis)
		}
		if r.Whole && len(r.Weights) < 2 || r.Bits4 && !r.Bits8 || r.Blocks && !r.Bits4 {
			t.Errorf("%s: a row that contradicts itself: %+v", name, r)
		}
	}
}

// TestWides checks the rows for int16 activations.
func TestWides(t *testing.T) {
	for name, r := range wides {
		o := Set.Lookup(name)
		if o == nil {
			t.Errorf("%s is no operator of the set", name)
			continue
		}
		if r.Kind == Float || r.All == (len(r.Operands) > 0) {
			t.Errorf("%s: %+v says nothing, or operands twice", name, r)
		}
		for _, i := range r.Operands {
			if !o.In.holds(i+1) && o.In.Max <= i {
				t.Errorf("%s: operand %d, takes %v", name, i, o.In)
			}
		}
		if w := r.Weight; (w == nil) != (r.Bias == 0) || w != nil && (r.Operands[1] != w.Input || r.Bias >= o.In.Max) {
			t.Errorf("%s: weight %+v, bias %d, operands %v", name, w, r.Bias, r.Operands)
		}
	}
}
