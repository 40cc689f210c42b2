//go:build arm64 && !purego

package kernel

import "testing"

// withoutVariants runs f with nothing but generic code.
func withoutVariants(f func()) {
	defer func(was bool) { useNEON = was }(useNEON)
	useNEON = false
	f()
}

// withLesserVariants runs f with what every processor has where there is more.
func withLesserVariants(f func()) {
	if !useDot {
		return
	}
	useDot = false
	defer func() { useDot = true }()
	f()
}

// hasVariants reports whether the processor has what the variants need.
func hasVariants(*testing.T) bool { return true }

// genericOnly are the kernels that have no variant here.
var genericOnly = []string{"int16 products"}
