// Command s8rescale writes the kernels that make int8 of sums. Their Go counterpart is S8Result.of.
package main

//go:generate go run . -out ../../s8_rescale_amd64.s -stubs ../../s8_rescale_stub_amd64.go -pkg kernel

import (
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// size is the number of bytes of a sum.
const size = 4

// fields are those of an s8RescaleCall in their order, of 8 bytes each.
var fields = strings.Fields("rows n sums sumsRow out outRow m left right add factor zero lo hi")

// kernel is a function in the making.
type kernel struct{ call reg.GPVirtual }

// field is the place of a field of the call.
func (k kernel) field(name string) Mem {
	return Mem{Base: k.call, Disp: 8 * slices.Index(fields, name)}
}

// load returns a register with a field.
func (k kernel) load(name string) reg.GPVirtual {
	r := GP64()
	MOVQ(k.field(name), r)
	return r
}

func begin(name, what string) kernel {
	TEXT(name, NOSPLIT, "func(call *byte)")
	Pragma("noescape")
	Doc(name+" "+what+" It reads and writes n columns of rows and no more.",
		"The call is an s8RescaleCall; sumsRow and outRow count bytes.")
	k := kernel{GP64()}
	Load(Param("call"), k.call)
	return k
}

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	writeConstants()
	for _, f := range forms {
		wide(f)
	}
	for _, f := range append(forms, form{"s8RescaleAbove", "is s8RescaleSmallAVX2 where the least result is the zero point or greater.", nil, aboveNarrow}) {
		narrow(f)
	}
	Generate()
}

// form is a way to make int8 of sums.
type form struct {
	name, what string
	wide       func(k kernel) arithmetic // on registers of 16 sums
	narrow     func(k kernel) arithmetic // on registers of 8 sums
}

// arithmetic is a form's, for one instruction set.
type arithmetic struct {
	// columns loads what belongs to the columns from the one on whose number is in the register.
	columns func(column reg.GPVirtual)
	// of makes of the sums in x integers of 32 bits, of which what is beyond int8 is still to be limited.
	of func(x reg.VecVirtual)
	// together says whether there are registers for several rows at once, order what undoes the order of 16 bytes, if that is not theirs; both for AVX2.
	together bool
	order    *Mem
}

var forms = []form{
	{"s8Rescale", "rescales any sums by multipliers of any shift.", anyWide, anyNarrow},
	{"s8RescaleSmall", "rescales sums below 2^30 by multipliers that shift right by 1 to 22.", smallWide, smallNarrow},
	{"s8Scale", "multiplies sums by factors in float64.", factorWide, factorNarrow},
}

// constants in memory.
var transposed, firsts, joined, swapped Mem

func writeConstants() {
	transposed = GLOBL("s8Transposed", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(uint32(i%4*4+i/4)))
	}
	// Loaded from n lanes before the middle on, n lanes of ones.
	firsts = GLOBL("s8Firsts", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(-uint32(1-i/8)))
	}
	// Halves of four rows, one behind the other.
	joined = GLOBL("s8Joined", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(uint32(i%2*4+i/2)))
	}
	swapped = GLOBL("s8Swapped", RODATA|NOPTR)
	for i := range 8 {
		at := uint32(i % 4 * 4)
		DATA(4*i, U32(at|(at+2)<<8|(at+1)<<16|(at+3)<<24))
	}
}
