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
		{"bilinear", bilinear},
		{"columns", columns},
		{"curve", curves},
		{"depthwise", depthwise},
		{"distance", distance},
		{"elementwise", elementwise},
		{"gemm", gemm},
		{"histogram", histogram},
		{"hybrid", hybrid},
		{"lines", copyLines},
		{"minmax", minMax},
		{"pool", pool},
		{"s8_depthwise", s8Depthwise},
		{"s8_elementwise", s8Elementwise},
		{"s8_gemm", s8Gemm},
		{"s8_rescale", s8Rescale},
		{"s8_window", s8Window},
		{"spread", spreadLines},
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

// newBounds loads the limits to which a register points.
func newBounds(f *Function, at R) bounds {
	b := bounds{f.V(), f.V(), f.V()}
	f.Fill(b.lo, at, 0)
	f.Fill(b.hi, at, size)
	return b
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

// limits keeps values within the limits, of which none is NaN, to which a register points. An infinite one changes nothing, and is not looked at; one that
// is not zero needs no comparison. It changes bits, bound and mask.
func limits(f *Function, label func(string) string, at, bits R, bound, mask V, values []V) {
	for i, side := range []struct {
		name    string
		extreme Three
		beyond  func(v V) Instruction
	}{
		{"low", FMAX, func(v V) Instruction { return FCMGT.Of(S4, mask, bound, v) }},
		{"high", FMIN, func(v V) Instruction { return FCMGT.Of(S4, mask, v, bound) }},
	} {
		done, zero := label(side.name), label(side.name+"Zero")
		f.Op("MOVWU", at.At(i*size), bits)
		f.Fill(bound, at, i*size)
		f.Comment("Without its sign")
		f.Op("LSL", Imm(33), bits)
		f.Op("CBZ", bits, zero)
		f.Op("LSR", Imm(56), bits)
		f.Op("CMP", Imm(255), bits)
		f.Op("BEQ", done)
		for _, v := range values {
			f.Do(side.extreme.Of(S4, v, v, bound))
		}
		f.Op("B", done)
		f.Label(zero)
		for _, v := range values {
			f.Do(side.beyond(v), BIT.Of(B16, v, bound, mask))
		}
		f.Label(done)
	}
}

// plain is what names labels in a function where each is used once.
func plain(name string) string { return name }

// times repeats body until n, which is changed by step each time, is zero. n is a positive multiple of step.
func times(f *Function, label string, n R, step int, body func()) {
	f.Label(label)
	body()
	f.Op("SUBS", Imm(step), n, n)
	f.Op("BNE", label)
}
