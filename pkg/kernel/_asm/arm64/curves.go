package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/kernel/_asm/curve"
	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

// curves writes the kernels of functions of one number. Their Go counterparts are in expo.go, gelu.go and log.go.
func curves(file *File) {
	var table constants
	for _, fn := range curve.Functions() {
		name := fn.Name + "Asm"
		f := file.Function(name, "func(dst, src *float32, n int)",
			fmt.Sprintf("%s stores %s of src in dst, which may be src, for n elements, a positive multiple of 8.", name, fn.Does))
		newTranslation(fn.Program, &table, f.Vs(32), nil).loop(f, func([]V) {})
		f.Return()
	}
	softmax(file, &table)
	softmaxLines(file, &table)
	file.Constants(constantsName, table)
}

// softmax writes the kernel of softmax's exponentials, which it adds up as F32Sum does.
func softmax(file *File, table *constants) {
	f := file.Function("softmaxAsm", "func(dst, src *float32, n int, top, beta float32, sums *[8]float64)",
		"softmaxAsm stores exp(beta*(x - top)) of src in dst, which may be src, for n elements, a positive multiple of 8, and adds every eighth result",
		"to each of sums, one after the other.")
	top, beta, sums, wide := f.V(), f.V(), f.Vs(4), f.Vs(2)
	f.FillArgument(top, "top")
	f.FillArgument(beta, "beta")
	at := f.Loaded("sums")
	for i := 0; i < len(sums); i += 2 {
		f.ReadPair(sums[i], sums[i+1], at, i*register)
	}
	newTranslation(curve.Softmax(), table, f.Vs(24), []V{top, beta}).loop(f, func(result []V) { addTo(f, sums, result, wide) })
	for i := 0; i < len(sums); i += 2 {
		f.WritePair(sums[i], sums[i+1], at, i*register)
	}
	f.Return()
}

// softmaxLines writes the kernel of softmax for many lines. Each is divided by its sum beside the exponentials of the next one, which leave the divider to it.
func softmaxLines(file *File, table *constants) {
	f := file.Function("softmaxLinesAsm", "func(dst, src *float32, n, lines int, tops *float32, beta float32)",
		"softmaxLinesAsm stores exp(beta*(x - top)) of src over the sum of these, made by F32Sum and rounded, in dst, which may be src, for lines of n elements, a positive multiple of 8,",
		"each with a top.")
	top, beta, sum, sums, wide := f.V(), f.V(), f.V(), f.Vs(4), f.Vs(2)
	f.FillArgument(beta, "beta")
	lines, tops, whole, before := f.Loaded("lines"), f.Loaded("tops"), f.Loaded("n"), f.R()
	c := newTranslation(curve.Softmax(), table, f.Vs(23), []V{top, beta})
	c.begin(f)
	divide := func() {
		f.ReadPair(wide[0], wide[1], before, 0)
		f.Do(FDIV.Of(S4, wide[0], wide[0], sum), FDIV.Of(S4, wide[1], wide[1], sum))
		f.WritePairNext(wide[0], wide[1], before)
	}
	f.Comment("The first line is divided by 1 itself")
	f.Read(sum, c.constants, table.at(math.Float32bits(1)))
	f.Op("MOVD", c.dst, before)
	times(f, "line", lines, 1, func() {
		f.Fill(top, tops, 0)
		f.Op("ADD", Imm(size), tops)
		for _, s := range sums {
			f.Do(CLEAR(s))
		}
		f.Op("MOVD", whole, c.n)
		c.repeat(func(result []V) {
			addTo(f, sums, result, wide)
			divide()
		})
		fold(f, sums)
		f.Do(FCVTN(sums[0], sums[0]), DUP(sum, sums[0]))
		f.Op("SUB", whole.Shifted(2), c.dst, before)
	})
	times(f, "last", whole, side*lanes, divide)
	f.Return()
}

// addTo adds eight numbers to eight sums.
func addTo(f *Function, sums, x, wide []V) {
	for i, x := range x {
		f.Do(FCVTL(wide[0], x), FCVTL2(wide[1], x), FADD.Of(D2, sums[2*i], sums[2*i], wide[0]), FADD.Of(D2, sums[2*i+1], sums[2*i+1], wide[1]))
	}
}

