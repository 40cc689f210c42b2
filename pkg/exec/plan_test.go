package exec

import (
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// TestLastReaderOverwrites wants results over operands that are read for the last time, however often they were read before, and over no others.
func TestLastReaderOverwrites(t *testing.T) {
	m, err := ir.Parse(`graph "main" {
		%0 = input "x" f32[1,4]
		%1 "n" f32[1,4] = NEG(%0)
		%2 "s" f32[1,4] = LOGISTIC(%1)
		%3 "swish" f32[1,4] = MUL(%1, %2)
		%4 "a" f32[1,4] = ADD(%3, %0)
		%5 "b" f32[1,4] = ADD(%4, %3)
		return %5
	}`, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(m, 0, Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for _, s := range p.plans[0].slots {
		at[s.value.Name] = s.offset
	}
	if at["swish"] != at["n"] || at["s"] == at["n"] {
		t.Errorf("swish lies at %d, its operand at %d, and its logistic function at %d", at["swish"], at["n"], at["s"])
	}
	if at["a"] == at["swish"] || at["b"] != at["a"] {
		t.Errorf("the first sum lies at %d, its operand, which is read again, at %d, the second sum at %d", at["a"], at["swish"], at["b"])
	}
}
