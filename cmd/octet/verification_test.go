package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/verify"
)

// Of many outputs the worst are printed, of long names the ends.
func TestPrintManyOutputs(t *testing.T) {
	r := &verify.Result{Samples: 3}
	for i := range listed + 5 {
		r.Outputs = append(r.Outputs, verify.Output{Name: fmt.Sprintf("%s/%d", strings.Repeat("block/", 50), i), Error: verify.Error{SQNR: float64(90 - i)}})
	}
	r.Outputs = append(r.Outputs, verify.Output{Name: "same", Integers: 4, Equal: 4}, verify.Output{Name: "others", Integers: 4, Equal: 3})
	r.Score = &verify.Score{Task: verify.Classify, Output: r.Outputs[0].Name}
	var text strings.Builder
	if err := printVerification(&text, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 3+listed {
		t.Errorf("%d lines, want %d:\n%s", len(lines), 3+listed, text.String())
	}
	for _, line := range lines {
		if len(line) > 180 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	for i, want := range []string{"", "", fmt.Sprintf(" %d, of which these are the worst", listed+7), `"others": 3 of 4`, fmt.Sprintf(`/%d": SQNR %d.00 dB`, listed+4, 90-listed-4)} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	if strings.Contains(text.String(), "same") {
		t.Errorf("an output that is equal is among the worst:\n%s", text.String())
	}
}
