package graphdef

import (
	"bytes"
	"testing"

	"github.com/octetlite/octet/internal/golden"
)

func TestCoveragePageIsMadeFromTheTable(t *testing.T) {
	var page bytes.Buffer
	if err := WriteCoverage(&page); err != nil {
		t.Fatal(err)
	}
	golden.File(t, "../../../docs/coverage.md", page.Bytes())
}

func TestRowsSayEnough(t *testing.T) {
	for _, name := range Ops.Names() {
		if o := Ops.Lookup(name); o.Lower == nil && o.Note == "" {
			t.Errorf("%s is refused for no reason", name)
		}
	}
}
