// Package curve holds functions of one number as programs for vectors of float32, one for all instruction sets: a generator goes through the steps of a program
// and writes the instructions of its processor. Their Go counterparts in package kernel do the same steps with one number.
package curve

import "math"

// Op is an operation on vectors, element by element.
type Op uint8

// The operations. a, b and c are the operands of a step. A mask has all bits of an element set, or none.
const (
	Input     Op = iota // the argument of the function
	Const               // Bits in every element
	Parameter           // the parameter of this number in Bits, in every element
	Add                 // a + b
	Sub                 // a - b
	Mul                 // a * b
	Div                 // a / b
	FMA                 // c + a*b, rounded once
	FNMA                // c - a*b, rounded once
	AtMost              // the lesser of a and the constant b, which is not NaN; a NaN in a stays
	AtLeast             // the greater of a and the constant b, likewise
	And                 // the bits that are set in a and in b
	Or                  // the bits that are set in a or in b
	AddInt              // a + b as integers of 32 bits
	SubInt              // a - b as integers of 32 bits
	ShiftUp             // a shifted by Bits towards its sign
	ShiftDown           // a shifted by Bits away from its sign; zeros follow
	Less                // a mask: where a < b, and neither is NaN
	Equal               // a mask: where a = b
	Select              // a where the mask c is set, else b
	Drop                // 0 where the mask b is set, else a
)

// Value is the result of a step: its number.
type Value int

// Step is one step of a program.
type Step struct {
	Op   Op
	Args []Value // results of earlier steps
	Bits uint32  // of a constant; the number of a parameter; the width of a shift
}

// Program computes a function. The first step is its argument, the last one the result.
type Program struct {
	Steps []Step
	known map[uint32]Value // constants by their bits
}

func newProgram() (p *Program, x Value) {
	p = &Program{known: map[uint32]Value{}}
	return p, p.do(Input)
}

// LastUse returns for each value the step that uses it last.
func (p *Program) LastUse() []int {
	last := make([]int, len(p.Steps))
	for i, s := range p.Steps {
		for _, a := range s.Args {
			last[a] = i
		}
	}
	last[len(last)-1] = len(last)
	return last
}

// do appends a step.
func (p *Program) do(op Op, args ...Value) Value {
	p.Steps = append(p.Steps, Step{Op: op, Args: args})
	return Value(len(p.Steps) - 1)
}

// shift appends a step that shifts.
func (p *Program) shift(op Op, a Value, width uint32) Value {
	v := p.do(op, a)
	p.Steps[v].Bits = width
	return v
}

// bits returns the constant of these bits.
func (p *Program) bits(b uint32) Value {
	v, ok := p.known[b]
	if !ok {
		v = p.do(Const)
		p.Steps[v].Bits, p.known[b] = b, v
	}
	return v
}

// parameter returns a parameter of the function, the first of which is 0.
func (p *Program) parameter(number uint32) Value {
	v := p.do(Parameter)
	p.Steps[v].Bits = number
	return v
}

// num returns the constant f.
func (p *Program) num(f float32) Value { return p.bits(math.Float32bits(f)) }

func (p *Program) add(a, b Value) Value     { return p.do(Add, a, b) }
func (p *Program) sub(a, b Value) Value     { return p.do(Sub, a, b) }
func (p *Program) mul(a, b Value) Value     { return p.do(Mul, a, b) }
func (p *Program) div(a, b Value) Value     { return p.do(Div, a, b) }
func (p *Program) fma(a, b, c Value) Value  { return p.do(FMA, a, b, c) }
func (p *Program) fnma(a, b, c Value) Value { return p.do(FNMA, a, b, c) }

// horner evaluates a polynomial in x, whose coefficients are given from the highest power on.
func (p *Program) horner(x Value, coefficients ...float32) Value {
	y := p.num(coefficients[0])
	for _, c := range coefficients[1:] {
		y = p.fma(y, x, p.num(c))
	}
	return y
}
