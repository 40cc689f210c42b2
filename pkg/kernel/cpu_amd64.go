//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// useAVX2 says whether the AVX2 variants run.
var useAVX2 = hasAVX2()

func hasAVX2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// variants reports whether the functions in assembly run that all architectures with variants have.
func variants() bool { return useAVX2 }
