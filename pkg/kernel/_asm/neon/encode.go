package neon

import (
	"fmt"
	"slices"
)

// Instruction is an instruction as a word and as text.
type Instruction struct {
	Word uint32
	Text string
}

// kind says which arrangements an instruction has, and where its word tells them apart.
type kind uint8

const (
	logical kind = iota // bits
	float               // float32 or float64, told apart by bit 22
	integer             // words of either size, which is at bit 22
)

// variant returns the bits for an arrangement.
func (k kind) variant(a Arrangement) uint32 {
	takes := [...][]Arrangement{logical: {B16}, float: {S4, D2}, integer: {S4, D2}}[k]
	if !slices.Contains(takes, a) {
		panic(fmt.Sprintf("neon: no instruction for %v", a))
	}
	switch {
	case k == integer && a == S4:
		return 2 << 22
	case k == integer:
		return 3 << 22
	case k == float && a == D2:
		return 1 << 22
	}
	return 0
}

// op is an instruction without operands.
type op struct {
	name string
	kind kind
	word uint32
}

// Three is an instruction of two vectors with a third as its result, which some also read.
type Three op

// Instructions of three vectors.
var (
	FADD  = Three{"fadd", float, 0x4e20d400}
	FSUB  = Three{"fsub", float, 0x4ea0d400}
	FMUL  = Three{"fmul", float, 0x6e20dc00}
	FDIV  = Three{"fdiv", float, 0x6e20fc00}
	FMLA  = Three{"fmla", float, 0x4e20cc00} // d += n*m, rounded once
	FMLS  = Three{"fmls", float, 0x4ea0cc00} // d -= n*m, rounded once
	FMAX  = Three{"fmax", float, 0x4e20f400} // NaN where either is; +0 is greater than -0
	FMIN  = Three{"fmin", float, 0x4ea0f400}
	FCMEQ = Three{"fcmeq", float, 0x4e20e400} // a mask; false where either is NaN
	FCMGE = Three{"fcmge", float, 0x6e20e400}
	FCMGT = Three{"fcmgt", float, 0x6ea0e400}
	ADD   = Three{"add", integer, 0x4e208400}
	SUB   = Three{"sub", integer, 0x6e208400}
	TRN1  = Three{"trn1", integer, 0x4e002800} // n[0], m[0], n[2], m[2]
	TRN2  = Three{"trn2", integer, 0x4e006800} // n[1], m[1], n[3], m[3]
	AND   = Three{"and", logical, 0x4e201c00}
	BIC   = Three{"bic", logical, 0x4e601c00} // n and not m
	ORR   = Three{"orr", logical, 0x4ea01c00}
	EOR   = Three{"eor", logical, 0x6e201c00}
	BSL   = Three{"bsl", logical, 0x6e601c00} // n where d has ones, else m
	BIT   = Three{"bit", logical, 0x6ea01c00} // d becomes n where m has ones
	BIF   = Three{"bif", logical, 0x6ee01c00} // d becomes n where m has zeros
)

// Of returns the instruction with its operands.
func (i Three) Of(a Arrangement, d, n, m V) Instruction {
	return Instruction{
		i.word | i.kind.variant(a) | uint32(m)<<16 | uint32(n)<<5 | uint32(d),
		fmt.Sprintf("%s %v.%v, %v.%[3]v, %[5]v.%[3]v", i.name, d, a, n, m),
	}
}

// Element is an instruction of a vector and one element of another.
type Element op

// FMLAElement is d += n*m[index], rounded once.
var FMLAElement = Element{"fmla", float, 0x4f801000}

// Of returns the instruction with its operands.
func (i Element) Of(a Arrangement, d, n, m V, index int) Instruction {
	if index < 0 || index >= 128/a.bits() {
		panic(fmt.Sprintf("neon: no element %d of %v", index, a))
	}
	at := uint32(index&1<<21 | index>>1<<11)
	if a == D2 {
		at = uint32(index << 11)
	}
	return Instruction{
		i.word | i.kind.variant(a) | at | uint32(m)<<16 | uint32(n)<<5 | uint32(d),
		fmt.Sprintf("%s %v.%v, %v.%[3]v, %[5]v.%[6]s[%[7]d]", i.name, d, a, n, m, a.element(), index),
	}
}

// Two is an instruction of one vector with another as its result.
type Two op

// Instructions of two vectors.
var (
	FABS   = Two{"fabs", float, 0x4ea0f800}
	FNEG   = Two{"fneg", float, 0x6ea0f800}
	FSQRT  = Two{"fsqrt", float, 0x6ea1f800}
	FRINTN = Two{"frintn", float, 0x4e218800} // to the nearest integer, ties to even
	FRINTM = Two{"frintm", float, 0x4e219800} // down
	FRINTP = Two{"frintp", float, 0x4ea18800} // up
	FCVTMS = Two{"fcvtms", float, 0x4e21b800} // down
	FRINTA = Two{"frinta", float, 0x6e218800} // to the nearest integer, ties away from zero
)

// Of returns the instruction with its operands.
func (i Two) Of(a Arrangement, d, n V) Instruction {
	return Instruction{i.word | i.kind.variant(a) | uint32(n)<<5 | uint32(d), fmt.Sprintf("%s %v.%v, %v.%[3]v", i.name, d, a, n)}
}

// Zero is a comparison with zero, whose result is a mask.
type Zero op

// Comparisons with zero, false where the operand is NaN.
var (
	FCMGEZero = Zero{"fcmge", float, 0x6ea0c800}
	FCMGTZero = Zero{"fcmgt", float, 0x4ea0c800}
	FCMLTZero = Zero{"fcmlt", float, 0x4ea0e800}
)

