// Command arm64 writes the NEON kernels. Each file of it has a Go counterpart, which it names, and for most kernels a twin that writes AVX2's.
//
// NEON's registers hold four float32: what package kernel calls a vector of 8 is a pair of them.
package main

//go:generate go run .

import (
	"log"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

const (
	lanes    = 4  // float32 in a register
	register = 16 // bytes
	size     = 4  // bytes of a float32
)

func main() {
	for _, f := range []struct {
		name  string
		write func(*File)
	}{
		{"depthwise", depthwise},
		{"elementwise", elementwise},
		{"gemm", gemm},
		{"histogram", histogram},
		{"minmax", minMax},
		{"pool", pool},
		{"sum", sum},
	} {
		var file File
		f.write(&file)
		if err := file.Write("../../" + f.name); err != nil {
			log.Fatal(err)
		}
	}
}

// bounds are registers filled with limits, and one for masks.
type bounds struct{ lo, hi, mask V }

// newBounds loads the limits to which the argument of this name points.
func newBounds(f *Function, at R) bounds {
	b := bounds{f.V(), f.V(), f.V()}
	b.load(f, at)
	return b
}

func (b bounds) load(f *Function, at R) {
	f.Fill(b.lo, at, 0)
	f.Fill(b.hi, at, size)
}

// limit keeps v within bounds. Comparisons leave a NaN as it is, and a zero of either sign; the processor's minimum and maximum do not.
func (b bounds) limit(f *Function, v V) {
	f.Do(
		FCMGT.Of(S4, b.mask, b.lo, v),
		BIT.Of(B16, v, b.lo, b.mask),
		FCMGT.Of(S4, b.mask, v, b.hi),
		BIT.Of(B16, v, b.hi, b.mask),
	)
}

// times repeats body until n, which is changed by step each time, is zero. n is a positive multiple of step.
func times(f *Function, label string, n R, step int, body func()) {
	f.Label(label)
	body()
	f.Op("SUBS", Imm(step), n, n)
	f.Op("BNE", label)
}
