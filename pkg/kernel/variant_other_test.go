//go:build (!amd64 && !arm64) || purego

package kernel

// withoutVariants runs f with nothing but generic code, which is all there is.
func withoutVariants(f func()) { f() }

// withLesserVariants runs f with older variants, where there are some.
func withLesserVariants(func()) {}
