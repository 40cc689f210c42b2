//go:build arm64 && !purego

package kernel

// useNEON says whether the NEON variants run. Every processor has it.
var useNEON = true

// variants reports whether the functions in assembly run that all architectures with variants have.
func variants() bool { return useNEON }
