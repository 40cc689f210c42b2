package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// elementwise writes the kernels of operators that compute each element of the result from one element of each operand. Their Go counterparts are the Rows of
// package kernel, Select, Clamp, F32HardSwish and F32LeakyRelu.
func elementwise(file *File) {
	for _, r := range []struct {
		name, does string
		make       func(f *Function, a, b, x V)
	}{
		{"addAsm", "a + b", func(f *Function, a, b, x V) { f.Do(FADD.Of(S4, x, a, b)) }},
		{"subAsm", "a - b", func(f *Function, a, b, x V) { f.Do(FSUB.Of(S4, x, a, b)) }},
		{"mulAsm", "a * b", func(f *Function, a, b, x V) { f.Do(FMUL.Of(S4, x, a, b)) }},
		{"divAsm", "a / b", func(f *Function, a, b, x V) { f.Do(FDIV.Of(S4, x, a, b)) }},
		{"maximumAsm", "the greater of a and b", extremum(FMAX)},
		{"minimumAsm", "the lesser of a and b", extremum(FMIN)},
		{"preluAsm", "a where it is at least 0, else a * b,", func(f *Function, a, b, x V) {
			f.Do(FCMGEZero.Of(S4, x, a), FMUL.Of(S4, b, a, b), BSL.Of(B16, x, a, b))
		}},
	} {
		elementwiseRow(file, r.name, r.does, r.make)
	}
	comparisons(file)
	choose(file)

	unary(file, "clampAsm", "src limited to bounds", "bounds *[2]float32", func(f *Function) func(x V) {
		limits := newBounds(f, f.Loaded("bounds"))
		return func(x V) { limits.limit(f, x) }
	})
	unary(file, "hardSwishAsm", "x * min(max(x + 3, 0), 6) / 6, x of src,", "", func(f *Function) func(x V) {
		three, six, y := constant(f, 3), constant(f, 6), f.V()
		limits := bounds{f.V(), six, f.V()}
		f.Do(CLEAR(limits.lo))
		return func(x V) {
			f.Do(FADD.Of(S4, y, x, three))
			limits.limit(f, y)
			f.Do(FMUL.Of(S4, x, x, y), FDIV.Of(S4, x, x, six))
		}
	})
	unary(file, "leakyReluAsm", "x where it is greater than 0, else x * alpha, x of src,", "alpha float32", func(f *Function) func(x V) {
		alpha, y, mask := f.V(), f.V(), f.V()
		f.FillArgument(alpha, "alpha")
		return func(x V) {
			f.Do(FCMGTZero.Of(S4, mask, x), FMUL.Of(S4, y, x, alpha), BIF.Of(B16, x, y, mask))
		}
	})
	for _, u := range []struct {
		name, does string
		i          Two
	}{
		{"absAsm", "|x|", FABS},
		{"negAsm", "-x", FNEG},
		{"floorAsm", "x rounded down", FRINTM},
		{"ceilAsm", "x rounded up", FRINTP},
		{"roundAsm", "x rounded to the nearest integer, halves to the even one,", FRINTN},
		{"sqrtAsm", "the root of x", FSQRT},
	} {
		one(file, u.name, u.does, func(f *Function) func(x V) {
			return func(x V) { f.Do(u.i.Of(S4, x, x)) }
		})
	}
	one(file, "signAsm", "-1, 0 or 1, or x if it is NaN,", func(f *Function) func(x V) {
		plus, minus, mask, sign := constant(f, 1), constant(f, -1), f.V(), f.V()
		return func(x V) {
			f.Do(
				FCMGTZero.Of(S4, mask, x), AND.Of(B16, sign, plus, mask),
				FCMLTZero.Of(S4, mask, x), BIT.Of(B16, sign, minus, mask),
				FCMEQ.Of(S4, mask, x, x), BIT.Of(B16, x, sign, mask),
			)
		}
	})
	one(file, "rsqrtAsm", "1 by the root of x, computed in float64,", func(f *Function) func(x V) {
		unit, half := constant(f, 1), f.Vs(2)
		f.Do(FCVTL(unit, unit))
		return func(x V) {
			f.Do(FCVTL(half[0], x), FCVTL2(half[1], x))
			for _, h := range half {
				f.Do(FSQRT.Of(D2, h, h), FDIV.Of(D2, h, unit, h))
			}
			f.Do(FCVTN(x, half[0]), FCVTN2(x, half[1]))
		}
	})
}