// constantsName is the name of the table of constants.
const constantsName = "curveConstants"

// constants are numbers in memory, each four times.
type constants []uint32

// at returns where a constant lies, in bytes.
func (c *constants) at(bits uint32) int {
	i := slices.Index(*c, bits)
	if i < 0 {
		i = len(*c)
		*c = append(*c, bits, bits, bits, bits)
	}
	return size * i
}

// side is the number of registers for which each step is done side by side: a kernel's vector of 8.
const side = 2

// translation turns a program into instructions. Constants to which products are added are loaded where the sum is made; of the others those that are
// used most stay in registers that nothing else needs.
type translation struct {
	*curve.Program
	f          *Function
	registers  []V // that the translation may use
	parameters []V // of the program
	table      *constants
	constants  R // points to the table
	dst, src   R
	n          R // elements that are left
	uses       map[uint32]int
	fixed      map[uint32]V // constants that stay in registers
	last       []int        // steps that use values last
	values     map[curve.Value][]V
	loaded     []V // constants for one step
	free       []V
	least      int // how many registers were free when most were taken
}

func newTranslation(p *curve.Program, table *constants, registers, parameters []V) *translation {
	c := &translation{Program: p, registers: registers, parameters: parameters, table: table, last: p.LastUse(), uses: map[uint32]int{}, fixed: map[uint32]V{}}
	for i, s := range p.Steps {
		if s.Op == curve.Parameter {
			c.last[i] = len(p.Steps) // keeps its register
		}
	}
	// A first translation, which is not kept, tells how often constants are used, and how many registers are left.
	c.f = new(File).Function("f", "func()")
	c.reset()
	c.steps(func([]V) {})
	var most []uint32
	for _, s := range p.Steps {
		if s.Op == curve.Const && c.uses[s.Bits] > 0 {
			most = append(most, s.Bits)
		}
	}
	slices.SortStableFunc(most, func(a, b uint32) int { return c.uses[b] - c.uses[a] })
	for i, bits := range most[:min(len(most), c.least)] {
		c.fixed[bits] = registers[len(registers)-1-i]
	}
	return c
}

// reset makes all registers free that hold no constant.
func (c *translation) reset() {
	c.values, c.free = map[curve.Value][]V{}, slices.Clone(c.registers[:len(c.registers)-len(c.fixed)])
	c.least = len(c.free)
	for i, s := range c.Steps {
		if s.Op == curve.Parameter {
			c.values[curve.Value(i)] = slices.Repeat(c.parameters[s.Bits:][:1], side)
		}
	}
}

// loop writes a loop over n elements of src that stores the results in dst, and does what else is to be done with them.
func (c *translation) loop(f *Function, also func(result []V)) {
	c.begin(f)
	c.repeat(also)
}

// begin loads the arguments dst, src and n, and constants.
func (c *translation) begin(f *Function) {
	c.reset()
	c.f = f
	c.dst, c.src, c.n, c.constants = f.Loaded("dst"), f.Loaded("src"), f.Loaded("n"), f.R()
	f.Op("MOVD", "$"+constantsName+"<>(SB)", c.constants)
	for _, s := range c.Steps {
		if v, ok := c.fixed[s.Bits]; ok && s.Op == curve.Const {
			f.Read(v, c.constants, c.table.at(s.Bits))
		}
	}
}

// repeat writes the loop of a function that has begun.
func (c *translation) repeat(also func(result []V)) {
	times(c.f, "step", c.n, side*lanes, func() {
		result := c.steps(func(x []V) { c.f.ReadPairNext(x[0], x[1], c.src) })
		c.f.WritePairNext(result[0], result[1], c.dst)
		also(result)
	})
}

// steps writes the steps and returns the result. read loads the argument.
func (c *translation) steps(read func(x []V)) []V {
	for i, s := range c.Steps {
		switch s.Op {
		case curve.Const, curve.Parameter:
		case curve.Input:
			x := c.take(side)
			read(x)
			c.values[curve.Value(i)] = x
		default:
			c.step(curve.Value(i), s)
		}
	}
	return c.values[curve.Value(len(c.Steps)-1)]
}

