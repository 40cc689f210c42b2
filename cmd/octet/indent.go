package main

import (
	"bytes"
	"io"
)

// indented writes lines indented, without a prefix of paths that would only distract.
type indented struct {
	w      io.Writer
	prefix string
	inside bool // of a line
}

func (i *indented) Write(p []byte) (int, error) {
	var out []byte
	for line := range bytes.Lines(bytes.ReplaceAll(p, []byte(i.prefix), nil)) {
		if !i.inside {
			out = append(out, "  "...)
		}
		out = append(out, line...)
		i.inside = line[len(line)-1] != '\n'
	}
	if _, err := i.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