// one writes a kernel of one operand without parameters.
func one(file *File, name, does string, setup func(f *Function) func(x V)) {
	unary(file, name, does+", x of src,", "", setup)
}

// extremum returns what makes x one of a and b by an instruction that makes a NaN of any NaN, but chooses among zeros by their sign: of equals, b is taken.
func extremum(i Three) func(f *Function, a, b, x V) {
	return func(f *Function, a, b, x V) {
		f.Do(FCMEQ.Of(S4, x, a, b), i.Of(S4, a, a, b), BSL.Of(B16, x, b, a))
	}
}

// constant returns a register filled with a small integer.
func constant(f *Function, v int) V {
	r, c := f.R(), f.V()
	f.Op("MOVD", Imm(v), r)
	f.Op("SCVTFS", r, c.F())
	f.Do(DUP(c, c))
	return c
}

// elementwiseRow writes a kernel of two operands, each of which steps by two registers or, where it is one number repeated, not at all. make makes x; it
// may change a and b.
func elementwiseRow(file *File, name, does string, make func(f *Function, a, b, x V)) {
	f := file.Function(name, "func(dst, a, b *float32, aStep, bStep, n int)",
		name+" stores "+does+" in dst, which may be a or b, for n elements, a positive multiple of 8. From one vector of 8 to the next,",
		"a and b step by so many bytes: 32, or 0.")
	dst, a, b := f.Loaded("dst"), f.Loaded("a"), f.Loaded("b")
	aStep, bStep, n := f.Loaded("aStep"), f.Loaded("bStep"), f.Loaded("n")
	va, vb, x := f.Vs(4), f.Vs(4), f.Vs(4)
	loops(f, n, func(count int) {
		for i := 0; i < 2*count; i += 2 {
			f.ReadPair(va[i], va[i+1], a, 0)
			f.ReadPair(vb[i], vb[i+1], b, 0)
			f.Op("ADD", aStep, a)
			f.Op("ADD", bStep, b)
		}
		for i := range 2 * count {
			make(f, va[i], vb[i], x[i])
			if i%2 == 1 {
				f.WritePairNext(x[i-1], x[i], dst)
			}
		}
	})
}

// unary writes a kernel of one operand. setup, run before the loops, returns what replaces x by the result.
func unary(file *File, name, does, parameter string, setup func(f *Function) func(x V)) {
	signature := "func(dst, src *float32, n int"
	if parameter != "" {
		signature += ", " + parameter
	}
	f := file.Function(name, signature+")", name+" stores "+does+" in dst, which may be src, for n elements, a positive multiple of 8.")
	dst, src, n := f.Loaded("dst"), f.Loaded("src"), f.Loaded("n")
	x := f.Vs(4)
	change := setup(f)
	loops(f, n, func(count int) {
		for i := 0; i < 2*count; i += 2 {
			f.ReadPairNext(x[i], x[i+1], src)
		}
		for i := range 2 * count {
			change(x[i])
			if i%2 == 1 {
				f.WritePairNext(x[i-1], x[i], dst)
			}
		}
	})
}

// loops repeats step for two vectors of 8, then for one if it is left, until n elements are done, and returns.
func loops(f *Function, n R, step func(count int)) {
	f.Op("SUBS", Imm(16), n)
	f.Op("BLT", "rest")
	f.Label("long")
	step(2)
	f.Op("SUBS", Imm(16), n)
	f.Op("BGE", "long")
	f.Label("rest")
	f.Op("TBZ", Imm(3), n, "done")
	step(1)
	f.Label("done")
	f.Return()
}
