package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// columns writes the kernel that makes columns of lines. Its Go counterpart is columnsGeneric.
func columns(file *File) {
	const lines = 8
	f := file.Function("columnsAsm", "func(dst *float32, dstStep int, src *float32, srcStep, blocks int)",
		"columnsAsm stores 8 lines of 8·blocks elements, which start srcStep bytes apart, as 8 columns of lines that start dstStep bytes apart. blocks is positive.")
	dst, dstStep, src, srcStep, blocks := f.Loaded("dst"), f.Loaded("dstStep"), f.Loaded("src"), f.Loaded("srcStep"), f.Loaded("blocks")
	at := f.R()
	// x holds the halves of all lines, those of a line side by side.
	x, t := f.Vs(2*lines), f.Vs(4)
	times(f, "block", blocks, 1, func() {
		f.Op("MOVD", src, at)
		for i := range lines {
			f.ReadPair(x[2*i], x[2*i+1], at, 0)
			f.Op("ADD", srcStep, at)
		}
		f.Op("ADD", Imm(block), src)
		for half := range 2 {
			for part := 0; part < lines; part += 4 {
				// Four lines of four become columns.
				line := func(i int) V { return x[2*(part+i)+half] }
				f.Do(
					TRN1.Of(S4, t[0], line(0), line(1)), TRN2.Of(S4, t[1], line(0), line(1)),
					TRN1.Of(S4, t[2], line(2), line(3)), TRN2.Of(S4, t[3], line(2), line(3)),
					TRN1.Of(D2, line(0), t[0], t[2]), TRN1.Of(D2, line(1), t[1], t[3]),
					TRN2.Of(D2, line(2), t[0], t[2]), TRN2.Of(D2, line(3), t[1], t[3]),
				)
			}
			for i := range 4 {
				f.WritePair(x[2*i+half], x[2*(4+i)+half], dst, 0)
				f.Op("ADD", dstStep, dst)
			}
		}
	})
	f.Return()
	byteColumns(file)
}

// byteColumns writes the kernel for bytes. Two lines, as far apart as it goes, become one register of pairs; then again and again the bytes of two registers alternate.
func byteColumns(file *File) {
	const lines, width = 16, 8
	f := file.Function("byteColumnsAsm", "func(dst *byte, dstStep int, src *byte, srcStep, blocks int)",
		"byteColumnsAsm stores 16 lines of 8·blocks bytes, which start srcStep bytes apart, as 16 columns of lines that start dstStep bytes apart. blocks is positive.")
	dst, dstStep, src, srcStep, blocks := f.Loaded("dst"), f.Loaded("dstStep"), f.Loaded("src"), f.Loaded("srcStep"), f.Loaded("blocks")
	at, x, y := f.R(), f.Vs(lines), f.Vs(width)
	times(f, "block", blocks, 1, func() {
		f.Op("MOVD", src, at)
		for _, v := range x {
			f.Op("FMOVD", at.At(0), v.F())
			f.Op("ADD", srcStep, at)
		}
		f.Op("ADD", Imm(width), src)
		for i := range width {
			f.Do(ZIP1.Of(x[i], x[i], x[i+width]))
		}
		from, to := x[:width], y
		for range 3 {
			for i := range width / 2 {
				f.Do(ZIP1.Of(to[2*i], from[i], from[i+width/2]), ZIP2.Of(to[2*i+1], from[i], from[i+width/2]))
			}
			from, to = to, from
		}
		for _, v := range from {
			f.Write(v, dst, 0)
			f.Op("ADD", dstStep, dst)
		}
	})
	f.Return()
}
