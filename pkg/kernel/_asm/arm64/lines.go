package main

import (
	"fmt"

	. "github.com/octetlite/octet/pkg/kernel/_asm/neon"
)

// copyLines writes the kernel that copies short lines. Its Go counterpart is copyLinesGeneric.
func copyLines(file *File) {
	f := file.Function("copyLinesAsm", "func(dst *byte, dstStep int, src *byte, srcStep, n, lines int)",
		"copyLinesAsm copies lines of n bytes, at least 4, that start so many bytes apart.")
	dst, dstStep, src, srcStep, n, lines := f.Loaded("dst"), f.Loaded("dstStep"), f.Loaded("src"), f.Loaded("srcStep"), f.Loaded("n"), f.Loaded("lines")
	from, to, last, lastTo := f.R(), f.R(), f.R(), f.R()
	v := f.Vs(4)
	// each repeats body for all lines, with last and lastTo at the last bytes, so many, of a line and its copy.
	each := func(name string, bytes int, body func()) {
		f.Op("SUB", Imm(bytes), n, last)
		f.Op("ADD", dst, last, lastTo)
		f.Op("ADD", src, last)
		times(f, name, lines, 1, func() {
			body()
			f.Op("ADD", srcStep, src)
			f.Op("ADD", dstStep, dst)
			f.Op("ADD", srcStep, last)
			f.Op("ADD", dstStep, lastTo)
		})
		f.Return()
	}
	for _, size := range []int{32, 16, 8} {
		f.Op("CMP", Imm(size), n)
		f.Op("BGE", fmt.Sprint("from", size))
	}
	f.Comment("What does not fill a register is copied by two that overlap")
	a, b := f.R(), f.R()
	each("lines4", 4, func() {
		f.Op("MOVWU", src.At(0), a)
		f.Op("MOVWU", last.At(0), b)
		f.Op("MOVW", a, dst.At(0))
		f.Op("MOVW", b, lastTo.At(0))
	})
	f.Label("from8")
	each("lines8", 8, func() {
		f.Op("MOVD", src.At(0), a)
		f.Op("MOVD", last.At(0), b)
		f.Op("MOVD", a, dst.At(0))
		f.Op("MOVD", b, lastTo.At(0))
	})
	f.Label("from16")
	each("lines16", 16, func() {
		f.Read(v[0], src, 0)
		f.Read(v[1], last, 0)
		f.Write(v[0], dst, 0)
		f.Write(v[1], lastTo, 0)
	})
	f.Label("from32")
	each("lines32", 32, func() {
		f.Op("MOVD", src, from)
		f.Op("MOVD", dst, to)
		f.Op("B", "test")
		f.Label("block")
		f.ReadPairNext(v[0], v[1], from)
		f.WritePairNext(v[0], v[1], to)
		f.Label("test")
		f.Op("CMP", last, from)
		f.Op("BLO", "block")
		f.ReadPair(v[2], v[3], last, 0)
		f.WritePair(v[2], v[3], lastTo, 0)
	})
}
