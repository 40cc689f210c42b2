package graphdef

import "testing"

func TestRowsSayEnough(t *testing.T) {
	for _, name := range Ops.Names() {
		if o := Ops.Lookup(name); o.Lower == nil && o.Note == "" {
			t.Errorf("%s is refused for no reason", name)
		}
	}
}
