package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// minMax writes the kernels that look for extrema. The first one's Go counterpart is f32MinMaxGeneric. The processor's minimum and maximum are NaN where a number is: then the numbers are
// gone through once more, with comparisons.
func minMax(file *File) {
	const chains = 4 // registers for each extremum, so that they don't wait for each other
	f := file.Function("minMaxAsm", "func(x *float32, n int) (lo, hi float32, nan uint32)",
		"minMaxAsm returns the extrema of n elements, at least 8, and bits of nan where there is a NaN.")
	x, n, bits := f.Loaded("x"), f.Loaded("n"), f.R()
	at, last, end := f.R(), f.R(), f.R()
	least, most, v, mask := f.Vs(chains), f.Vs(chains), f.Vs(chains), f.V()
	f.Op("ADD", n.Shifted(2), x, end)
	f.Op("SUB", Imm(chains*register), end, last)

	// pass goes through all numbers; the last registers may hold some of them for a second time.
	pass := func(name string, step func(i int)) {
		f.Op("MOVD", Imm(0x7f800000), bits)
		f.Op("FMOVS", bits, least[0].F())
		f.Do(DUP(least[0], least[0]), FNEG.Of(S4, most[0], least[0]))
		for i := 1; i < chains; i++ {
			f.Do(MOV(least[i], least[0]), MOV(most[i], most[0]))
		}
		f.Op("MOVD", x, at)
		f.Op("CMP", Imm(chains*lanes), n)
		f.Op("BGE", name)
		f.ReadPair(v[0], v[1], x, 0)
		f.ReadPair(v[2], v[3], last, block)
		f.Op("MOVD", end, at)
		f.Op("B", name+"Step")
		f.Label(name)
		for i := 0; i < chains; i += 2 {
			f.ReadPairNext(v[i], v[i+1], at)
		}
		f.Label(name + "Step")
		for i := range v {
			step(i)
		}
		f.Op("CMP", last, at)
		f.Op("BLS", name)
		f.Op("CMP", end, at)
		f.Op("BEQ", name+"Done")
		f.Op("MOVD", last, at)
		f.Op("B", name)
		f.Label(name + "Done")
		for i := 1; i < chains; i++ {
			f.Do(FMIN.Of(S4, least[0], least[0], least[i]), FMAX.Of(S4, most[0], most[0], most[i]))
		}
		f.Do(FMINV(least[0], least[0]), FMAXV(most[0], most[0]))
	}
	result := func(nan Operand) {
		f.Op("FMOVS", least[0].F(), f.Argument("lo"))
		f.Op("FMOVS", most[0].F(), f.Argument("hi"))
		f.Op("MOVW", nan, f.Argument("nan"))
		f.Return()
	}
	pass("all", func(i int) {
		f.Do(FMIN.Of(S4, least[i], least[i], v[i]), FMAX.Of(S4, most[i], most[i], v[i]))
	})
	f.Op("FCMPS", least[0].F(), least[0].F())
	f.Op("BVS", "nan")
	result("ZR")
	f.Label("nan")
	pass("numbers", func(i int) {
		f.Do(
			FCMGT.Of(S4, mask, least[i], v[i]), BIT.Of(B16, least[i], v[i], mask),
			FCMGT.Of(S4, mask, v[i], most[i]), BIT.Of(B16, most[i], v[i], mask),
		)
	})
	f.Op("MOVD", Imm(1), bits)
	result(Operand(bits.String()))
	lineExtremes(file)
}

// lineExtremes writes the kernels that look for one extremum of each of many lines. Their Go counterpart is extremesGeneric.
func lineExtremes(file *File) {
	for _, e := range []struct {
		name, what string
		pairs      Three
		across     func(d, n V) Instruction
		one        string
	}{{"maxLinesAsm", "greatest", FMAX, FMAXV, "FMAXS"}, {"minLinesAsm", "least", FMIN, FMINV, "FMINS"}} {
		f := file.Function(e.name, "func(dst, x *float32, n, lines int)",
			e.name+" stores the "+e.what+" number of each of lines of n elements, zeros of either sign being equal, or NaN if there is one.")
		dst, x, n, count := f.Loaded("dst"), f.Loaded("x"), f.Loaded("n"), f.Loaded("lines")
		end, last := f.R(), f.R()
		best, v := f.V(), f.V()
		f.Op("CMP", Imm(lanes), n)
		f.Op("BLT", "few")
		times(f, "line", count, 1, func() {
			f.Op("ADD", n.Shifted(2), x, end)
			f.Op("SUB", Imm(register), end, last)
			f.ReadNext(best, x)
			f.Op("B", "test")
			f.Label("step")
			f.ReadNext(v, x)
			f.Do(e.pairs.Of(S4, best, best, v))
			f.Label("test")
			f.Op("CMP", last, x)
			f.Op("BLO", "step")
			f.Comment("The last ones, some for a second time")
			f.Read(v, last, 0)
			f.Do(e.pairs.Of(S4, best, best, v), e.across(best, best))
			f.Op("FMOVS.P", best.F(), dst.At(size))
			f.Op("MOVD", end, x)
		})
		f.Return()
		f.Label("few")
		times(f, "short", count, 1, func() {
			f.Op("ADD", n.Shifted(2), x, end)
			f.ReadOne(best, x)
			f.Op("B", "shortTest")
			f.Label("one")
			f.ReadOne(v, x)
			f.Op(e.one, v.F(), best.F(), best.F())
			f.Label("shortTest")
			f.Op("CMP", end, x)
			f.Op("BLO", "one")
			f.Op("FMOVS.P", best.F(), dst.At(size))
		})
		f.Return()
	}
}
