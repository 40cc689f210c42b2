//go:build cgo

package sandbox_test

// withCgo says that threads can be made that Go does not know, so that not all protections can be had: those of a build that looks for races.
const withCgo = true
