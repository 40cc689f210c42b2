package main

import (
	"strings"
	"unicode"
)

// printable returns text that others chose, such as file names of jobs, as one line that does nothing to a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ReplaceAll(text, "\n", " "))
}
