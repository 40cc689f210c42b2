package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// spreadLines writes the kernel that repeats elements. Its Go counterpart is spreadLinesGeneric.
func spreadLines(file *File) {
	f := file.Function("spreadLinesAsm", "func(dst, src *float32, step, line, lines int)",
		"spreadLinesAsm repeats elements, step bytes apart, each for a line of so many bytes. It writes two registers at a time, so that it passes the last line",
		"by less than that.")
	dst, src, step, line, lines := f.Loaded("dst"), f.Loaded("src"), f.Loaded("step"), f.Loaded("line"), f.Loaded("lines")
	at, left, x := f.R(), f.R(), f.V()
	times(f, "line", lines, 1, func() {
		f.Fill(x, src, 0)
		f.Op("MOVD", dst, at)
		f.Op("MOVD", line, left)
		f.Label("block")
		f.WritePairNext(x, x, at)
		f.Op("SUBS", Imm(block), left)
		f.Op("BGT", "block")
		f.Op("ADD", step, src)
		f.Op("ADD", line, dst)
	})
	f.Return()
}
