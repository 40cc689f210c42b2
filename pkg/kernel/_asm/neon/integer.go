package neon

import "fmt"

// Text is an instruction whose operands are arranged as its text says.
type Text struct {
	word uint32
	text string
}

// Instructions of two vectors with a third as its result, which some also read.
var (
	MULWords    = Text{0x4ea09c00, "mul %v.4s, %v.4s, %v.4s"}
	MLAWords    = Text{0x4ea09400, "mla %v.4s, %v.4s, %v.4s"} // d += n*m
	SUBHalves   = Text{0x6e608400, "sub %v.8h, %v.8h, %v.8h"}
	ZIP1        = Text{0x4e003800, "zip1 %v.16b, %v.16b, %v.16b"} // the bytes of the lower halves in turn
	ZIP2        = Text{0x4e007800, "zip2 %v.16b, %v.16b, %v.16b"} // of the upper halves
	SUBBytes    = Text{0x6e208400, "sub %v.16b, %v.16b, %v.16b"}
	SMAXBytes   = Text{0x4e206400, "smax %v.16b, %v.16b, %v.16b"}
	SMINBytes   = Text{0x4e206c00, "smin %v.16b, %v.16b, %v.16b"}
	SMAXWords   = Text{0x4ea06400, "smax %v.4s, %v.4s, %v.4s"}
	SMINWords   = Text{0x4ea06c00, "smin %v.4s, %v.4s, %v.4s"}
	SQADD       = Text{0x4e600c00, "sqadd %v.8h, %v.8h, %v.8h"}    // saturates
	SQRDMULH    = Text{0x6ea0b400, "sqrdmulh %v.4s, %v.4s, %v.4s"} // (n*m + 2^30) / 2^31, rounded down; saturates
	SSHL        = Text{0x4ea04400, "sshl %v.4s, %v.4s, %v.4s"}     // by m to the left, or to the right where that is negative
	USHL        = Text{0x6ea04400, "ushl %v.4s, %v.4s, %v.4s"}     // likewise, without a sign
	SRSHL       = Text{0x4ea05400, "srshl %v.4s, %v.4s, %v.4s"}    // likewise, rounded to the nearest, halves upwards
	SMULL       = Text{0x0e20c000, "smull %v.8h, %v.8b, %v.8b"}    // products of the lower halves
	SMULL2      = Text{0x4e20c000, "smull2 %v.8h, %v.16b, %v.16b"} // of the upper halves
	SMLAL       = Text{0x0e208000, "smlal %v.8h, %v.8b, %v.8b"}    // added to d
	SMLAL2      = Text{0x4e208000, "smlal2 %v.8h, %v.16b, %v.16b"}
	SMULLWords  = Text{0x0e60c000, "smull %v.4s, %v.4h, %v.4h"}
	SMULL2Words = Text{0x4e60c000, "smull2 %v.4s, %v.8h, %v.8h"}
	SADDW       = Text{0x0e601000, "saddw %v.4s, %v.4s, %v.4h"}  // n and the lower half of m
	SADDW2      = Text{0x4e601000, "saddw2 %v.4s, %v.4s, %v.8h"} // and the upper half
	SADDWBytes  = Text{0x0e201000, "saddw %v.8h, %v.8h, %v.8b"}
	SADDW2Bytes = Text{0x4e201000, "saddw2 %v.8h, %v.8h, %v.16b"}
	TBL4        = Text{0x4e006000, "tbl %[1]v.16b, {%[2]v.16b, %[4]v.16b, %[5]v.16b, %[6]v.16b}, %[3]v.16b"} // of the 64 bytes of n and the three registers behind; 0 for a greater number
	TBX4        = Text{0x4e007000, "tbx %[1]v.16b, {%[2]v.16b, %[4]v.16b, %[5]v.16b, %[6]v.16b}, %[3]v.16b"} // likewise, but d stays for a greater number
)

// Of returns the instruction with its operands.
func (i Text) Of(d, n, m V) Instruction {
	word := i.word | uint32(m)<<16 | uint32(n)<<5 | uint32(d)
	if i == TBL4 || i == TBX4 {
		return Instruction{word, fmt.Sprintf(i.text, d, n, m, (n+1)%32, (n+2)%32, (n+3)%32)}
	}
	return Instruction{word, fmt.Sprintf(i.text, d, n, m)}
}

// SXTL makes halves of 16 bits of the lower bytes of n.
func SXTL(d, n V) Instruction { return between(0x0f08a400, "sshll %v.8h, %v.8b, #0", d, n) }

// SXTL2 makes halves of 16 bits of the upper bytes of n.
func SXTL2(d, n V) Instruction { return between(0x4f08a400, "sshll2 %v.8h, %v.16b, #0", d, n) }

// SXTLWords makes words of the lower halves of 16 bits of n.
func SXTLWords(d, n V) Instruction { return between(0x0f10a400, "sshll %v.4s, %v.4h, #0", d, n) }

// SXTL2Words makes words of the upper halves of 16 bits of n.
func SXTL2Words(d, n V) Instruction { return between(0x4f10a400, "sshll2 %v.4s, %v.8h, #0", d, n) }

