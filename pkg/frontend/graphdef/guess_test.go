package graphdef

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGuessOutputs(t *testing.T) {
	g := graph("x = Placeholder", "p = Placeholder", "alone = Const", "s = Switch(x, p)", "half = Identity(s:1)", "unread = Switch(p, p)", "n = Neg(s)",
		"m = Merge(n, s:1)", "y = Identity(m)", "z = Identity(x, ^half)", "lost = Identity(nothing)")
	if diff := cmp.Diff([]string{"y", "z"}, GuessOutputs(g)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}
