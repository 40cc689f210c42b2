//go:build arm64 && !purego && unix

package kernel

import (
	"strings"
	"testing"
)

// TestProductsOfBytesRun fails where the processor multiplies bytes and the variants that have it do so don't run.
func TestProductsOfBytesRun(t *testing.T) {
	isas := map[bool]string{true: "Dot", false: "NEON"}
	x := int32s(unreadable(t, 1<<14))
	check := func() {
		for n, name := range map[int]string{8: "s8Tiles8", 16: "s8Tiles16"} {
			if in := readIn(s8ProductOf(view[int64](x), n)); !strings.HasSuffix(in.Function, "."+name+isas[useDot]) {
				t.Errorf("columns are read in %s, want %s", in.Function, name+isas[useDot])
			}
		}
	}
	check()
	withLesserVariants(check)
}