// Of returns the instruction with its operands.
func (i Zero) Of(a Arrangement, d, n V) Instruction {
	return Instruction{i.word | i.kind.variant(a) | uint32(n)<<5 | uint32(d), fmt.Sprintf("%s %v.%v, %v.%[3]v, #0.0", i.name, d, a, n)}
}

// Shift is a shift of every element by a constant.
type Shift struct {
	op
	left bool
}

// Shifts.
var (
	SHL  = Shift{op{"shl", integer, 0x4f005400}, true}
	USHR = Shift{op{"ushr", integer, 0x6f000400}, false}
)

// Of returns the instruction with its operands.
func (i Shift) Of(a Arrangement, d, n V, bits int) Instruction {
	size := a.bits()
	code := 2*size - bits
	if i.left {
		code = size + bits
	}
	if code < size || code >= 2*size {
		panic(fmt.Sprintf("neon: a shift of %v by %d", a, bits))
	}
	return Instruction{i.word | uint32(code)<<16 | uint32(n)<<5 | uint32(d), fmt.Sprintf("%s %v.%v, %v.%[3]v, #%[5]d", i.name, d, a, n, bits)}
}

// FCVTL makes the lower two float32 of n float64.
func FCVTL(d, n V) Instruction { return between(0x0e617800, "fcvtl %v.2d, %v.2s", d, n) }

// FCVTL2 makes the upper two float32 of n float64.
func FCVTL2(d, n V) Instruction { return between(0x4e617800, "fcvtl2 %v.2d, %v.4s", d, n) }

// FCVTN rounds the float64 of n to the lower two float32 of d and clears the others.
func FCVTN(d, n V) Instruction { return between(0x0e616800, "fcvtn %v.2s, %v.2d", d, n) }

// FCVTN2 rounds the float64 of n to the upper two float32 of d.
func FCVTN2(d, n V) Instruction { return between(0x4e616800, "fcvtn2 %v.4s, %v.2d", d, n) }

// DUP fills d with the lowest word of n.
func DUP(d, n V) Instruction { return between(0x4e040400, "dup %v.4s, %v.s[0]", d, n) }

// DUPUpper fills d with the upper half of n.
func DUPUpper(d, n V) Instruction { return between(0x4e180400, "dup %v.2d, %v.d[1]", d, n) }

// INSUpper sets the upper half of d to the lower half of n.
func INSUpper(d, n V) Instruction { return between(0x6e180400, "mov %v.d[1], %v.d[0]", d, n) }

// ADDV sets d to the sum of n's words, and its upper words to zero.
func ADDV(d, n V) Instruction { return across(0x4eb1b800, "addv", d, n) }

// FMAXV sets the lowest word of d to the greatest float32 of n, or NaN if one is.
func FMAXV(d, n V) Instruction { return across(0x6e30f800, "fmaxv", d, n) }

// FMINV sets the lowest word of d to the least float32 of n, or NaN if one is.
func FMINV(d, n V) Instruction { return across(0x6eb0f800, "fminv", d, n) }

func across(word uint32, name string, d, n V) Instruction {
	return Instruction{word | uint32(n)<<5 | uint32(d), fmt.Sprintf("%s s%d, %v.4s", name, uint8(d), n)}
}

// UADDLP makes the words of d sums of two words of 16 bits, without a sign, of n.
func UADDLP(d, n V) Instruction { return between(0x6e602800, "uaddlp %v.4s, %v.8h", d, n) }

// UADDW adds to the words of 64 bits of d the lower two words of 32 bits, without a sign, of n.
func UADDW(d, n V) Instruction { return widening(0x2ea01000, "uaddw %v.2d, %[1]v.2d, %v.2s", d, n) }

// UADDW2 adds to the words of 64 bits of d the upper two words of 32 bits, without a sign, of n.
func UADDW2(d, n V) Instruction { return widening(0x6ea01000, "uaddw2 %v.2d, %[1]v.2d, %v.4s", d, n) }

func widening(word uint32, text string, d, n V) Instruction {
	return Instruction{word | uint32(n)<<16 | uint32(d)<<5 | uint32(d), fmt.Sprintf(text, d, n)}
}

// CMEQZero sets all bits of the words that are zero in n, and clears the others.
func CMEQZero(d, n V) Instruction { return between(0x4ea09800, "cmeq %v.4s, %v.4s, #0", d, n) }

// TBL takes each byte of d from the one of n whose number m says.
func TBL(d, n, m V) Instruction {
	return Instruction{0x4e000000 | uint32(m)<<16 | uint32(n)<<5 | uint32(d), fmt.Sprintf("tbl %v.16b, {%v.16b}, %v.16b", d, n, m)}
}

// TBL2 takes each byte of d from one of the 32 of n and the register after it, whose number m says.
func TBL2(d, n, m V) Instruction {
	next := (n + 1) % 32
	return Instruction{0x4e002000 | uint32(m)<<16 | uint32(n)<<5 | uint32(d), fmt.Sprintf("tbl %v.16b, {%v.16b, %v.16b}, %v.16b", d, n, next, m)}
}

// MOV copies n to d.
func MOV(d, n V) Instruction { return ORR.Of(B16, d, n, n) }

// CLEAR sets all bits of d to zero.
func CLEAR(d V) Instruction { return EOR.Of(B16, d, d, d) }

// between returns an instruction whose operands are arranged as its text says.
func between(word uint32, text string, d, n V) Instruction {
	return Instruction{word | uint32(n)<<5 | uint32(d), fmt.Sprintf(text, d, n)}
}
