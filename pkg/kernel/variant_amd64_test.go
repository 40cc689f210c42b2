//go:build amd64 && !purego

package kernel

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// withoutVariants runs f with nothing but generic code.
func withoutVariants(f func()) {
	defer func(was bool) { useAVX2 = was }(useAVX2)
	useAVX2 = false
	f()
}

// withLesserVariants runs f with AVX2 alone where there is more.
func withLesserVariants(f func()) {
	if !useAVX512 {
		return
	}
	useAVX512, panelWidth = false, panelWidthOf(false)
	defer func() { useAVX512, panelWidth = true, panelWidthOf(true) }()
	f()
}

// hasVariants reports whether the processor has what the variants need, as the system knows it.
func hasVariants(t *testing.T) bool {
	return features(t, "avx2", "fma")
}

// features reports whether the processor has what the system calls by these names.
func features(t *testing.T, names ...string) bool {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says by another way what the processor has")
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(info[max(0, bytes.Index(info, []byte("\nflags")))+1:], []byte("\n"))
	for _, name := range names {
		if !slices.Contains(strings.Fields(string(line)), name) {
			return false
		}
	}
	return true
}

// genericOnly are the kernels that have no variant here.
var genericOnly []string

// TestCalls checks that the fields lie where the kernels look for them.
func TestCalls(t *testing.T) {
	checkCall[tileCall](t, "rows tiles kc ks in inStep offs offsRow offsRun offsStep step zero b ahead aheadStep start startRow out outRow last bounds left bins binsEnd counts")
	checkCall[s8TileCall](t, "rows tiles steps in inRow b start terms termRow out outRow")
	checkCall[s8RescaleCall](t, "rows n sums sumsRow out outRow m left right add factor zero lo hi")
	checkCall[s8DepthwiseCall](t, "runs table groups in inStep zero w start sums sumsStep mask")
}

// checkCall checks the fields' names, and that each has 8 bytes.
func checkCall[T any](t *testing.T, names string) {
	t.Helper()
	call := reflect.TypeFor[T]()
	for i, name := range strings.Fields(names) {
		if f := call.Field(i); f.Name != name || f.Offset != uintptr(8*i) || f.Type.Size() != 8 {
			t.Errorf("field %d of %v is %s of %d bytes at %d, want %s of 8 at %d", i, call, f.Name, f.Type.Size(), f.Offset, name, 8*i)
		}
	}
}

// TestRegisters looks for registers that AVX2 has not in kernels that are not named after AVX-512: the generator takes them when it runs out of others, and a processor
// with AVX-512 does not mind.
func TestRegisters(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	high := regexp.MustCompile(`\b(?:[XYZ](?:1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`)
	functions := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wide := true
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "TEXT ·"); ok {
				wide = strings.Contains(name, "AVX512") || strings.Contains(name, "VNNI") || strings.Contains(name, "VBMI")
				functions++
			} else if !wide && high.MatchString(line) {
				t.Errorf("%s: %s", file, strings.TrimSpace(line))
			}
		}
	}
	if functions == 0 {
		t.Error("no kernel was found")
	}
}
