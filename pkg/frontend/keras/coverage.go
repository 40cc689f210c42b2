package keras

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// WriteCoverage writes the part of docs/coverage.md that says what becomes of each layer of Keras, and of each operation of keras.ops.
func WriteCoverage(w io.Writer) error {
	var b strings.Builder
	b.WriteString("## Keras's layers\n\nA class that is not listed is refused: export the model as a SavedModel.\n\n| layer | |\n|---|---|\n")
	for _, class := range Classes() {
		l := Layers[class]
		text := l.Note
		if l.Call == nil {
			text = "refused: " + l.Note
		}
		fmt.Fprintf(&b, "| %s | %s |\n", class, text)
	}
	b.WriteString("\nActivations: " + strings.Join(slices.Sorted(maps.Keys(activations)), ", ") + ".\n")
	b.WriteString("\nOperations of `keras.ops`: " + strings.Join(slices.Sorted(maps.Keys(Operations)), ", ") + ".\n")
	b.WriteString("\nTensorFlow's functions in models of Keras 2 (`TFOpLambda`): " + strings.Join(slices.Sorted(maps.Keys(Functions)), ", ") + ".\n")
	_, err := io.WriteString(w, b.String())
	return err
}
