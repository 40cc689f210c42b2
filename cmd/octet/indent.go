package main

import (
	"bytes"
	"io"
)

// indented writes lines indented, without a prefix of paths that would only distract.
type indented struct {
	w      io.Writer
	prefix string
}

func (i indented) Write(p []byte) (int, error) {
	text := bytes.ReplaceAll(p, []byte(i.prefix), nil)
	for line := range bytes.Lines(text) {
		if _, err := i.w.Write(append([]byte("  "), line...)); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
