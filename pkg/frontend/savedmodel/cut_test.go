package savedmodel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/tensor"
)

func TestCut(t *testing.T) {
	whole := tensor.F32(tensor.Shape{3, 4}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	for spec, want := range map[string][]float32{
		"3 4 0,2:-":   {0, 1, 2, 3, 4, 5, 6, 7},
		"3 4 2,1:0,4": {8, 9, 10, 11},
		"3 4 -:1,2":   {1, 2, 5, 6, 9, 10},
		"3 4 1,0:-":   {},
		"":            {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
	} {
		part, err := cut(whole, spec)
		if err != nil {
			t.Errorf("%q: %v", spec, err)
			continue
		}
		got := []float32{}
		if len(part.Data) > 0 {
			got = tensor.View[float32](part)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", spec, diff)
		}
	}
	for _, spec := range []string{"3 4 0,2", "3 4 2,2:-", "3 4 -1,2:-", "3 4 x,2:-", "3 4 0,-2:-", "4 -", "3 4 0,9223372036854775807:-"} {
		if _, err := cut(whole, spec); err == nil {
			t.Errorf("%q is no error", spec)
		}
	}
}
