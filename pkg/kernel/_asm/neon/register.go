// Package neon writes Go assembly for arm64. Go's assembler knows few of the vector instructions; those are encoded here, and stand in the
// output as words with their usual text beside them. Loads, stores, integers and branches are written as the assembler takes them.
package neon

import "fmt"

// V is a vector register of 128 bits.
type V uint8

// String returns the register's name in ARM's syntax.
func (v V) String() string { return fmt.Sprintf("v%d", uint8(v)) }

// F returns the register's name as an operand of the assembler's loads and stores.
func (v V) F() Operand { return Operand(fmt.Sprintf("F%d", uint8(v))) }

// Operand is an operand as Go's assembler takes it.
type Operand string

// R is a register for integers and addresses.
type R uint8

// String returns the register's name in the assembler's syntax.
func (r R) String() string { return fmt.Sprintf("R%d", uint8(r)) }

// At returns the memory that many bytes behind the address in the register.
func (r R) At(offset int) Operand {
	if offset == 0 {
		return Operand(fmt.Sprintf("(%v)", r))
	}
	return Operand(fmt.Sprintf("%d(%v)", offset, r))
}

// Field returns a field of the Go struct to which the register points; fields are named like stripCall_table.
func (r R) Field(name string) Operand { return Operand(fmt.Sprintf("%s(%v)", name, r)) }

// Shifted returns the register's content, shifted to the left, as an operand.
func (r R) Shifted(bits int) Operand { return Operand(fmt.Sprintf("%v<<%d", r, bits)) }

// Imm returns a constant as an operand.
func Imm(v int) Operand { return Operand(fmt.Sprintf("$%d", v)) }

// Arrangement says what a vector register holds.
type Arrangement uint8

// The arrangements of whole registers.
const (
	B16 Arrangement = iota // bytes, or just bits
	S4                     // words of 32 bits, or float32
	D2                     // words of 64 bits, or float64
)

func (a Arrangement) String() string { return [...]string{"16b", "4s", "2d"}[a] }

// bits returns the size of an element.
func (a Arrangement) bits() int { return [...]int{8, 32, 64}[a] }

// element returns the letter for one element.
func (a Arrangement) element() string { return [...]string{"b", "s", "d"}[a] }