// SXTLLongs makes integers of 64 bits of the lower words of n.
func SXTLLongs(d, n V) Instruction { return between(0x0f20a400, "sshll %v.2d, %v.2s, #0", d, n) }

// SXTL2Longs makes integers of 64 bits of the upper words of n.
func SXTL2Longs(d, n V) Instruction { return between(0x4f20a400, "sshll2 %v.2d, %v.4s, #0", d, n) }

// XTN makes the lower words of d of the integers of 64 bits of n, and clears the upper ones.
func XTN(d, n V) Instruction { return between(0x0ea12800, "xtn %v.2s, %v.2d", d, n) }

// XTN2 makes the upper words of d of the integers of 64 bits of n.
func XTN2(d, n V) Instruction { return between(0x4ea12800, "xtn2 %v.4s, %v.2d", d, n) }

// SQXTN makes the lower halves of 16 bits of d of the words of n, saturated.
func SQXTN(d, n V) Instruction { return between(0x0e614800, "sqxtn %v.4h, %v.4s", d, n) }

// SQXTN2 makes the upper halves of 16 bits of d of the words of n, saturated.
func SQXTN2(d, n V) Instruction { return between(0x4e614800, "sqxtn2 %v.8h, %v.4s", d, n) }

// SQXTNBytes makes the lower bytes of d of the halves of 16 bits of n, saturated.
func SQXTNBytes(d, n V) Instruction { return between(0x0e214800, "sqxtn %v.8b, %v.8h", d, n) }

// SQXTN2Bytes makes the upper bytes of d of the halves of 16 bits of n, saturated.
func SQXTN2Bytes(d, n V) Instruction { return between(0x4e214800, "sqxtn2 %v.16b, %v.8h", d, n) }

// CMLTZero sets all bits of the words that are negative in n, and clears the others.
func CMLTZero(d, n V) Instruction { return between(0x4ea0a800, "cmlt %v.4s, %v.4s, #0", d, n) }

// ABSWords makes d the magnitudes of the words of n.
func ABSWords(d, n V) Instruction { return between(0x4ea0b800, "abs %v.4s, %v.4s", d, n) }

// FCVTAS rounds n to the nearest integers, halves away from zero; it saturates, and a NaN becomes 0.
func FCVTAS(d, n V) Instruction { return between(0x4e21c800, "fcvtas %v.4s, %v.4s", d, n) }

// FCVTZS cuts n off to integers.
func FCVTZS(d, n V) Instruction { return between(0x4ea1b800, "fcvtzs %v.4s, %v.4s", d, n) }

// SCVTF makes float32 of the integers of n.
func SCVTF(d, n V) Instruction { return between(0x4e21d800, "scvtf %v.4s, %v.4s", d, n) }

// FCVTZSLongs cuts n off to integers of 64 bits.
func FCVTZSLongs(d, n V) Instruction { return between(0x4ee1b800, "fcvtzs %v.2d, %v.2d", d, n) }

// SCVTFLongs makes float64 of the integers of 64 bits of n.
func SCVTFLongs(d, n V) Instruction { return between(0x4e61d800, "scvtf %v.2d, %v.2d", d, n) }

// NEGWords makes d the words of n with the other sign.
func NEGWords(d, n V) Instruction { return between(0x6ea0b800, "neg %v.4s, %v.4s", d, n) }

// SMLALElement adds to the words of d the products of the lower halves of 16 bits of n and the one of m with the index; m is one of the first 16 registers.
func SMLALElement(d, n, m V, index int) Instruction {
	return halfElement(0x0f402000, "smlal %v.4s, %v.4h, %v.h[%d]", d, n, m, index)
}

// SMLAL2Element is SMLALElement for the upper halves of n.
func SMLAL2Element(d, n, m V, index int) Instruction {
	return halfElement(0x4f402000, "smlal2 %v.4s, %v.8h, %v.h[%d]", d, n, m, index)
}

func halfElement(word uint32, text string, d, n, m V, index int) Instruction {
	if m > 15 || index < 0 || index > 7 {
		panic(fmt.Sprintf("neon: no half %d of %v", index, m))
	}
	i := uint32(index)
	return Instruction{word | i>>2<<11 | i>>1&1<<21 | i&1<<20 | uint32(m)<<16 | uint32(n)<<5 | uint32(d), fmt.Sprintf(text, d, n, m, index)}
}

// SDOTElement adds to each word of d the four products of its bytes of n and those of the word of m with the index. Not every processor has it.
func SDOTElement(d, n, m V, index int) Instruction {
	if index < 0 || index > 3 {
		panic(fmt.Sprintf("neon: no word %d of %v", index, m))
	}
	i := uint32(index)
	return Instruction{0x4f80e000 | i>>1<<11 | i&1<<21 | uint32(m)<<16 | uint32(n)<<5 | uint32(d), fmt.Sprintf("sdot %v.4s, %v.16b, %v.4b[%d]", d, n, m, index)}
}

// DUPByte fills d with the lowest byte of n.
func DUPByte(d, n V) Instruction { return between(0x4e010400, "dup %v.16b, %v.b[0]", d, n) }

// DUPHalf fills d with the lowest half of 16 bits of n.
func DUPHalf(d, n V) Instruction { return between(0x4e020400, "dup %v.8h, %v.h[0]", d, n) }
