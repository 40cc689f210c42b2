package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// choiceBytes names vectors of the numbers of bytes, which choicePlaces returns.
const choiceBytes = "choiceBytes"

// choicePlaces returns where the lowest bytes of the words of two registers lie, and, for the first four and the next four of some bytes, what makes words of them.
func choicePlaces() []uint32 {
	words := []uint32{0x0c080400, 0x1c181410, 0x0c080400, 0x1c181410}
	for i := range uint32(2 * lanes) {
		words = append(words, 0xffffff00|i) // the number of no byte makes zero
	}
	return words
}

// comparisons writes the kernels that compare: rows whose results are bytes, 1 where what they look for holds.
func comparisons(file *File) {
	file.Constants(choiceBytes, choicePlaces())
	for _, c := range []struct {
		name, does string
		mask       func(a, b V) Instruction // into a
		ones       Three                    // makes ones of a mask
	}{
		{"equalAsm", "a == b", func(a, b V) Instruction { return FCMEQ.Of(S4, a, a, b) }, AND},
		{"notEqualAsm", "a != b", func(a, b V) Instruction { return FCMEQ.Of(S4, a, a, b) }, BIC},
		{"lessAsm", "a < b", func(a, b V) Instruction { return FCMGT.Of(S4, a, b, a) }, AND},
		{"lessEqualAsm", "a <= b", func(a, b V) Instruction { return FCMGE.Of(S4, a, b, a) }, AND},
	} {
		f := file.Function(c.name, "func(dst *bool, a, b *float32, aStep, bStep, n int)",
			c.name+" stores in dst whether "+c.does+", for n elements, a positive multiple of 8. From one vector of 8 to the next,",
			"a and b step by so many bytes: 32, or 0.")
		dst, a, b := f.Loaded("dst"), f.Loaded("a"), f.Loaded("b")
		aStep, bStep, n := f.Loaded("aStep"), f.Loaded("bStep"), f.Loaded("n")
		va, vb, one, places := f.Vs(4), f.Vs(4), f.V(), f.V()
		address := f.R()
		f.Op("MOVD", "$"+choiceBytes+"<>(SB)", address)
		f.Read(places, address, 0)
		f.Op("MOVD", Imm(0x01010101), address)
		f.Op("FMOVS", address, one.F())
		f.Do(DUP(one, one))
		loops(f, n, func(count int) {
			for i := 0; i < 2*count; i += 2 {
				f.ReadPair(va[i], va[i+1], a, 0)
				f.ReadPair(vb[i], vb[i+1], b, 0)
				f.Op("ADD", aStep, a)
				f.Op("ADD", bStep, b)
			}
			for i := 0; i < 2*count; i += 2 {
				f.Do(c.mask(va[i], vb[i]), c.mask(va[i+1], vb[i+1]), TBL2(va[i], va[i], places), c.ones.Of(B16, va[i], one, va[i]))
				f.Op("FMOVD.P", va[i].F(), dst.At(8))
			}
		})
	}
}

// choose writes the kernel that takes elements of one operand or the other.
func choose(file *File) {
	f := file.Function("chooseAsm", "func(dst *uint32, cond *bool, a, b *uint32, aStep, bStep, n int)",
		"chooseAsm stores a where cond is true, else b, in dst, which may be a or b, for n elements, a positive multiple of 8. From one vector of 8 to the next,",
		"a and b step by so many bytes: 32, or 0.")
	dst, cond, a, b := f.Loaded("dst"), f.Loaded("cond"), f.Loaded("a"), f.Loaded("b")
	aStep, bStep, n := f.Loaded("aStep"), f.Loaded("bStep"), f.Loaded("n")
	va, vb, c, places, address := f.Vs(4), f.Vs(4), f.Vs(4), f.Vs(2), f.R()
	f.Op("MOVD", "$"+choiceBytes+"<>(SB)", address)
	f.ReadPair(places[0], places[1], address, register)
	loops(f, n, func(count int) {
		for i := 0; i < 2*count; i += 2 {
			f.Op("FMOVD.P", cond.At(8), c[i].F())
			f.ReadPair(va[i], va[i+1], a, 0)
			f.ReadPair(vb[i], vb[i+1], b, 0)
			f.Op("ADD", aStep, a)
			f.Op("ADD", bStep, b)
		}
		for i := 0; i < 2*count; i += 2 {
			f.Do(TBL(c[i+1], c[i], places[1]), TBL(c[i], c[i], places[0]))
			for k := i; k < i+2; k++ {
				f.Do(CMEQZero(c[k], c[k]), BIT.Of(B16, va[k], vb[k], c[k]))
			}
			f.WritePairNext(va[i], va[i+1], dst)
		}
	})
}
