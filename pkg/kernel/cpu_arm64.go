//go:build arm64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// useNEON says whether the NEON variants run. Every processor has it.
var useNEON = true

// useDot says whether those run that multiply bytes, four at a time.
var useDot = cpu.ARM64.HasASIMDDP

// variants reports whether the functions in assembly run that all architectures with variants have.
func variants() bool { return useNEON }
