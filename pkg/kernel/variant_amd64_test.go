//go:build amd64 && !purego

package kernel

import (
	"bytes"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/cpu"
)

// withoutVariants runs f with nothing but generic code.
func withoutVariants(f func()) {
	defer func(was bool) { useAVX2 = was }(useAVX2)
	useAVX2 = false
	f()
}

// hasVariants reports whether the processor has what the variants need, as the system knows it.
func hasVariants(t *testing.T) bool {
	if runtime.GOOS != "linux" {
		return cpu.X86.HasAVX2 && cpu.X86.HasFMA
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(info, []byte(" avx2 ")) && bytes.Contains(info, []byte(" fma "))
}

// genericOnly are the kernels that have no variant here.
var genericOnly []string
