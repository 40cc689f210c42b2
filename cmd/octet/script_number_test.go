package main

import (
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

func atoi(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

func atof(ts *testscript.TestScript, s string) float32 {
	f, err := strconv.ParseFloat(s, 32)
	ts.Check(err)
	return float32(f)
}
