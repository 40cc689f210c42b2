package testmodel

import (
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

func TestModelsAreSoundAndAlwaysTheSame(t *testing.T) {
	for _, c := range All() {
		m := c.Build()
		if err := ir.Verify(m, op.Set); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if again := c.Build(); again == m || again.String() != m.String() {
			t.Errorf("%s: two calls give one model, or different ones", c.Name)
		}
	}
}
