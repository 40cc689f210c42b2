package graphdef

import (
	"fmt"
	"io"
)

// WriteCoverage writes the part of docs/coverage.md that says what becomes of each operator of TensorFlow.
func WriteCoverage(w io.Writer) error {
	var groups [3][]*Op
	for _, name := range Ops.Names() {
		o := Ops.Lookup(name)
		switch {
		case o.Lower == nil:
			groups[2] = append(groups[2], o)
		case o.To == "":
			groups[1] = append(groups[1], o)
		default:
			groups[0] = append(groups[0], o)
		}
	}
	p := &printer{w: w}
	p.printf("## TensorFlow's operators\n\n")
	p.printf("Whatever has constant operands alone is folded, and leaves no operator. An operator that is not listed here is refused.\n")
	p.printf("\n### Lowered (%d)\n\n| TensorFlow | TensorFlow Lite, before fusion | notes |\n|---|---|---|\n", len(groups[0]))
	for _, o := range groups[0] {
		p.printf("| %s | %s | %s |\n", o.Name, o.To, o.Note)
	}
	p.printf("\n### Vanishing or folded only (%d)\n\n| TensorFlow | notes |\n|---|---|\n", len(groups[1]))
	for _, o := range groups[1] {
		p.printf("| %s | %s |\n", o.Name, o.Note)
	}
	p.printf("\n### Refused (%d)\n\n| TensorFlow | reason |\n|---|---|\n", len(groups[2]))
	for _, o := range groups[2] {
		p.printf("| %s | %s |\n", o.Name, o.Note)
	}
	return p.err
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
