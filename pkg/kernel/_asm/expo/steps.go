package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/octetlite/octet/pkg/kernel/_asm/curve"
)

// writer writes the instructions of a program for one vector.
type writer struct {
	isa
	*curve.Program
	at   int   // the number of the step
	last []int // the last use of each value
	in   []Op  // where each value is: a constant, and the argument where that is not kept, in memory, a mask where the instruction set has them, any other in a register of vectors
}

// run writes the instructions that compute the program for vectors that follow each other from src on, and returns the registers of the results. The vectors go side by
// side, so that the processor, which sees some hundred instructions ahead, always finds some that need not wait for others.
//
// parameters are registers that the program's parameters fill.
func run(i isa, p *curve.Program, src reg.Register, vectors int, c *table, parameters ...Op) []Op {
	last := p.LastUse()
	writers := make([]writer, vectors)
	for v := range writers {
		writers[v] = writer{isa: i, Program: p, last: last, in: make([]Op, len(p.Steps))}
	}
	for at, s := range p.Steps {
		for v := range writers {
			w := &writers[v]
			w.at = at
			switch s.Op {
			case curve.Input:
				w.in[at] = Mem{Base: src, Disp: v * bytes(w)}
				if !w.reloads(p) {
					w.in[at] = w.held(curve.Value(at))
				}
			case curve.Const:
				w.in[at] = c.bits(s.Bits)
			case curve.Parameter:
				w.in[at] = parameters[s.Bits]
			default:
				w.in[at] = w.step(s)
			}
		}
	}
	results := make([]Op, vectors)
	for v, w := range writers {
		results[v] = w.in[len(w.in)-1]
	}
	return results
}

// step writes the instructions of a step and returns the register of its result.
func (w *writer) step(s curve.Step) Op {
	a := s.Args[0]
	var b, c curve.Value
	if len(s.Args) > 1 {
		b = s.Args[1]
	}
	if len(s.Args) > 2 {
		c = s.Args[2]
	}
	switch s.Op {
	case curve.FMA:
		return w.fused(a, b, c, VFMADD231PS, VFMADD213PS, VFMADD132PS)
	case curve.FNMA:
		return w.fused(a, b, c, VFNMADD231PS, VFNMADD213PS, VFNMADD132PS)
	case curve.Add, curve.Mul, curve.And, curve.Or, curve.AddInt:
		if w.inMemory(a) {
			a, b = b, a
		}
	}
	x := w.register()
	switch s.Op {
	case curve.Add:
		VADDPS(w.in[b], w.held(a), x)
	case curve.Sub:
		VSUBPS(w.in[b], w.held(a), x)
	case curve.Mul:
		VMULPS(w.in[b], w.held(a), x)
	case curve.Div:
		VDIVPS(w.in[b], w.held(a), x)
	case curve.AtMost: // a NaN stays, since the processor returns the operand that is named first here
		VMINPS(w.in[a], w.held(b), x)
	case curve.AtLeast:
		VMAXPS(w.in[a], w.held(b), x)
	case curve.And:
		VANDPS(w.in[b], w.held(a), x)
	case curve.Or:
		VORPS(w.in[b], w.held(a), x)
	case curve.AddInt:
		VPADDD(w.in[b], w.held(a), x)
	case curve.SubInt:
		VPSUBD(w.in[b], w.held(a), x)
	case curve.ShiftUp:
		VPSLLD(U8(s.Bits), w.in[a], x)
	case curve.ShiftDown:
		VPSRLD(U8(s.Bits), w.in[a], x)
	case curve.Less:
		if w.inMemory(a) && !w.inMemory(b) {
			return w.compare(U8(greater), w.in[b], w.in[a])
		}
		return w.compare(U8(less), w.held(a), w.in[b])
	case curve.Equal:
		return w.compare(U8(equal), w.held(a), w.in[b])
	case curve.Select:
		w.choose(w.in[c], w.in[a], w.held(b), x)
	case curve.Drop:
		w.drop(w.in[b], w.in[a], x)
	default:
		panic(fmt.Sprintf("no instruction for operation %d", s.Op))
	}
	return x
}

// inMemory reports whether v is a constant, or the argument where that is not kept.
func (w *writer) inMemory(v curve.Value) bool {
	_, is := w.in[v].(Mem)
	return is
}

// held returns a register that holds v.
func (w *writer) held(v curve.Value) reg.VecVirtual {
	if x, ok := w.in[v].(reg.VecVirtual); ok {
		return x
	}
	x := w.register()
	VMOVUPS(w.in[v], x)
	return x
}

// taken returns a register that holds v and may be overwritten.
func (w *writer) taken(v curve.Value) reg.VecVirtual {
	x := w.held(v)
	if w.free(v) {
		return x
	}
	y := w.register()
	VMOVAPS(x, y)
	return y
}

// free reports whether nothing needs the register of v after this step; what is in memory gets one of its own.
func (w *writer) free(v curve.Value) bool {
	return w.inMemory(v) || w.last[v] == w.at && w.Steps[v].Op != curve.Parameter
}

// fused writes c ± a*b. The three forms of the instruction overwrite the addend, or a factor with the addend or the other factor possibly in memory.
func (w *writer) fused(a, b, c curve.Value, overC, overA, overAWithB func(...Op)) reg.VecVirtual {
	if w.inMemory(a) {
		a, b = b, a
	}
	if w.free(b) && !w.free(a) && !w.inMemory(b) {
		a, b = b, a
	}
	switch {
	case w.inMemory(c) && !w.inMemory(b):
		x := w.taken(a)
		overA(w.in[c], w.in[b], x)
		return x
	case w.free(c) || !w.free(a) || a == b:
		x := w.taken(c)
		overC(w.in[b], w.in[a], x)
		return x
	case w.inMemory(b):
		x := w.taken(a)
		overAWithB(w.in[b], w.in[c], x)
		return x
	default:
		x := w.taken(a)
		overA(w.in[c], w.in[b], x)
		return x
	}
}
