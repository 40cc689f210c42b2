//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// useAVX2 says whether the AVX2 variants run.
var useAVX2 = hasAVX2()

// useAVX512 says whether the AVX-512 variants run, where there are some. They need the AVX2 ones.
var useAVX512 = hasAVX512()

// useVNNI says whether variants run that add up products of bytes by AVX-512. They need the other ones of AVX-512.
var useVNNI = hasVNNI()

// useVBMI says whether variants run that look up bytes by AVX-512. They need the other ones of AVX-512.
var useVBMI = hasAVX512() && cpu.X86.HasAVX512VBMI

func hasVNNI() bool { return hasAVX512() && cpu.X86.HasAVX512VNNI }

func hasAVX512() bool {
	return hasAVX2() && cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasBMI2
}

func hasAVX2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// variants reports whether the functions in assembly run that all architectures with variants have.
func variants() bool { return useAVX2 }
