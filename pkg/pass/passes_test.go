package pass

import (
	"slices"
	"testing"
)

func TestListsRespectTheOrder(t *testing.T) {
	for name, list := range map[string][]Pass{"Float": Float, "Import": Import} {
		at := map[string]int{}
		for i, p := range list {
			if p.Name == "" || p.Why == "" || p.Run == nil {
				t.Errorf("%s: pass %d is incomplete", name, i)
			}
			if _, twice := at[p.Name]; twice {
				t.Errorf("%s: %s is listed twice", name, p.Name)
			}
			at[p.Name] = i
		}
		for _, pair := range Order {
			first, ok1 := at[pair[0]]
			second, ok2 := at[pair[1]]
			if ok1 && ok2 && first >= second {
				t.Errorf("%s: %s must come before %s", name, pair[0], pair[1])
			}
		}
	}
	if !slices.ContainsFunc(Order, func(p [2]string) bool { return p[0] == "fold_densify" }) {
		t.Error("the order of densify and dequantize is not stated")
	}
}
