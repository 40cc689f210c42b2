package keras_test

import (
	"bytes"
	"testing"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/keras"
)

func TestCoveragePageIsMadeFromTheTables(t *testing.T) {
	var page bytes.Buffer
	page.WriteString("# What becomes of TensorFlow's operators and Keras's layers\n\n" +
		"Made from the tables of packages `graphdef` and `keras`; `go test ./pkg/frontend/keras -update` remakes it.\n\n")
	if err := graphdef.WriteCoverage(&page); err != nil {
		t.Fatal(err)
	}
	page.WriteString("\n")
	if err := keras.WriteCoverage(&page); err != nil {
		t.Fatal(err)
	}
	golden.File(t, "../../../docs/coverage.md", page.Bytes())
}

func TestRefusedLayersSayWhy(t *testing.T) {
	for class, l := range keras.Layers {
		if l.Call == nil && l.Note == "" {
			t.Errorf("%s is refused for no reason", class)
		}
	}
}
