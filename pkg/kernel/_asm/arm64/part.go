package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// readFirst loads the first of 8 numbers, whose count, not zero, is in count, into two registers; the others are zeros. It changes at and tmp, and reads nothing else.
func readFirst(f *Function, label string, v []V, from, count, at R, tmp V) {
	part, tail, done := label+"Part", label+"Tail", label+"Done"
	f.Op("TBZ", Imm(3), count, part)
	f.ReadPair(v[0], v[1], from, 0)
	f.Op("B", done)
	f.Label(part)
	f.Comment("The last one to three, to the second register; then four before them, or the second register becomes the first")
	f.Op("AND", Imm(4), count, at)
	f.Op("ADD", at.Shifted(2), from, at)
	f.Do(CLEAR(v[1]))
	f.Op("TBZ", Imm(1), count, tail+"1")
	f.Op("FMOVD", at.At(0), v[1].F())
	f.Op("TBZ", Imm(0), count, tail)
	f.Op("FMOVS", at.At(2*size), tmp.F())
	f.Do(INSUpper(v[1], tmp))
	f.Op("B", tail)
	f.Label(tail + "1")
	f.Op("TBZ", Imm(0), count, tail)
	f.Op("FMOVS", at.At(0), v[1].F())
	f.Label(tail)
	f.Op("TBNZ", Imm(2), count, tail+"4")
	f.Do(MOV(v[0], v[1]), CLEAR(v[1]))
	f.Op("B", done)
	f.Label(tail + "4")
	f.Read(v[0], from, 0)
	f.Label(done)
}

// writeFirst stores the first of 8 numbers, whose count is in count, and nothing else. It changes v and to.
func writeFirst(f *Function, label string, v []V, to, count R) {
	part, done := label+"Part", label+"Done"
	f.Op("TBZ", Imm(3), count, part)
	f.WritePair(v[0], v[1], to, 0)
	f.Op("B", done)
	f.Label(part)
	f.Op("TBZ", Imm(2), count, part+"2")
	f.Op("FMOVQ.P", v[0].F(), to.At(16))
	f.Do(MOV(v[0], v[1]))
	f.Label(part + "2")
	f.Op("TBZ", Imm(1), count, part+"1")
	f.Op("FMOVD.P", v[0].F(), to.At(8))
	f.Do(DUPUpper(v[0], v[0]))
	f.Label(part + "1")
	f.Op("TBZ", Imm(0), count, done)
	f.Op("FMOVS", v[0].F(), to.At(0))
	f.Label(done)
}