// step writes the step that makes v. An instruction of three operands changes the last.
func (c *translation) step(v curve.Value, s curve.Step) {
	var operands [3][]V
	for i, a := range s.Args[:min(len(s.Args), 2)] {
		operands[i] = c.operand(a)
	}
	if len(s.Args) == 3 {
		operands[2] = c.owned(v, s.Args[2])
	} else {
		operands[2] = c.place(v, s.Args)
	}
	if len(s.Args) == 1 {
		operands[1] = operands[0]
	}
	for k, d := range operands[2] {
		c.f.Do(instruction(s, d, operands[0][k], operands[1][k]))
	}
	for _, a := range s.Args {
		if r, ok := c.values[a]; ok && c.last[a] == int(v) {
			delete(c.values, a)
			if r[0] != operands[2][0] {
				c.free = append(c.free, r...)
			}
		}
	}
	c.free, c.loaded = append(c.free, c.loaded...), nil
	c.values[v] = operands[2]
}

// instruction returns the instruction of a step. d is the third operand, if there is one.
func instruction(s curve.Step, d, a, b V) Instruction {
	switch s.Op {
	case curve.FMA:
		return FMLA.Of(S4, d, a, b)
	case curve.FNMA:
		return FMLS.Of(S4, d, a, b)
	case curve.Select:
		return BSL.Of(B16, d, a, b)
	case curve.Add:
		return FADD.Of(S4, d, a, b)
	case curve.Sub:
		return FSUB.Of(S4, d, a, b)
	case curve.Mul:
		return FMUL.Of(S4, d, a, b)
	case curve.Div:
		return FDIV.Of(S4, d, a, b)
	case curve.AtMost:
		return FMIN.Of(S4, d, a, b)
	case curve.AtLeast:
		return FMAX.Of(S4, d, a, b)
	case curve.And:
		return AND.Of(B16, d, a, b)
	case curve.Or:
		return ORR.Of(B16, d, a, b)
	case curve.Drop:
		return BIC.Of(B16, d, a, b)
	case curve.AddInt:
		return ADD.Of(S4, d, a, b)
	case curve.SubInt:
		return SUB.Of(S4, d, a, b)
	case curve.Less:
		return FCMGT.Of(S4, d, b, a)
	case curve.Equal:
		return FCMEQ.Of(S4, d, a, b)
	case curve.ShiftUp:
		return SHL.Of(S4, d, a, int(s.Bits))
	case curve.ShiftDown:
		return USHR.Of(S4, d, a, int(s.Bits))
	}
	panic(fmt.Sprintf("no instruction for operation %d", s.Op))
}

// take returns free registers.
func (c *translation) take(n int) []V {
	if len(c.free) < n {
		panic("too many values at a time")
	}
	taken := slices.Clone(c.free[:n])
	c.free = c.free[n:]
	c.least = min(c.least, len(c.free))
	return taken
}

// owned returns registers with the content of a value, which step v may change.
func (c *translation) owned(v, a curve.Value) []V {
	s := c.Steps[a]
	if s.Op != curve.Const && c.last[a] == int(v) {
		return c.values[a]
	}
	d := c.take(side)
	for k, r := range d {
		if s.Op == curve.Const {
			c.f.Read(r, c.constants, c.table.at(s.Bits))
		} else {
			c.f.Do(MOV(r, c.values[a][k]))
		}
	}
	return d
}

// place returns registers for the result of step v: those of an operand, if it is not used again.
func (c *translation) place(v curve.Value, args []curve.Value) []V {
	for _, a := range args {
		if r, ok := c.values[a]; ok && c.last[a] == int(v) {
			return r
		}
	}
	return c.take(side)
}

// operand returns the registers of a value, for reading. A constant that has none is loaded for the time of the step.
func (c *translation) operand(a curve.Value) []V {
	s := c.Steps[a]
	if s.Op != curve.Const {
		return c.values[a]
	}
	c.uses[s.Bits]++
	r, ok := c.fixed[s.Bits]
	if !ok {
		r = c.take(1)[0]
		c.f.Read(r, c.constants, c.table.at(s.Bits))
		c.loaded = append(c.loaded, r)
	}
	return slices.Repeat([]V{r}, side)
}
