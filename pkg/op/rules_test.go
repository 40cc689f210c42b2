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
